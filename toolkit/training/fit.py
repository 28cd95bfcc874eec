# SPDX-License-Identifier: Apache-2.0
"""The training loop: Keras' own, with the schedule, early stopping and checkpoints after each epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.data.dataset import Dataset
from toolkit.data.standard import Standard
from toolkit.data.stream import as_it_stands, stream
from toolkit.errors import DivergedError
from toolkit.extras import load_extra
from toolkit.project.recipe import TrainingConfig
from toolkit.training.augmentation import make_augment
from toolkit.training.batches import BatchPlan, sample_weights, training_batches
from toolkit.training.checkpoint import Arrays, Checkpoint, State, read_variables, write_variables
from toolkit.training.events import EventLog
from toolkit.training.keeping import keeping_of
from toolkit.training.losses import make_loss, takes_one_hot
from toolkit.training.optimizers import make_optimizer
from toolkit.training.plateau import Plateau
from toolkit.training.progress import EpochProgress, batch_callback
from toolkit.training.schedules import Rate, make_rate
from toolkit.training.statistics import Statistics
from toolkit.training.targets import target_metric
from toolkit.training.unfreezing import Phase, Unfreezing, one_phase
from toolkit.ui import OnProgress

PREDICT_BATCH = 256
Curves = dict[str, tuple[float, ...]]
OnEpoch = Callable[[int, Mapping[str, Sequence[float]]], None]


@dataclass(frozen=True)
class Fitted:
    """How a training went: its curves, one value an epoch, and the steps of an epoch.

    kept is the epoch, from 0, whose weights the model has; kept_by the curve that chose it, "" for the last.
    factors is by what the rate was multiplied in
    each epoch because of the validation loss, seconds how long each took, an interrupted one's lost part
    left out.
    """

    curves: Curves
    kept: int
    kept_by: str
    steps: int
    factors: tuple[float, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Fitting:
    """One training of one model: seed orders and augments the samples, label is for messages.

    unfreezing says when which layers train, if the model has a base; events is where TensorBoard's files go,
    if they are asked for. targets is the mean and deviation by which dataset's targets were scaled, if any.
    on_epoch hears how many epochs are done, and the curves so far; what it raises ends the training.
    again is a training whose steps and rates are done once more, up to the epoch that was kept.
    """

    model: Any
    config: TrainingConfig
    dataset: Dataset
    seed: int
    label: str
    class_weights: tuple[float, ...] = ()
    checkpoint: Checkpoint | None = None
    on_progress: OnProgress | None = None
    events: Path | None = None
    on_epoch: OnEpoch | None = None
    unfreezing: Unfreezing | None = None
    targets: Standard | None = None
    again: Fitted | None = None

    @property
    def epochs(self) -> int:
        """The most epochs."""
        return self.again.kept + 1 if self.again else self.config.epochs

    @property
    def stages(self) -> Unfreezing:
        """When which layers train: without a base all in every epoch."""
        return self.unfreezing or one_phase(self.config)

    @property
    def classes(self) -> int:
        """How wide one-hot labels are; 0 where labels are class numbers or targets."""
        return self.dataset.outputs if takes_one_hot(self.config, self.dataset) else 0

    def plan(self) -> BatchPlan:
        """Return how the training split becomes batches."""
        return BatchPlan(
            self.config.batch_size,
            self.seed,
            self.classes,
            make_augment(self.config.augment, self.dataset),
            gives_back=self.dataset.task == "anomaly",
            weights=self.class_weights,
            least_steps=self.config.epoch_steps,
            steps_an_epoch=self.again.steps if self.again else 0,
        )


def fit(fitting: Fitting) -> Fitted:
    """Train fitting's model in place and return how it went.

    Goes on from the checkpoint if there is one. The weights end as those of the best epoch (keeping.py), or
    of the last one, as config's keep says; without validation as those of the last.
    Raises DivergedError if the loss stops being a number.
    """
    plan = fitting.plan()
    steps = plan.steps(len(fitting.dataset.train))
    rate = make_rate(fitting.config, steps)
    compile_keras(fitting, rate.schedule)
    course = Course(fitting, rate, steps)
    done = course.resume()
    validation = validation_data(fitting) if len(fitting.dataset.validation) else None
    for phase in fitting.stages.phases:
        first, end = max(done, phase.first), min(phase.end, fitting.epochs)
        if first >= end or course.ended:
            continue
        course.begin(phase, first)
        fitting.model.fit(
            training_batches(fitting.dataset.train, plan, first, end),
            initial_epoch=first,
            epochs=end,
            steps_per_epoch=steps,
            shuffle=False,  # the batches are, epoch by epoch
            validation_data=validation,
            validation_batch_size=PREDICT_BATCH,
            callbacks=course.callbacks(),
            verbose=0,
        )
    kept, kept_by = course.end()
    fitting.stages.finish(fitting.model)
    curves = {name: tuple(values) for name, values in sorted(course.curves.items())}
    return Fitted(curves, kept, kept_by, steps, tuple(course.factors), tuple(course.seconds))


def compile_keras(fitting: Fitting, rate: Any) -> None:
    """Give the model its optimizer, loss and metric, and begin the first phase.

    Variables of the optimizer are made at once, for all that trains in the last phase.
    """
    stages = fitting.stages
    stages.begin(fitting.model, stages.phases[-1])
    optimizer = make_optimizer(fitting.config, rate, fitting.model)
    fitting.model.compile(
        optimizer=optimizer,
        loss=make_loss(fitting.config, fitting.dataset),
        metrics=[target_metric(fitting.dataset, fitting.targets)],
        jit_compile=False,
    )
    optimizer.build(fitting.model.trainable_variables)
    stages.begin(fitting.model, stages.phases[0])


def validation_data(fitting: Fitting) -> Any:
    """Return the validation split as fit takes it, its samples weighted as those of training are.

    One that is mapped from a file goes batch by batch.
    """
    split, classes, weights = fitting.dataset.validation, fitting.classes, fitting.class_weights
    is_anomaly = fitting.dataset.task == "anomaly"
    if not split.is_mapped:
        y = load_extra("keras").utils.to_categorical(split.y, classes) if classes else split.y
        if is_anomaly:
            return split.x, split.x
        return (split.x, y, np.array(weights, np.float32)[split.y]) if weights else (split.x, y)
    tensorflow = load_extra("tensorflow")

    def finish(x: Any, y: Any) -> tuple[Any, ...]:
        if is_anomaly:
            return x, x
        told = tensorflow.one_hot(y, classes) if classes else y
        return (x, told, sample_weights(y, weights)) if weights else (x, told)

    return stream(split, PREDICT_BATCH).map(as_it_stands(finish))


class Course:
    """What a training has come to after each epoch."""

    def __init__(self, fitting: Fitting, rate: Rate, steps: int) -> None:
        self.curves: dict[str, list[float]] = {}
        self.factors: list[float] = []
        self.seconds: list[float] = []
        self._epoch_began = time.monotonic()
        self.ended = False
        self._fitting = fitting
        self._rate = rate
        self._steps = steps
        self._plateau = Plateau(fitting.config)
        is_strict = fitting.config.keep == "highest"
        self._keeping = keeping_of(fitting.dataset, weighted=bool(fitting.class_weights), is_strict=is_strict)
        self._best: Arrays = []
        self._phase = fitting.stages.phases[0]
        self._fresh = read_variables(fitting.model.optimizer.variables) if fitting.unfreezing else []
        self._statistics: Statistics | None = None
        report, epochs = fitting.on_progress, fitting.epochs
        self._progress = EpochProgress(report, fitting.label, epochs, steps) if report else None
        self._events = EventLog(fitting.events) if fitting.events else None

    def callbacks(self) -> list[Any]:
        """Return what Keras' fit calls; without anybody to hear of batches it calls nothing after each."""
        mine = epoch_callback(self.measure_statistics, self.after_epoch)
        return [batch_callback(self._progress), mine] if self._progress else [mine]

    def resume(self) -> int:
        """Take the state from the checkpoint, if there is one; return the epoch to begin with."""
        state = self._fitting.checkpoint.load() if self._fitting.checkpoint else None
        if state is None:
            return 0
        write_variables(self._variables(), state.variables)
        self.curves, self.ended, self._best = state.about["curves"], state.about["ended"], state.best
        self.factors, self.seconds = state.about["factors"], state.about["seconds"]
        for name, value in state.about["plateau"].items():
            setattr(self._plateau, name, value)
        for name, value in state.about["keeping"].items():
            setattr(self._keeping, name, value)
        return state.epoch

    def begin(self, phase: Phase, epoch: int) -> None:
        """Let the layers of phase train from epoch on; at its first, by an optimizer without a past.

        What Adam and momentum remember is of other layers at another rate: the first steps of layers
        that just began to train would be too long.
        """
        fitting, optimizer = self._fitting, self._fitting.model.optimizer
        self._phase = phase
        fitting.stages.begin(fitting.model, phase)
        fitting.model.make_train_function(force=True)
        self._statistics = Statistics(fitting.model, fitting.dataset.train, fitting.seed)
        if epoch == phase.first > 0:
            write_variables(optimizer.variables, self._fresh)
            self._plateau.begin_phase()
        self._rate.start_at(phase.first * self._steps)
        self._scale_rate(epoch)

    def measure_statistics(self) -> None:
        """Let the model be judged, and kept, with batch norms' statistics of its weights as they are now."""
        if self._statistics:
            self._statistics.measure()

    def after_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Keep the epoch's figures, then lower the rate, stop, save, as they ask for."""
        self._require_finite(epoch, logs)
        self._count_seconds()
        for name, value in logs.items():
            self.curves.setdefault(name, []).append(float(value))
        rate = float(self._fitting.model.optimizer.learning_rate)
        self.curves.setdefault("learning_rate", []).append(rate)
        self.factors.append(self._factor(epoch))
        is_last = self._phase.end >= self._fitting.epochs
        stop = "val_loss" in logs and self._plateau.after_epoch(epoch, float(logs["val_loss"]))
        stop = (stop or self._has_arrived(logs)) and is_last
        self._scale_rate(epoch + 1)
        model = self._fitting.model
        if self._fitting.config.keep != "last" and self._keeping.after_epoch(epoch, logs):
            self._best = read_variables(model.weights)
        self.ended = stop or epoch + 1 == self._fitting.epochs
        model.stop_training = stop
        if self.ended and "val_loss" not in logs:
            self.measure_statistics()
        if self._fitting.checkpoint:
            self._fitting.checkpoint.save(lambda: self._state(epoch + 1), last=self.ended)
        if self._events:
            self._events.write(self.curves)
        if self._progress:
            self._progress.after_epoch(logs, ended=self.ended)
        if self._fitting.on_epoch:
            self._fitting.on_epoch(epoch + 1, self.curves)

    def end(self) -> tuple[int, str]:
        """Set the weights to those of the best epoch, if they were kept; return it and what it is best by."""
        if self._events:
            self._events.close()
        if not self._best:
            return len(self.curves["loss"]) - 1, ""
        write_variables(self._fitting.model.weights, self._best)
        return self._keeping.epoch, self._keeping.by

    def _has_arrived(self, logs: Mapping[str, float]) -> bool:
        """Return whether the loss, validation's where there is one, is as low as it has to be."""
        target = self._fitting.config.target_loss
        return bool(target) and float(logs.get("val_loss", logs["loss"])) <= target

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self.seconds.append(now - self._epoch_began)
        self._epoch_began = now

    def _factor(self, epoch: int) -> float:
        again = self._fitting.again
        return again.factors[epoch] if again else self._plateau.factor

    def _scale_rate(self, epoch: int) -> None:
        if epoch < self._fitting.epochs:
            self._rate.scale(self._factor(epoch) * self._phase.rate)

    def _variables(self) -> list[Any]:
        return [*self._fitting.model.variables, *self._fitting.model.optimizer.variables]

    def _state(self, epoch: int) -> State:
        plateau = {k: v for k, v in asdict(self._plateau).items() if k != "config"}
        about = {
            "curves": self.curves,
            "factors": self.factors,
            "seconds": self.seconds,
            "ended": self.ended,
            "plateau": plateau,
            "keeping": asdict(self._keeping),
        }
        return State(epoch, about, read_variables(self._variables()), self._best)

    def _require_finite(self, epoch: int, logs: dict[str, float]) -> None:
        if not all(math.isfinite(value) for value in logs.values()):
            lower = self._fitting.config.learning_rate / 10
            raise DivergedError(
                f"the training of {self._fitting.label} diverged in epoch {epoch + 1}: "
                "the loss is no number any more.",
                hint=f"Try: learning_rate = {lower:g} in the section [training]",
            )


def epoch_callback(before_validation: Callable[[], None], after_epoch: Callable[[int, Any], None]) -> Any:
    """Return the Keras callback that calls these."""
    keras = load_extra("keras")

    class EpochCallback(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
        def on_test_begin(self, logs: Any = None) -> None:
            before_validation()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            after_epoch(epoch, logs or {})

    return EpochCallback()
