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

    With adamw weights decay apart from the gradient, w -= rate * weight_decay * w (Loshchilov and Hutter,
    arXiv 1711.05101). With the others the decay is a part of the gradient, g + weight_decay * w, as in the
    papers that they are from. Biases, norms' scales and offsets do not decay, unless no_bias_decay is false.
    """
    optimizers = load_extra("keras").optimizers
    is_apart = config.optimizer == "adamw"
    options: dict[str, Any] = {"weight_decay": config.weight_decay or _ADAMW} if is_apart else {}
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
    if config.weight_decay and not is_apart:
        decays_all = not config.no_bias_decay
        return _coupled(kind, config.weight_decay, decays_all)(rate, name=config.optimizer, **options)
    optimizer = kind(rate, **options)
    if is_apart and config.no_bias_decay:
        optimizer.exclude_from_weight_decay(var_list=[v for v in model.variables if not decays(v)])
    return optimizer


def _coupled(kind: Any, decay: float, decays_all: bool) -> Any:
    """Return the class of an optimizer of this kind that is told gradients with the decay in them."""

    class Coupled(kind):  # type: ignore[misc]
        def apply(self, grads: Any, trainable_variables: Any = None) -> Any:
            variables = self._trainable_variables if trainable_variables is None else trainable_variables
            pairs = zip(list(grads), list(variables), strict=True)
            return super().apply(
                [_with_decay(g, v, decay, decays_all) for g, v in pairs], trainable_variables
            )

    return Coupled


def _with_decay(gradient: Any, variable: Any, decay: float, decays_all: bool) -> Any:
    """A gradient is None for a variable that the loss does not depend on."""
    is_on = gradient is not None and (decays_all or decays(variable))
    return gradient + decay * variable if is_on else gradient


def decays(variable: Any) -> bool:
    """Return whether weight decay is for this variable: kernels and embeddings only."""
    return str(variable.name).endswith(_DECAYING)
