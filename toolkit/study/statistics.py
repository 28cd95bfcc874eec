# SPDX-License-Identifier: Apache-2.0
"""Means, deviations, and whether a difference between two recipes is more than luck; tests by SciPy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from toolkit.extras import load_extra


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of a sample (n - 1 below), of so many numbers; 0 of one alone."""

    mean: float
    deviation: float
    count: int


@dataclass(frozen=True)
class Difference:
    """What one recipe has more than another over pairs with equal data, model and seed: its mean and the
    standard error of that, by the means of data sets (with their models).

    sets is how many of them there are; better, worse and equal count them. p is of Wilcoxon's signed-rank
    test over the sets, two-sided, as Demsar recommends for two classifiers on many sets (JMLR 7, 2006);
    p_t of the paired t-test. None where there are too few, or no difference at all.
    """

    mean: float
    error: float | None
    sets: int
    better: int
    worse: int
    equal: int
    p: float | None
    p_t: float | None


def spread_of(values: Sequence[float]) -> Spread | None:
    """Return the spread of values, None if there are none."""
    if not values:
        return None
    return Spread(mean(values), stdev(values) if len(values) > 1 else 0.0, len(values))


def difference_of(
    theirs: Mapping[tuple[str, str], Mapping[int, float]],
    against: Mapping[tuple[str, str], Mapping[int, float]],
) -> Difference | None:
    """Return what theirs has more than against; both are scores by (data, model) and seed.

    Only seeds that both have count. None if they share none.
    """
    gains = []
    for key, scores in theirs.items():
        shared = sorted(scores.keys() & against.get(key, {}).keys())
        if shared:
            gains.append(mean(scores[seed] - against[key][seed] for seed in shared))
    if not gains:
        return None
    count, differs = len(gains), len(gains) > 1 and any(gains)
    stats = load_extra("scipy.stats") if differs else None
    varies = differs and len(set(gains)) > 1
    return Difference(
        mean=mean(gains),
        error=stdev(gains) / math.sqrt(count) if count > 1 else None,
        sets=count,
        better=sum(gain > 0 for gain in gains),
        worse=sum(gain < 0 for gain in gains),
        equal=sum(gain == 0 for gain in gains),
        p=float(stats.wilcoxon(gains).pvalue) if stats else None,
        p_t=float(stats.ttest_1samp(gains, 0.0).pvalue) if stats and varies else None,
    )
