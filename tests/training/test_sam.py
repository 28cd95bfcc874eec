# SPDX-License-Identifier: Apache-2.0
"""SAM against its definition in NumPy, and as a part of a training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.extras import load_extra
from toolkit.training.training_model import wrap_model

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]

X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], np.float32)
Y = np.array([[1.0], [0.0], [2.0]], np.float32)


def gradient(w: Any, b: Any) -> tuple[Any, Any]:
    error = 2 * (X @ w + b - Y) / len(X)
    return X.T @ error, error.sum(axis=0)


def test_a_step_is_the_gradient_from_where_the_loss_is_higher() -> None:
    keras = load_extra("keras")
    inputs = keras.Input((2,), name="input")
    model = keras.Model(inputs, keras.layers.Dense(1, name="output")(inputs))
    w, b = np.array([[0.3], [-0.2]], np.float32), np.array([0.1], np.float32)
    model.set_weights([w, b])
    trained = wrap_model(model, rho=0.5)
    trained.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    trained.fit(X, Y, batch_size=3, epochs=1, shuffle=False, verbose=0)

    gw, gb = gradient(w, b)
    norm = np.sqrt((gw**2).sum() + (gb**2).sum())
    sw, sb = gradient(w + 0.5 * gw / norm, b + 0.5 * gb / norm)
    expected = [w - 0.1 * sw, b - 0.1 * sb]
    for got, wanted in zip(model.get_weights(), expected, strict=True):
        assert got == pytest.approx(wanted, rel=1e-4)


def test_statistics_of_batch_norm_move_once_a_step_and_dropout_is_drawn_once() -> None:
    keras = load_extra("keras")

    def states(make_trained: Any) -> list[Any]:
        keras.utils.set_random_seed(5)
        inputs = keras.Input((2,), name="input")
        x = keras.layers.BatchNormalization(name="norm")(inputs)
        x = keras.layers.Dropout(0.5, name="dropout")(x)
        model = keras.Model(inputs, keras.layers.Dense(1, name="output")(x))
        trained = make_trained(model)
        trained.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
        trained.fit(X, Y, batch_size=3, epochs=2, shuffle=False, verbose=0)
        return [np.asarray(variable) for variable in model.non_trainable_variables]

    plain, sharp = states(lambda model: model), states(lambda model: wrap_model(model, rho=0.05))
    assert len(plain) == 3
    for one, other in zip(plain, sharp, strict=True):
        assert np.array_equal(one, other)
