# SPDX-License-Identifier: Apache-2.0
"""The samples that set the ranges of the activations, and whether rare large values are left out of them.

The converter takes the lowest and the highest value of each tensor for its range. One value at six times the
others costs all of them most of their 256 steps: then the range of nearly all values is worth more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Dataset
from toolkit.project.config import Project
from toolkit.project.quantization import PER_TENSOR, PerTensor

_WORDS: dict[PerTensor, str] = {
    "percentile": "the middle 99.99 % of each tensor",
    "mse": "the least mean square error of each tensor",
    "entropy": "the least divergence of each tensor",
}
_SHARES = (0.9999, 0.999, 0.99)
_NARROWER = 0.75
"""A range that is hardly narrower gains less than a half of a bit, and is not tried."""
_JUDGED = 512
_CLEARLY = 0.5
"""Outputs for samples that were learned hardly depend on the ranges: what is nearer by less is luck."""


@dataclass(frozen=True)
class Calibration:
    """Inputs (n, *shape) that set the ranges; within is the share of their values that is left as it is.

    method says how the range of each tensor follows from its values, None lowest to highest. is_trained says
    that they set only those which were not trained.
    """

    samples: NDArray[np.float32]
    within: float = 1.0
    is_trained: bool = False
    method: PerTensor | None = None

    @property
    def words(self) -> str:
        """Say how the ranges are set, in the report."""
        if self.is_trained:
            return "training as int8"
        if self.method:
            return _WORDS[self.method]
        return (
            "lowest to highest" if self.within == 1 else f"the middle {100 * self.within:g} % of the inputs"
        )


def calibration_samples(project: Project, dataset: Dataset) -> NDArray[np.float32]:
    """Return quantization.samples of the training split, or all if it has fewer; seeded."""
    order = np.random.default_rng(project.project.seed).permutation(len(dataset.train))
    return dataset.train.x[order[: project.quantization.samples]]


def judging_samples(project: Project, dataset: Dataset) -> NDArray[np.float32]:
    """Return the training samples on which calibrations are compared, at most 512; seeded."""
    order = np.random.default_rng([project.project.seed, 1]).permutation(len(dataset.train))
    return np.asarray(dataset.train.x[order[:_JUDGED]], np.float32)


def calibrations(project: Project, dataset: Dataset) -> Iterator[Calibration]:
    """Give the calibration that is asked for, or by all values, and without the rarest if clearly narrower.

    An anomaly detector has the first alone: rare values are what it is there for. So has one of int16, whose
    steps are fine enough.
    """
    samples = calibration_samples(project, dataset)
    asked = project.quantization.calibration
    if asked in PER_TENSOR:
        yield Calibration(samples, method=asked)
        return
    yield Calibration(samples)
    if asked != "auto" or dataset.task == "anomaly" or project.quantization.integers != "int8":
        return
    whole = float(np.ptp(samples))
    for share in _SHARES:
        low, high = np.quantile(samples, [(1 - share) / 2, (1 + share) / 2])
        if high - low < _NARROWER * whole and high > low:
            yield Calibration(np.clip(samples, low, high).astype(np.float32), share)


def nearest(distances: Sequence[float]) -> int:
    """Return which calibration to take: the first, by all values, unless another is half as far or less."""
    best = min(range(len(distances)), key=distances.__getitem__)
    return best if distances[best] <= _CLEARLY * distances[0] else 0


def distance(outputs: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Return the mean square of how far outputs (n, outputs) are from the float model's."""
    return float(np.mean((outputs.astype(np.float64) - truth) ** 2))
