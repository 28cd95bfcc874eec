# SPDX-License-Identifier: Apache-2.0
"""Sharpness-aware minimization around any optimizer: Foret et al., arXiv 2010.01412."""

from __future__ import annotations

from typing import Any

from toolkit.extras import load_extra


def sam_step(model: Any, data: Any, rho: float) -> Any:
    """Do one training step on a batch and return its metrics, as Keras' train_step does.

    The weights go a distance rho up the gradient; the gradient there is the optimizer's. Both passes
    see the same dropout, and statistics of batch norm are those of the first.
    """
    keras, tensorflow = load_extra("keras"), load_extra("tensorflow")
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    weights, others = model.trainable_variables, model.non_trainable_variables
    before = _values(others)
    first, loss, outputs = _gradients(model, x, y, sample_weight)
    after, kept = _values(others), _values(weights)
    _assign(others, before)
    factor = rho / (tensorflow.linalg.global_norm(first) + 1e-12)
    for variable, gradient in zip(weights, first, strict=True):
        variable.assign_add(gradient * factor)
    second, _, _ = _gradients(model, x, y, sample_weight)
    _assign(weights, kept)
    _assign(others, after)
    model.optimizer.apply_gradients(zip(second, weights, strict=True))
    model._loss_tracker.update_state(loss, sample_weight=tensorflow.shape(x)[0])
    return model.compute_metrics(x, y, outputs, sample_weight=sample_weight)


def _gradients(model: Any, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    with load_extra("tensorflow").GradientTape() as tape:
        outputs = model(x, training=True)
        loss = model.compute_loss(x, y, outputs, sample_weight, training=True)
    return tape.gradient(loss, model.trainable_variables), loss, outputs


def _values(variables: Any) -> list[Any]:
    return [load_extra("tensorflow").identity(variable) for variable in variables]


def _assign(variables: Any, values: Any) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
