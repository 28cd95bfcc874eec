# SPDX-License-Identifier: Apache-2.0
"""What each layer's int8 costs: one rounded at a time, and each one spared while all others are rounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import metrics
from toolkit.data.dataset import Dataset, Split
from toolkit.quantization.pairs import sqnr_db
from toolkit.quantization.points import find_points
from toolkit.quantization.simulation import Ranges, simulated

MOST_SAMPLES = 1000
_BATCH = 256


@dataclass(frozen=True)
class RoundedPart:
    """A kernel, or a tensor between layers: what its int8 does to the model.

    alone_db is the SQNR of the outputs where it alone is int8, alone the score then. spared is the score
    where everything but it is int8: a tensor of 16 bits is as good. None where the task has no score.
    """

    name: str
    what: str
    alone_db: float
    alone: float | None
    spared: float | None


@dataclass(frozen=True)
class Explanation:
    """The scores on validation samples in float and as int8, and the parts, the worst one first."""

    metric: str
    samples: int
    real: float | None
    rounded: float | None
    rounded_db: float
    parts: tuple[RoundedPart, ...]


def explain(
    model: Any,
    ranges: Ranges,
    dataset: Dataset,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Explanation:
    """Return what rounding each part of model to int8 costs, on 1,000 validation samples at most.

    ranges are those of model's points. Nothing is converted: the rounding is simulated (simulation.py).
    """
    split = judged_split(dataset)
    kernels = find_points(model).weighted
    real = _outputs(model, split.x)
    parts = [(name, "weights") for name in kernels] + [(name, "values") for name in ranges]

    def try_(rounded: Ranges, weighted: set[str]) -> tuple[float | None, float]:
        outputs = _outputs(simulated(model, rounded, weighted), split.x)
        return _score(dataset, split, outputs), sqnr_db(real, outputs)

    found = []
    for number, (name, what) in enumerate(parts):
        if what == "weights":
            alone, alone_db = try_({}, {name})
            spared, _ = try_(ranges, set(kernels) - {name})
        else:
            alone, alone_db = try_({name: ranges[name]}, set())
            spared, _ = try_({n: r for n, r in ranges.items() if n != name}, set(kernels))
        found.append(RoundedPart(name, what, alone_db, alone, spared))
        on_progress(number + 1, len(parts))
    rounded, rounded_db = try_(ranges, set(kernels))
    return Explanation(
        metrics.metric_name(dataset.task),
        len(split),
        _score(dataset, split, real),
        rounded,
        rounded_db,
        tuple(sorted(found, key=lambda part: part.alone_db)),
    )


def explanation_lines(found: Explanation) -> list[str]:
    """Return the explanation as a table: what each part costs alone, and what sparing it gains."""
    width = max((len(part.name) for part in found.parts), default=0)

    def text(score: float | None) -> str:
        return metrics.score_text(found.metric, score)

    lines = [
        f"validation {found.metric}, {found.samples} samples: float32 {text(found.real)}, "
        f"int8 as simulated {text(found.rounded)} ({found.rounded_db:.1f} dB)",
        f"{'':{width}}           int8 alone             int8 but this",
    ]
    return lines + [
        f"{part.name:{width}}  {part.what:7}  {part.alone_db:5.1f} dB  {text(part.alone):>9}  "
        f"{text(part.spared):>9}"
        for part in found.parts
    ]


def judged_split(dataset: Dataset) -> Split:
    """Return at most 1,000 validation samples; without any it is the training split that tells."""
    split = dataset.validation if len(dataset.validation) else dataset.train
    rows = np.sort(np.random.default_rng(0).permutation(len(split))[:MOST_SAMPLES])
    return Split(np.asarray(split.x[rows], np.float32), split.y[rows])


def _outputs(model: Any, x: NDArray[np.float32]) -> NDArray[np.float32]:
    parts = np.split(x, range(_BATCH, len(x), _BATCH))
    return np.concatenate([np.asarray(model(part, training=False), np.float32) for part in parts])


def _score(dataset: Dataset, split: Split, outputs: NDArray[np.float32]) -> float | None:
    return metrics.score(dataset.task, split.y, outputs, split.x)
