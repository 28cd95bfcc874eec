# SPDX-License-Identifier: Apache-2.0
"""A candidate from its changes to its values: compiled untrained, trained by rungs, judged as integers."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol

from toolkit import metrics
from toolkit.data import Dataset, load_dataset
from toolkit.errors import InputError
from toolkit.models import Shape, build_model
from toolkit.project.config import Project
from toolkit.project.stamps import digest_of
from toolkit.quantization import float_tflite
from toolkit.quantization.artifacts import best_quantized
from toolkit.quantization.report import int8_outputs
from toolkit.search.changes import Changes, changed, digest_of_table, project_from
from toolkit.search.dimensions import Trial
from toolkit.search.question import Question
from toolkit.search.rungs import dominates, goes_on, rung_epochs, unbeatable
from toolkit.search.worker import Asked, Outcome
from toolkit.sizing.cost import Cost
from toolkit.sizing.limits import least_on
from toolkit.sizing.measure import measure_project
from toolkit.tflite.reader import read_graph
from toolkit.training import Checkpoint
from toolkit.training.once import Setting, train_once

_DATASETS_KEPT = 2
_IMPOSSIBLE = (1.0, 1.0, 1.0)


class Proposing(Protocol):
    """What makes changes of a trial's choices, as Space does."""

    def propose(self, trial: Trial) -> Changes:
        """Return the changes that trial chooses."""
        ...


class _StoppedError(Exception):
    """A training that does not go on at a rung."""


@dataclass
class Datasets:
    """The data by the options of their source: those of the project, and the last others in memory."""

    table: Mapping[str, Any]
    own: Dataset
    _others: OrderedDict[str, Dataset] = field(default_factory=OrderedDict)

    def of(self, project: Project, table: Mapping[str, Any]) -> Dataset:
        """Return the data of a candidate. Raises InputError for options that its source does not take."""
        key = digest_of_table(table["data"])
        if key == digest_of_table(self.table["data"]):
            return self.own
        if key not in self._others:
            self._others[key] = load_dataset(project)
            while len(self._others) > _DATASETS_KEPT:
                self._others.popitem(last=False)
        self._others.move_to_end(key)
        return self._others[key]


Judge = Callable[[Asked, Setting, Cost, tuple[float, ...], str], Outcome]
"""Gives the outcome of a candidate that fits: of its setting, cost, violation, and its table's hash."""


@dataclass(frozen=True)
class Trier:
    """Tries candidates of one study: table is its project file, folder where trainings are kept meanwhile."""

    question: Question
    space: Proposing
    table: Mapping[str, Any]
    file: Path
    datasets: Datasets
    folder: Path
    on_note: Callable[[str], None]
    trials: int | None = None
    """How many are wanted, for the lines that say which of them is begun."""
    repeats: int = 1
    """How often one that no other beats is trained, each time with other first weights; its score is the
    mean. Of many trainings the best is lucky, more than good.
    """

    def __call__(self, asked: Asked) -> Outcome:
        """Return what came of a candidate, after noting its changes, label and cost; say both to on_note."""
        outcome = self.outcome_of(asked, self._trained, self._say_begun)
        said = outcome.reason if outcome.values is None else self.question.text(outcome.values)
        self.on_note(f"search: trial {asked.number}: {said}")
        return outcome

    def outcome_of(
        self, asked: Asked, judge: Judge, say_begun: Callable[[Asked, str], None] = lambda asked, label: None
    ) -> Outcome:
        """Return what came of a candidate: of one that fits, what judge makes of it.

        Its changes are those that were proposed when it was added, if they were.
        """
        changes: Changes = {} if asked.is_own else asked.noted("proposed") or self.space.propose(asked)
        asked.note("changes", changes)
        table = changed(self.table, changes)
        same = next((v for k, v in asked.noted_of_others("result") if k == digest_of_table(table)), None)
        try:
            project = project_from(table, self.file)
            dataset = self.datasets.of(project, table)
            setting = Setting.of(project, dataset, project.model)
            asked.note("label", setting.label)
            say_begun(asked, setting.label)
            model = build_model(project, project.model, Shape.of(dataset))
            cost, violation = self._cost(project, dataset, model)
        except (InputError, ValueError) as error:  # Keras' own of a picture that became too small for a layer
            return Outcome(None, f"impossible: {_one_line(str(error))}", _IMPOSSIBLE)
        if cost is not None:
            asked.note("cost", cost.to_json())
        if cost is None or max(violation) > 0:
            return Outcome(None, f"does not fit: {_beyond(violation)}", violation)
        if same is not None:
            return Outcome(tuple(same), violation=violation)
        return judge(asked, setting, cost, violation, digest_of_table(table))

    def _say_begun(self, asked: Asked, label: str) -> None:
        """Say which candidate is begun; the count is of all workers."""
        count = len(asked.noted_of_others("changes")) + 1
        of = f", {count} of {self.trials}" if self.trials else ""
        own = " (yours)" if asked.is_own else ""
        self.on_note(f"search: trial {asked.number}{own}{of}: {label}")

    def _cost(
        self, project: Project, dataset: Dataset, model: Any
    ) -> tuple[Cost | None, tuple[float, float, float]]:
        """Return what the untrained model costs, None if its weights are too many, and the violation."""
        board = self.question.budget.on(self.question.board)
        least = least_on(board, model)
        if least.flash_bytes > least.flash_limit_bytes:
            return None, self.question.violation(least, None)
        found = measure_project(project, Shape.of(dataset), board, model, is_timed=self.question.is_timed)
        cost = Cost.of(found)
        violation = self.question.violation(found.fit, cost)
        if max(violation) <= 0 and self.question.is_timed and cost.latency_ms is None:
            raise InputError(f"its time is not known: {cost.reason}")
        return cost, violation

    def _trained(
        self, asked: Asked, setting: Setting, cost: Cost, violation: tuple[float, ...], key: str
    ) -> Outcome:
        if reason := self._no_chance(asked, cost, len(setting.dataset.validation)):
            return Outcome(None, f"not trained: {reason}", violation)
        rungs = rung_epochs(setting.project.training.epochs)

        def on_epoch(done: int, curves: Mapping[str, Sequence[float]]) -> None:
            for rung in rungs:
                if rung == done or (rung < done and asked.noted(f"rung {rung}") is None):
                    score = float(curves[f"val_{self.question.metric}"][rung - 1])
                    self._climb(asked, rung, score, cost)

        folder = self.folder / key[:16]
        try:
            values = self._values(asked, replace(setting, on_epoch=on_epoch), cost, folder)
            asked.note("result", [key, list(values)])
            outcome = Outcome(values, violation=violation)
        except _StoppedError as stopped:
            outcome = Outcome(None, f"stopped: {stopped}", violation)
        except InputError as error:
            outcome = Outcome(None, f"impossible: {_one_line(error.message)}", _IMPOSSIBLE)
        shutil.rmtree(folder, ignore_errors=True)
        return outcome

    def _values(self, asked: Asked, setting: Setting, cost: Cost, folder: Path) -> tuple[float, ...]:
        """Return the values, by the mean score of all trainings or of those until another is better."""
        project, dataset = setting.project, setting.dataset
        config = replace(setting.fitting(project.training), refit=False)
        scores: list[float] = []
        while True:
            number = len(scores)
            again = replace(setting.with_seed_after(number), on_epoch=None) if number else setting
            checkpoint = Checkpoint(folder / f"model-{number}.npz", digest_of((folder.name, dataset.sha256)))
            model, _ = train_once(again, config, checkpoint)
            scores.append(self.score(project, dataset, model))
            values = self.question.values(fmean(scores), cost)
            if len(scores) == self.repeats or (not asked.is_own and self._is_beaten(asked, values)):
                asked.note("scores", scores)
                return values

    def _no_chance(self, asked: Asked, cost: Cost, samples: int) -> str:
        """Return why a candidate is not worth a training, "" if it is; one's own model always is."""
        if asked.is_own or not self.question.metric.endswith("accuracy"):
            return ""
        others = [tuple(values) for _, values in asked.noted_of_others("result")]
        best = unbeatable(self.question.values(0.0, cost), others, samples)
        if best is None:
            return ""
        return f"another needs no more and has {metrics.score_text(self.question.metric, best)}"

    def _is_beaten(self, asked: Asked, values: tuple[float, ...]) -> bool:
        """Return whether another is better than these values somewhere and worse nowhere."""
        mine = self.question.lowest(values)
        others = (self.question.lowest(tuple(each)) for _, each in asked.noted_of_others("result"))
        return any(dominates(other, mine) for other in others)

    def _climb(self, asked: Asked, rung: int, score: float, cost: Cost) -> None:
        """Note the values at a rung. Raises _StoppedError if those of others are better; not of one's own."""
        values = self.question.lowest(self.question.values(score, cost))
        others = [tuple(each) for each in asked.noted_of_others(f"rung {rung}")]
        asked.note(f"rung {rung}", list(values))
        if not asked.is_own and not goes_on(values, others):
            text = metrics.score_text(self.question.metric, score)
            raise _StoppedError(f"{text} after {rung} epochs, others had more for as little")

    def score(self, project: Project, dataset: Dataset, model: Any) -> float:
        """Return what the integer model is worth on the validation split."""
        content, _ = best_quantized(project, dataset, model, float_tflite(model))
        outputs = int8_outputs(content, read_graph(content, project.name), dataset.validation.x)
        score = metrics.score(dataset.task, dataset.validation.y, outputs, dataset.validation.x)
        assert score is not None
        return score


def _beyond(violation: Sequence[float]) -> str:
    """Return what is too much, and by how much."""
    named = zip(("RAM", "flash", "time"), violation, strict=True)
    return ", ".join(f"{100 * part:.0f} % too much {name}" for name, part in named if part > 0)


def _one_line(message: str) -> str:
    """Return the first lines of a message as one: the first of several only says how many there are."""
    return " ".join(line.strip() for line in message.splitlines()[:2])
