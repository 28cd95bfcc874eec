# SPDX-License-Identifier: Apache-2.0
"""The range of a tensor by how often its values come: its ends may cut rare ones off for finer steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.project.quantization import PER_TENSOR, PerTensor

_BINS = 2048
_STEPS = 255
_PERCENTILE = 99.99
_KEPT = 0.99
"""Entropy must not cut more off: one value that stands for all has no divergence either."""
_SHARES = np.linspace(0.1, 1.0, 46)
"""What of an end's distance from 0 is tried as a range's end."""

Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Histogram:
    """counts (2048,) of the values in equal bins from low to high; low is at most 0, high at least."""

    low: float
    high: float
    counts: Counts

    @classmethod
    def empty(cls, low: float, high: float) -> Histogram:
        """Return one for values of this range, which is not empty."""
        return cls(low, high, np.zeros(_BINS))

    def add(self, values: NDArray[Any]) -> None:
        """Count values, all of them in the range."""
        self.counts[:] += np.histogram(values, _BINS, (self.low, self.high))[0]

    def range_by(self, method: PerTensor) -> tuple[float, float]:
        """Return (low, high) by method, 0 between them; the whole range if all values are one."""
        low, high = map(float, _METHODS[method](self))
        return (low, high) if high > low else (self.low, self.high)

    @property
    def centers(self) -> Counts:
        """The middle of each bin."""
        width = (self.high - self.low) / _BINS
        return np.asarray(self.low + width * (np.arange(_BINS) + 0.5), np.float64)


def _percentile(seen: Histogram) -> tuple[float, float]:
    """Leave half of what is beyond the percentile off at each end."""
    share = np.cumsum(seen.counts) / seen.counts.sum()
    edges = np.linspace(seen.low, seen.high, _BINS + 1)
    out = (1 - _PERCENTILE / 100) / 2
    low = edges[np.searchsorted(share, out, side="right")]
    high = edges[min(np.searchsorted(share, 1 - out) + 1, _BINS)]
    return min(0.0, float(low)), max(0.0, float(high))


def _mean_square(seen: Histogram) -> tuple[float, float]:
    """Try each low with each high, for the least mean square of what rounding and cutting off change."""
    values, counts = _occupied(seen)
    highs = np.unique(seen.high * _SHARES)[:, np.newaxis]
    best, found = np.inf, (seen.low, seen.high)
    for low in np.unique(seen.low * _SHARES):
        step = np.maximum(highs - low, 1e-30) / _STEPS
        level = np.clip(np.rint((values - low) / step), 0, _STEPS)
        errors = ((low + level * step - values) ** 2) @ counts
        place = int(np.argmin(errors))
        if errors[place] < best:
            best, found = float(errors[place]), (float(low), float(highs[place, 0]))
    return found


def _entropy(seen: Histogram) -> tuple[float, float]:
    """Return the range, both ends nearer by one factor, with the least divergence of Kullback and Leibler.

    It is that of the values, those cut off counted at the ends, from what 256 levels tell of those inside,
    less what equal numbers in the bins of a level would differ by chance (Miller and Madow's correction).
    Source: Migacz, 8-bit inference with TensorRT, 2017.
    """
    values, counts = _occupied(seen)
    lost = [_divergence(values, counts, seen.low * share, seen.high * share) for share in _SHARES]
    share = float(_SHARES[int(np.argmin(lost))])
    return seen.low * share, seen.high * share


def _divergence(values: Counts, counts: Counts, low: float, high: float) -> float:
    is_inside = (values >= low) & (values <= high)
    inside, kept = values[is_inside], counts[is_inside]
    if kept.sum() < _KEPT * counts.sum():
        return np.inf
    whole = kept.copy()
    whole[0] += counts[values < low].sum()
    whole[-1] += counts[values > high].sum()
    level = np.rint((inside - low) / (high - low) * _STEPS).astype(np.int64)
    told = np.bincount(level, kept) / np.maximum(np.bincount(level), 1)
    p, q = whole / whole.sum(), told[level] / kept.sum()
    by_chance = (len(inside) - len(np.unique(level))) / (2 * counts.sum())
    return float(np.sum(p * np.log(p / q)) - by_chance)


def _occupied(seen: Histogram) -> tuple[Counts, Counts]:
    """Return the middles and counts of the bins that have values; 0, which is exact in any range, is none."""
    is_zero = (seen.centers > -(seen.high - seen.low) / _BINS) & (
        seen.centers < (seen.high - seen.low) / _BINS
    )
    chosen = (seen.counts > 0) & ~is_zero
    chosen = chosen if chosen.any() else seen.counts > 0
    return seen.centers[chosen], seen.counts[chosen]


_METHODS = {"percentile": _percentile, "mse": _mean_square, "entropy": _entropy}
assert set(_METHODS) == set(PER_TENSOR)
