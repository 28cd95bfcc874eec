# SPDX-License-Identifier: Apache-2.0
"""The second method of a search: one model that holds many is trained once, evolution picks its best parts.

A part is compiled like any candidate, and judged as integers with the weights that it inherits: seconds
instead of a training. The best parts become candidates of the study and are trained from new weights, as
`tinyml check` would: nothing of the shared weights is in what a search ends with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.data import Dataset
from toolkit.errors import InputError, UsageError
from toolkit.models import Shape
from toolkit.models.mobilenet_v2 import FAMILY, MobilenetV2Options
from toolkit.project.config import Project
from toolkit.project.stamps import digest_of
from toolkit.search.candidate import Trier
from toolkit.search.changes import Changes
from toolkit.search.dimensions import Trial
from toolkit.search.question import Question
from toolkit.search.results import Result, front_of
from toolkit.search.worker import Asked, Outcome
from toolkit.sizing.cost import Cost
from toolkit.training import Checkpoint
from toolkit.training.fit import Fitting
from toolkit.training.once import Setting
from toolkit.training.supernet import Parts, Supernet
from toolkit.training.targets import measure_targets, scale_targets

EVOLVED, TRAINED = 200, 5
"""Parts that evolution looks at, and how many of them are trained."""
_SHARE = 0.25  # of --time: for the training of the whole, and for evolution


@dataclass(frozen=True)
class PartSpace:
    """Proposes parts of the largest model, as changes of the project's file."""

    parts: Parts
    project: Project

    def propose(self, trial: Trial) -> Changes:
        """Return the changes that trial chooses."""
        own = self.project.model.family == FAMILY.name
        changes: dict[str, Any] = {}
        if not own:
            changes |= dict.fromkeys(("model.python", "model.base", "model.options", "training.transfer"))
            changes["model.family"] = FAMILY.name
        options = self.parts.options(trial.suggest_categorical)
        return changes | {f"model.options.{name}": value for name, value in options.items()}


@dataclass
class Inheriting:
    """Tries parts of one study: what they cost as a Trier does, what they are worth with shared weights."""

    trier: Trier
    net: Supernet
    fitting: Fitting

    def __call__(self, asked: Asked) -> Outcome:
        """Return what came of a part; only the best says so, as there are hundreds."""
        return self.trier.outcome_of(asked, self._judged)

    def _judged(
        self, asked: Asked, setting: Setting, cost: Cost, violation: tuple[float, ...], key: str
    ) -> Outcome:
        options = MobilenetV2Options(**_as_tuples(setting.project.model.options))
        model = self.net.inherit(options, self.fitting)
        score = self.trier.score(setting.project, setting.dataset, model)
        values = self.trier.question.values(score, cost)
        asked.note("result", [key, list(values)])
        return Outcome(values, violation=violation)


def _as_tuples(options: Any) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in options.items()}


def parts_for(project: Project, shape: Shape) -> Parts:
    """Return the space around the project's own MobileNetV2, or around the family's defaults.

    Raises UsageError for data that the family does not take.
    """
    if not FAMILY.takes(shape):
        raise UsageError(
            f"a one-shot search is one of {FAMILY.name}, which does not take samples of {shape.inputs} for "
            f"{shape.task}.",
            hint="Try: --method trials",
        )
    own = project.model.options if project.model.family == FAMILY.name else {}
    return Parts.around(MobilenetV2Options(**_as_tuples(own)))


@dataclass
class OneShot:
    """The supernet of a project, trained and kept in folder of the build."""

    project: Project
    dataset: Dataset
    trier: Trier
    on_note: Callable[[str], None]
    seconds: float | None = None
    _began: float = field(default_factory=time.monotonic)

    def trained(self) -> Inheriting:
        """Return the supernet after its training, which goes on where it was."""
        shape = Shape.of(self.dataset)
        parts = parts_for(self.project, shape)
        seed = self.project.project.seed
        net = Supernet(parts, shape, seed)
        setting = Setting.of(self.project, self.dataset, self.project.model)
        config = setting.fitting(self.project.training)
        # Cosines need another last layer, and peers, teachers or SAM a loss around it.
        config = replace(config, loss="default" if config.loss == "am_softmax" else config.loss)
        targets = measure_targets(config, self.dataset, net.model)
        fitting = Fitting(
            model=net.model,
            config=config,
            dataset=scale_targets(self.dataset, targets),
            seed=seed,
            label="the model of all parts",
            class_weights=setting.weights(),
            targets=targets,
        )
        place = self.trier.folder.parent / "supernet.npz"
        key = digest_of((self.dataset.sha256, parts.largest, parts.widths, config, seed))
        checkpoint = Checkpoint(place, key)
        self.on_note(
            f"search: one model with {net.model.count_params():,} weights is trained for all its parts, "
            f"{config.epochs} epochs at most"
        )
        net.train(fitting, checkpoint, lambda: self._is_over(_SHARE), self._say_epoch)
        return Inheriting(self.trier, net, fitting)

    def _say_epoch(self, done: int, loss: float) -> None:
        if done & (done - 1) == 0:
            self.on_note(f"search: all parts: epoch {done}, loss {loss:.4g}")

    def _is_over(self, share: float) -> bool:
        return self.seconds is not None and time.monotonic() - self._began > share * self.seconds

    @property
    def seconds_left(self) -> float | None:
        """How long evolution may take."""
        if self.seconds is None:
            return None
        return max(1.0, 2 * _SHARE * self.seconds - (time.monotonic() - self._began))


def best_of(results: Sequence[Result], question: Question, count: int = TRAINED) -> list[Changes]:
    """Return the changes of so many parts to train: the best by score, and others along the front of score,
    time and RAM, evenly by their rank. Raises InputError if none fits.
    """
    front = front_of(results, question)
    if not front:
        raise InputError(
            f"no part of {len(results)} fits the budget.",
            hint="Try: a larger budget, a smaller width in [model.options], or --method trials",
        )
    upper = front[: max(count, len(front) // 2)]  # the lower half gives up the score for nothing but size
    places = sorted({round(i * (len(upper) - 1) / max(1, count - 1)) for i in range(count)})
    return [upper[place].changes for place in places]
