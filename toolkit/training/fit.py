# SPDX-License-Identifier: Apache-2.0
"""The training loop: Keras' own, with the schedule, early stopping and checkpoints after each epoch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from toolkit.data.dataset import Dataset
from toolkit.data.standard import Standard
from toolkit.data.stream import as_it_stands, stream
from toolkit.errors import DivergedError
from toolkit.extras import load_extra
from toolkit.project.recipe import TrainingConfig
from toolkit.training.augmentation import make_augment
from toolkit.training.batches import BatchPlan, training_batches
from toolkit.training.checkpoint import Arrays, Checkpoint, State, read_variables, write_variables
from toolkit.training.events import EventLog
from toolkit.training.losses import make_loss, takes_one_hot
from toolkit.training.optimizers import make_optimizer
from toolkit.training.plateau import Plateau
from toolkit.training.progress import EpochProgress, batch_callback
from toolkit.training.schedules import Rate, make_rate
from toolkit.training.targets import target_metric
from toolkit.training.unfreezing import Phase, Unfreezing, one_phase
from toolkit.ui import OnProgress

PREDICT_BATCH = 256
Curves = dict[str, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Fitting:
    """One training of one model: seed orders and augments the samples, label is for messages.

    unfreezing says when which layers train, if the model has a base; events is where TensorBoard's files go,
    if they are asked for. targets is the mean and deviation by which dataset's targets were scaled, if any.
    """

    model: Any
    config: TrainingConfig
    dataset: Dataset
    seed: int
    label: str
    class_weights: dict[int, float] | None = None
    checkpoint: Checkpoint | None = None
    on_progress: OnProgress | None = None
    events: Path | None = None
    unfreezing: Unfreezing | None = None
    targets: Standard | None = None

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
        augment = make_augment(self.config.augment, self.dataset)
        gives_back = self.dataset.task == "anomaly"
        return BatchPlan(self.config.batch_size, self.seed, self.classes, augment, gives_back)


def fit(fitting: Fitting) -> Curves:
    """Train fitting's model in place and return its curves, one value an epoch.

    Goes on from the checkpoint if there is one. With stop_patience the weights end as those of the
    epoch with the lowest validation loss. Raises DivergedError if the loss stops being a number.
    """
    plan = fitting.plan()
    steps = plan.steps(len(fitting.dataset.train))
    rate = make_rate(fitting.config, steps)
    compile_keras(fitting, rate.schedule)
    course = Course(fitting, rate, steps)
    done = course.resume()
    validation = validation_data(fitting)
    for phase in fitting.stages.phases:
        first = max(done, phase.first)
        if first >= phase.end or course.ended:
            continue
        course.begin(phase, first)
        fitting.model.fit(
            training_batches(fitting.dataset.train, plan, first, phase.end),
            initial_epoch=first,
            epochs=phase.end,
            steps_per_epoch=steps,
            shuffle=False,  # the batches are, epoch by epoch
            validation_data=validation,
            validation_batch_size=PREDICT_BATCH,
            class_weight=fitting.class_weights,
            callbacks=course.callbacks(),
            verbose=0,
        )
    course.end()
    fitting.stages.finish(fitting.model)
    return {name: tuple(values) for name, values in sorted(course.curves.items())}


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
    """Return the validation split as fit takes it; one that is mapped from a file goes batch by batch."""
    split, classes = fitting.dataset.validation, fitting.classes
    if split.is_mapped:
        tensorflow = load_extra("tensorflow")
        batches = stream(split, PREDICT_BATCH)
        if fitting.dataset.task == "anomaly":
            return batches.map(as_it_stands(lambda x, y: (x, x)))
        one_hot = as_it_stands(lambda x, y: (x, tensorflow.one_hot(y, classes)))
        return batches.map(one_hot) if classes else batches
    if fitting.dataset.task == "anomaly":
        return split.x, split.x
    return split.x, load_extra("keras").utils.to_categorical(split.y, classes) if classes else split.y


class Course:
    """What a training has come to after each epoch."""

    def __init__(self, fitting: Fitting, rate: Rate, steps: int) -> None:
        self.curves: dict[str, list[float]] = {}
        self.ended = False
        self._fitting = fitting
        self._rate = rate
        self._steps = steps
        self._plateau = Plateau(fitting.config)
        self._best: Arrays = []
        self._phase = fitting.stages.phases[0]
        self._fresh = read_variables(fitting.model.optimizer.variables) if fitting.unfreezing else []
        report, epochs = fitting.on_progress, fitting.config.epochs
        self._progress = EpochProgress(report, fitting.label, epochs, steps) if report else None
        self._events = EventLog(fitting.events) if fitting.events else None

    def callbacks(self) -> list[Any]:
        """Return what Keras' fit calls; without anybody to hear of batches it calls nothing after each."""
        after = load_extra("keras").callbacks.LambdaCallback(on_epoch_end=self.after_epoch)
        return [batch_callback(self._progress), after] if self._progress else [after]

    def resume(self) -> int:
        """Take the state from the checkpoint, if there is one; return the epoch to begin with."""
        state = self._fitting.checkpoint.load() if self._fitting.checkpoint else None
        if state is None:
            return 0
        write_variables(self._variables(), state.variables)
        self.curves, self.ended, self._best = state.about["curves"], state.about["ended"], state.best
        for name, value in state.about["plateau"].items():
            setattr(self._plateau, name, value)
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
        if epoch == phase.first > 0:
            write_variables(optimizer.variables, self._fresh)
            self._plateau.begin_phase()
        self._rate.start_at(phase.first * self._steps)
        self._scale_rate()

    def after_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Keep the epoch's figures, then lower the rate, stop, save, as they ask for."""
        self._require_finite(epoch, logs)
        for name, value in logs.items():
            self.curves.setdefault(name, []).append(float(value))
        rate = float(self._fitting.model.optimizer.learning_rate)
        self.curves.setdefault("learning_rate", []).append(rate)
        is_last = self._phase.end == self._fitting.config.epochs
        stop = self._plateau.after_epoch(epoch, float(logs["val_loss"])) and is_last
        self._scale_rate()
        config, model = self._fitting.config, self._fitting.model
        if config.stop_patience and self._plateau.best_epoch == epoch:
            self._best = read_variables(model.weights)
        self.ended = stop or epoch + 1 == config.epochs
        model.stop_training = stop
        if self._fitting.checkpoint:
            self._fitting.checkpoint.save(lambda: self._state(epoch + 1), last=self.ended)
        if self._events:
            self._events.write(self.curves)
        if self._progress:
            self._progress.after_epoch(logs, ended=self.ended)

    def end(self) -> None:
        """Set the weights to those of the best epoch, if they were kept."""
        if self._events:
            self._events.close()
        if self._best:
            write_variables(self._fitting.model.weights, self._best)

    def _scale_rate(self) -> None:
        self._rate.scale(self._plateau.factor * self._phase.rate)

    def _variables(self) -> list[Any]:
        return [*self._fitting.model.variables, *self._fitting.model.optimizer.variables]

    def _state(self, epoch: int) -> State:
        plateau = {k: v for k, v in asdict(self._plateau).items() if k != "config"}
        about = {"curves": self.curves, "ended": self.ended, "plateau": plateau}
        return State(epoch, about, read_variables(self._variables()), self._best)

    def _require_finite(self, epoch: int, logs: dict[str, float]) -> None:
        if not all(math.isfinite(value) for value in logs.values()):
            lower = self._fitting.config.learning_rate / 10
            raise DivergedError(
                f"the training of {self._fitting.label} diverged in epoch {epoch + 1}: "
                "the loss is no number any more.",
                hint=f"Try: learning_rate = {lower:g} in the section [training]",
            )
