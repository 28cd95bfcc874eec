# SPDX-License-Identifier: Apache-2.0
"""Columns that a model should not see: a time, a row's or a file's number, and the answer itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.timeline import Trait

_FEWEST = 3
_MOST_VALUES = 50
_FEWEST_SAMPLES = 12
"""Fewer samples are easily told apart by chance."""
_SAME = 0.99999
KEEP = "columns in the section [data.options] would keep it"


def why_left_out(name: str, traits: Sequence[Trait]) -> str:
    """Return why a column of these recordings, one trait each, is no input: one line, "" if it may be."""
    if all(trait.rises for trait in traits):
        if all(trait.counts_rows for trait in traits):
            return f"{name} is left out: it counts the rows; {KEEP}"
        return f"{name} is left out: it only rises, as a time or an index does; {KEEP}"
    constant = all(trait.low == trait.high for trait in traits)
    if constant and len(traits) >= _FEWEST and len({trait.low for trait in traits}) == len(traits):
        return f"{name} is left out: it is another number in each recording, as a file's number; {KEEP}"
    return ""


def leak(name: str, values: NDArray[Any], y: NDArray[Any]) -> str:
    """Return what to say if one column (n,) alone tells the classes y (n,) of all samples, else ""."""
    if len(values) < _FEWEST_SAMPLES or len(np.unique(y)) < 2:
        return ""
    order = np.argsort(values, kind="stable")
    sorted_values, sorted_y = values[order], y[order]
    starts = np.flatnonzero(np.diff(sorted_values, prepend=np.nan) != 0)
    if _differs_within(sorted_y, starts):
        return ""
    changes = int((np.diff(sorted_y[starts]) != 0).sum())
    in_ranges = changes == len(np.unique(y)) - 1
    by_value = len(starts) <= min(_MOST_VALUES, len(values) // 4)
    if not (in_ranges or by_value):
        return ""
    return (
        f"{name} alone tells every class without an error: is it known before the answer is? "
        "If not, leave it out of columns"
    )


def numeric_leak(name: str, values: NDArray[Any], targets: NDArray[Any]) -> str:
    """Return what to say if a column (n,) is one of targets (n, outputs) but for its scale, else ""."""
    if len(values) < _FEWEST_SAMPLES or np.ptp(values) == 0:
        return ""
    for target in targets.T:
        if np.ptp(target) and abs(np.corrcoef(values, target)[0, 1]) > _SAME:
            return f"{name} is the target but for its scale: is it known before the answer is?"
    return ""


def _differs_within(sorted_y: NDArray[Any], starts: NDArray[np.int64]) -> bool:
    """Whether samples of one value have several classes."""
    low, high = np.minimum.reduceat(sorted_y, starts), np.maximum.reduceat(sorted_y, starts)
    return bool((low != high).any())
