# SPDX-License-Identifier: Apache-2.0
"""The loss of a project, by its task and [training]."""

from __future__ import annotations

from typing import Any

from toolkit.data.dataset import Dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.metrics import Task
from toolkit.project.recipe import TrainingConfig

_CLASSES, _NUMBERS = ("cross_entropy", "am_softmax", "focal"), ("mse", "mae", "huber")
# What a task can be trained with; the first is its default.
_LOSSES: dict[Task, tuple[str, ...]] = {
    "classification": _CLASSES,
    "multilabel": ("cross_entropy",),
    "regression": _NUMBERS,
    "anomaly": _NUMBERS,
}
_MIXING = ("mixup", "cutmix", "fmix")


def loss_name(config: TrainingConfig, task: Task) -> str:
    """Return the name of the loss: config's, or the task's own. Raises InputError for another task's."""
    default = _LOSSES[task][0]
    name = config.loss if config.loss != "default" else default
    if name not in _LOSSES[task]:
        raise InputError(
            f"the loss {name} is not for {task}.", hint=f'Try: loss = "{default}" in the section [training]'
        )
    return name


def takes_one_hot(config: TrainingConfig, dataset: Dataset) -> bool:
    """Return whether labels must be shares of classes (n, classes) instead of class numbers (n,)."""
    if dataset.task != "classification":
        return False
    mixes = any(getattr(config.augment, name) for name in _MIXING)
    return bool(mixes or config.label_smoothing or loss_name(config, dataset.task) != "cross_entropy")


def make_loss(config: TrainingConfig, dataset: Dataset) -> Any:
    """Return the Keras loss, for outputs as the zoo's models give them: softmax, sigmoid, or linear targets.

    focal: Lin et al., arXiv 1708.02002, without its weights of classes (alpha). am_softmax: for the
    cosines that cosine_head.py gives. Huber: squared below huber_delta, straight above.
    """
    losses = load_extra("keras").losses
    name, smoothing = loss_name(config, dataset.task), config.label_smoothing
    if dataset.task == "multilabel":
        return losses.BinaryCrossentropy(label_smoothing=smoothing)
    if name == "cross_entropy" and not takes_one_hot(config, dataset):
        return losses.SparseCategoricalCrossentropy()
    if name == "am_softmax":
        return am_softmax(config.margin, config.margin_scale, smoothing)
    make = {
        "cross_entropy": lambda: losses.CategoricalCrossentropy(label_smoothing=smoothing),
        "focal": lambda: losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=config.focal_gamma, label_smoothing=smoothing
        ),
        "mse": losses.MeanSquaredError,
        "mae": losses.MeanAbsoluteError,
        "huber": lambda: losses.Huber(delta=config.huber_delta),
    }
    return make[name]()


def am_softmax(margin: float, scale: float, smoothing: float = 0.0) -> Any:
    """Return cross-entropy of scale * (cosine - margin * truth): Wang et al., arXiv 1801.05599.

    truth is (n, classes), cosine (n, classes) between -1 and 1.
    """
    ops, losses = load_extra("keras").ops, load_extra("keras").losses
    entropy = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing, reduction=None)

    def compute(truth: Any, cosine: Any) -> Any:
        return entropy(truth, scale * (cosine - margin * ops.cast(truth, cosine.dtype)))

    return _function_loss(compute)


def _function_loss(compute: Any) -> Any:
    keras = load_extra("keras")

    class FunctionLoss(keras.losses.Loss):  # type: ignore[name-defined,misc]
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return compute(y_true, y_pred)

    return FunctionLoss()
