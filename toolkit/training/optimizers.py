# SPDX-License-Identifier: Apache-2.0
"""The optimizer of a project: its kind, the rate's schedule, and what decays."""

from __future__ import annotations

from typing import Any

from toolkit.extras import load_extra
from toolkit.project.recipe import TrainingConfig

_ADAMW = 0.004  # what Keras takes for it
_DECAYING = ("kernel", "embeddings")


def make_optimizer(config: TrainingConfig, rate: Any, model: Any) -> Any:
    """Return the Keras optimizer of config for model; rate is a number or a schedule.

    Weights decay apart from the gradient, w -= rate * weight_decay * w (Loshchilov and Hutter,
    arXiv 1711.05101); biases, norms' scales and offsets do not.
    """
    optimizers = load_extra("keras").optimizers
    decay = config.weight_decay or (_ADAMW if config.optimizer == "adamw" else None)
    options: dict[str, Any] = {"weight_decay": decay}
    if config.optimizer == "sgd":
        nesterov = config.nesterov and config.momentum > 0
        options |= {"momentum": config.momentum, "nesterov": nesterov}
    kind = {
        "adam": optimizers.Adam,
        "adamw": optimizers.AdamW,
        "sgd": optimizers.SGD,
        "rmsprop": optimizers.RMSprop,
        "adagrad": optimizers.Adagrad,
    }[config.optimizer]
    optimizer = kind(rate, **options)
    if decay:
        optimizer.exclude_from_weight_decay(var_list=[v for v in model.variables if not decays(v)])
    return optimizer


def decays(variable: Any) -> bool:
    """Return whether weight decay is for this variable: kernels and embeddings only."""
    return str(variable.name).endswith(_DECAYING)
