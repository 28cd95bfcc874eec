# SPDX-License-Identifier: Apache-2.0
"""A trained model made smaller step by step: the least important channels go, and the rest is fine-tuned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit import metrics
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.pruning import PruneConfig
from toolkit.project.recipe import TrainingConfig
from toolkit.pruning.constants import find_constants
from toolkit.pruning.goals import Goals
from toolkit.pruning.importance import sizes
from toolkit.pruning.order import Floors, Scores
from toolkit.pruning.readings import slopes
from toolkit.pruning.rebuild import rebuild
from toolkit.pruning.structure import FIXED, Structure, trace
from toolkit.sizing.cost import Cost
from toolkit.targets.board import Board
from toolkit.training.checkpoint import Checkpoint
from toolkit.training.once import Setting, train_in_place
from toolkit.training.predict import predict
from toolkit.training.search import Part
from toolkit.training.statistics import Statistics
from toolkit.training.targets import measure_targets, unfold_targets
from toolkit.training.tuning import fine_tuning
from toolkit.ui import OnProgress


@dataclass(frozen=True)
class Stage:
    """What one step left: groups of channels and products, and the score on the validation split.

    cut is the score right after the channels went, with batch norms measured anew, tuned that after
    fine-tuning; None where the task has none.
    """

    name: str
    groups: int
    macs: int
    parameters: int
    cut: float | None
    tuned: float | None


@dataclass(frozen=True)
class Width:
    """How many channels a layer had, and has."""

    layer: str
    before: int
    after: int


@dataclass(frozen=True, eq=False)
class PrunedModel:
    """A pruned model, what it cost before and costs after, and how it came about.

    stages begins with the whole model. kept_whole names layers that are not followed, with their kinds.
    """

    model: Any
    config: PruneConfig
    board: str
    before: Cost
    after: Cost
    widths: tuple[Width, ...]
    stages: tuple[Stage, ...]
    kept_whole: tuple[tuple[str, str], ...]


@dataclass(eq=False)
class _Course:
    """Says what goes on between the epochs of fine-tuning, epochs in all, which speak for themselves."""

    on_progress: OnProgress | None
    epochs: int
    done: int = 0
    measured: int = 0

    def say(self, text: str) -> None:
        if self.on_progress:
            self.on_progress(self.done, self.epochs, text)

    def say_measuring(self) -> None:
        self.measured += 1
        self.say(f"measuring candidate {self.measured}")

    def part(self) -> OnProgress | None:
        return Part(self.on_progress, self.done, self.epochs) if self.on_progress else None


@dataclass(eq=False)
class _Pruning:
    """What one pruning works with, and its stages so far."""

    model: Any
    setting: Setting
    training: TrainingConfig
    goals: Goals
    floors: Floors
    on_note: Callable[[str], None]
    course: _Course
    stages: list[Stage] = field(default_factory=list)

    @property
    def config(self) -> PruneConfig:
        return self.training.prune

    @property
    def seed(self) -> int:
        return self.setting.project.project.seed


def prune_model(
    model: Any,
    setting: Setting,
    training: TrainingConfig,
    board: Board,
    *,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
    on_note: Callable[[str], None] = lambda _: None,
) -> PrunedModel:
    """Return a trained model of setting pruned as training.prune says, for board; model stays as it is.

    What to remove is decided on the training split; the validation split chooses the epochs of
    fine-tuning, and says what a step cost. The test split is not looked at. Raises InputError for a
    target that cannot be reached, and for a board that cannot say what is asked.
    """
    load_extra("tensorflow").config.experimental.enable_op_determinism()
    whole, config = trace(model), training.prune
    if not whole.sources():
        raise InputError(
            f"{setting.label} has no channels that could be removed.{_named(whole)}",
            hint="Try: a model with a layer in front of its last one, or no pruning",
        )
    epochs = [config.epochs_after(step, training.epochs) for step in range(1, config.steps + 1)]
    course = _Course(on_progress, sum(epochs) if config.targets else 0)
    integers = setting.project.quantization.integers
    goals = Goals.of(model, board, integers, config, course.say_measuring)
    state = _Pruning(model, setting, training, goals, Floors.of(whole, config.least), on_note, course)
    _note(state, "whole", None, _score(state))
    _remove_constants(state)
    if config.targets:
        for step in range(1, config.steps + 1):
            course.done = sum(epochs[: step - 1])
            kept = checkpoint.part(f"prune-{step}") if checkpoint else None
            if not _take_step(state, step, tuning_of(training, step), kept, model):
                break
        _remove_constants(state)
    return _result(state, whole)


def tuning_of(training: TrainingConfig, step: int) -> TrainingConfig:
    """Return how a pruned model is fine-tuned after a step: as it was trained, before the last one shorter.

    Without a search, peers and a second training; a base is not frozen again.
    """
    return fine_tuning(training, training.prune.epochs_after(step, training.epochs), training.prune.rate)


def _take_step(
    state: _Pruning,
    step: int,
    tuning: TrainingConfig,
    checkpoint: Checkpoint | None,
    teacher: Any,
) -> bool:
    """Remove this step's share of what has to go, and fine-tune; return whether there was anything to."""
    state.course.say(f"step {step} of {state.config.steps}: what matters least")
    structure = trace(state.model)
    gone = state.goals.removals(structure, scores_of(state, structure), state.floors)
    share = -(-len(gone) // (state.config.steps - step + 1))
    if not share:
        return False
    kept = structure.all_kept()
    kept[gone[:share]] = False
    keras, setting = load_extra("keras"), state.setting
    keras.utils.set_random_seed(state.seed)
    state.model = model = rebuild(structure, kept)
    Statistics(model, setting.dataset.train, state.seed).measure()
    cut = _score(state)
    unfold_targets(model, measure_targets(tuning, setting.dataset, model))
    named = replace(setting, label=f"{setting.label}, pruned {step} of {state.config.steps}")
    train_in_place(model, named, tuning, checkpoint, state.course.part(), teacher=teacher)
    _note(state, f"step {step}", cut, _score(state))
    return True


def scores_of(state: _Pruning, structure: Structure) -> Scores:
    """Return how much each group of channels matters by the criterion, (labels,)."""
    criterion, dataset = state.config.criterion, state.setting.dataset
    if criterion != "taylor":
        return sizes(structure, criterion)
    targets = measure_targets(state.training, dataset, state.model)
    return slopes(structure, dataset, state.training, state.seed, targets)


def _remove_constants(state: _Pruning) -> None:
    state.course.say("looking for channels that are constant")
    structure = trace(state.model)
    found = find_constants(structure, state.setting.dataset.train)
    gone = int((~found.kept).sum())
    if gone:
        state.model = rebuild(structure, found.kept, found.folded)
        score = _score(state)
        _note(state, f"{gone} constant", score, score)


def _score(state: _Pruning) -> float | None:
    dataset = state.setting.dataset
    if not len(dataset.validation):
        return None
    outputs = predict(state.model, dataset.validation)
    return metrics.score(dataset.task, dataset.validation.y, outputs, dataset.validation.x)


def _note(state: _Pruning, name: str, cut: float | None, tuned: float | None) -> None:
    structure = trace(state.model)
    groups = {int(label) for part in structure.sources() for label in part.gives} - {FIXED}
    macs = state.goals.macs(structure)
    stage = Stage(name, len(groups), macs, int(state.model.count_params()), cut, tuned)
    state.stages.append(stage)
    metric = metrics.metric_name(state.setting.dataset.task)
    state.on_note(
        f"prune: {name}: {stage.groups} channels, {macs:,} MACs, "
        f"validation {metric} {metrics.score_text(metric, tuned)}"
    )


def _result(state: _Pruning, whole: Structure) -> PrunedModel:
    after = trace(state.model)
    widths = tuple(
        Width(part.layer.name, len(part.gives), len(after.parts[part.layer.name].gives))
        for part in whole.sources()
    )
    cost = state.goals.cost(state.model)
    state.goals.require(cost)
    kept_whole = tuple((each.layer, each.kind) for each in whole.not_followed)
    goals = state.goals
    return PrunedModel(
        state.model,
        state.config,
        goals.board.name,
        goals.before,
        cost,
        widths,
        tuple(state.stages),
        kept_whole,
    )


def _named(whole: Structure) -> str:
    layers: Sequence[str] = [f"{each.layer} ({each.kind})" for each in whole.not_followed]
    return f" Not followed: {', '.join(layers)}." if layers else ""
