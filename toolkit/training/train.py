# SPDX-License-Identifier: Apache-2.0
"""The training loop: seeded from end to end, and silent but for on_progress."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import metrics
from toolkit.data.balance import class_weights
from toolkit.data.dataset import Dataset, Split
from toolkit.data.stream import stream
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models import Shape, build_model, model_label
from toolkit.project import ModelChoice, ModelConfig, Project, TrainingConfig
from toolkit.ui import OnProgress

_PREDICT_BATCH = 256
_LOSSES = {"classification": "sparse_categorical_crossentropy", "regression": "mse"}


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained Keras model and how it came about.

    curves holds one value an epoch by name: loss, val_loss and the task's metric (accuracy or mae)
    with and without val_. outputs are the model's on the test split, (n, outputs), and score is
    what they are worth by that metric.
    """

    label: str
    model: Any
    parameters: int
    curves: dict[str, tuple[float, ...]]
    outputs: NDArray[np.float32]
    score: float


def train_all(
    project: Project, dataset: Dataset, *, on_progress: OnProgress | None = None
) -> tuple[TrainedModel, ...]:
    """Return the project's model to deploy, trained, and after it those to compare it with."""
    choices: tuple[ModelChoice | ModelConfig, ...] = (project.model, *project.model.compare)
    total = len(choices) * project.training.epochs
    trained = []
    for number, choice in enumerate(choices):
        step = _Offset(on_progress, number * project.training.epochs, total) if on_progress else None
        trained.append(train_model(project, dataset, choice=choice, on_progress=step))
    return tuple(trained)


def train_model(
    project: Project,
    dataset: Dataset,
    *,
    choice: ModelChoice | ModelConfig | None = None,
    on_progress: OnProgress | None = None,
) -> TrainedModel:
    """Return choice (the project's model by default) trained on dataset's train split.

    Two calls on one machine give the same weights. on_progress hears of every epoch. Raises
    InputError if the loss stops being a number.
    """
    wanted = choice or project.model
    label = model_label(project, wanted)
    load_extra("tensorflow").config.experimental.enable_op_determinism()
    model = build_model(project, wanted, Shape.of(dataset))
    curves = _fit(model, project, dataset, on_progress, label)
    outputs = predict(model, dataset.test)
    return TrainedModel(
        label=label,
        model=model,
        parameters=int(model.count_params()),
        curves=curves,
        outputs=outputs,
        score=metrics.score(dataset.task, dataset.test.y, outputs),
    )


def predict(model: Any, split: Split) -> NDArray[np.float32]:
    """Return the outputs of a Keras model for all of split, (n, outputs) float32."""
    batches = np.split(split.x, range(_PREDICT_BATCH, len(split), _PREDICT_BATCH))
    return np.concatenate([np.asarray(model(batch, training=False), np.float32) for batch in batches])


class _Offset:
    """Reports one model's epochs as a part of all models' epochs."""

    def __init__(self, on_progress: OnProgress, offset: int, total: int) -> None:
        self._report = on_progress
        self._offset = offset
        self._total = total

    def __call__(self, done: int, total: int, text: str = "") -> None:
        self._report(self._offset + done, self._total, text)


def _fit(
    model: Any, project: Project, dataset: Dataset, on_progress: OnProgress | None, label: str
) -> dict[str, tuple[float, ...]]:
    keras, config = load_extra("keras"), project.training
    model.compile(
        optimizer=_optimizer(config, len(dataset.train)),
        loss=_LOSSES[dataset.task],
        metrics=[metrics.metric_name(dataset.task)],
        jit_compile=False,
    )

    def after_epoch(epoch: int, logs: dict[str, float]) -> None:
        if not all(math.isfinite(value) for value in logs.values()):
            raise InputError(
                f"the training of {label} diverged in epoch {epoch + 1}: the loss is no number any more.",
                hint=f"Try: learning_rate = {config.learning_rate / 10:g} in the section [training]",
            )
        if on_progress:
            on_progress(epoch + 1, config.epochs, f"{label}: val_loss {logs['val_loss']:.4f}")

    history = model.fit(
        **_inputs(dataset, config.batch_size, project.project.seed),
        epochs=config.epochs,
        class_weight=class_weights(dataset) if project.data.weighted and dataset.classes else None,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=after_epoch)],
        verbose=0,
    ).history
    return {name: tuple(float(value) for value in values) for name, values in sorted(history.items())}


def _inputs(dataset: Dataset, batch_size: int, seed: int) -> dict[str, Any]:
    """Arrays as they are, which is fastest; mapped ones batch by batch."""
    train, validation = dataset.train, dataset.validation
    if train.is_mapped:
        return {
            "x": stream(train, batch_size, seed=seed),
            "validation_data": stream(validation, _PREDICT_BATCH),
        }
    return {
        "x": train.x,
        "y": train.y,
        "batch_size": batch_size,
        "validation_data": (validation.x, validation.y),
        "validation_batch_size": _PREDICT_BATCH,
    }


def _optimizer(config: TrainingConfig, samples: int) -> Any:
    optimizers = load_extra("keras").optimizers
    rate: Any = config.learning_rate
    if config.schedule == "cosine":
        steps = config.epochs * math.ceil(samples / config.batch_size)
        rate = optimizers.schedules.CosineDecay(config.learning_rate, steps)
    if config.optimizer == "sgd":
        return optimizers.SGD(rate, momentum=0.9, nesterov=True)
    return {"adam": optimizers.Adam, "rmsprop": optimizers.RMSprop}[config.optimizer](rate)
