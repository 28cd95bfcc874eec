# SPDX-License-Identifier: Apache-2.0
"""AM-softmax trains cosines instead of sums; the model that is kept has the same layers as before."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.data.dataset import Split
from toolkit.errors import InputError
from toolkit.extras import load_extra

OUTPUT = "output"
_EPSILON = 1e-12


def cosine_model(model: Any) -> Any:
    """Return a model with model's layers whose outputs are cosines of features and classes, (n, classes).

    A class is a column of the output layer's kernel. Its bias is left as it is: zero.
    """
    keras = load_extra("keras")
    if not any(layer.name == OUTPUT for layer in model.layers):
        raise InputError(
            f"am_softmax needs a dense layer called {OUTPUT!r} as the last one; {model.name} has none.",
            hint=f'Try: Dense(shape.outputs, activation="softmax", name="{OUTPUT}"), or another loss',
        )
    output = model.get_layer(OUTPUT)
    output.bias.trainable = False

    class Cosines(keras.layers.Layer):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__(name="cosines")
            self.output_layer = output

        def call(self, features: Any) -> Any:
            unit = keras.ops.normalize(features, axis=-1, epsilon=_EPSILON)
            return unit @ keras.ops.normalize(output.kernel, axis=0, epsilon=_EPSILON)

    return keras.Model(model.input, Cosines()(output.input), name=model.name)


def fold_cosines(model: Any, split: Split, scale: float) -> None:
    """Set model's output kernel so that softmax over its sums names the class with the highest cosine.

    Columns get one length: scale over the mean length of the features of the first samples of split,
    so that the sums are about scale * cosine. The order of classes is exactly that of the cosines.
    """
    keras = load_extra("keras")
    output = model.get_layer(OUTPUT)
    output.bias.trainable = True
    features = np.asarray(keras.Model(model.input, output.input)(split.x[:256], training=False))
    mean = float(np.mean(np.linalg.norm(features, axis=1)))
    kernel = np.asarray(output.kernel)
    length = np.linalg.norm(kernel, axis=0) + _EPSILON
    output.kernel.assign(kernel / length * scale / max(mean, _EPSILON))
