# SPDX-License-Identifier: Apache-2.0
"""In which order groups of channels go: what matters least for what it saves goes first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from toolkit.pruning.rules import Term
from toolkit.pruning.structure import FIXED, Kept, Structure

Scores = NDArray[np.float64]
_PARTS = 200
"""The savings are computed anew this often on the way from the whole model to the least of it."""
_BYTES_A_CHANNEL = 12
"""Bias, multiplier and shift of an output channel in flash, beside its weights."""
_NEAR_PEAK = 0.95
_WEIGHT_OF_SAVING = 0.5
"""A channel's rank is its score divided by its saving to this power. With 1 the first layers, which are large
pictures, lose nearly everything, with 0 those that save nothing."""


@dataclass(frozen=True)
class Floors:
    """The least channels that each layer keeps, by its name."""

    least: Mapping[str, int]

    @classmethod
    def of(cls, structure: Structure, share: float) -> Floors:
        """Return the floors for a share of the channels that structure's layers have."""
        return cls({p.layer.name: max(1, ceil(share * len(p.gives))) for p in structure.sources()})


def removal_order(
    structure: Structure, scores: Scores, goal: str, floors: Floors, kept: Kept | None = None
) -> list[int]:
    """Return labels in the order in which they should go, for goal: macs, latency, ram or flash.

    kept says what is there at the start. The order ends where floors allow no more.
    """
    kept = (structure.all_kept() if kept is None else kept).copy()
    savings = _SAVINGS[goal]
    counts = {p.layer.name: np.bincount(p.gives, minlength=structure.count) for p in structure.sources()}
    order: list[int] = []
    chunk = max(1, int(kept.sum()) // _PARTS)
    while True:
        saved = savings(structure, kept)
        can_go = kept & (saved > 0)
        can_go[FIXED] = False
        rank = np.where(can_go, scores / np.maximum(saved, 1e-9) ** _WEIGHT_OF_SAVING, np.inf)
        gone = 0
        for label in np.argsort(rank, kind="stable"):
            if gone == chunk or not np.isfinite(rank[label]):
                break
            if _may_go(int(label), counts, kept, floors):
                kept[label] = False
                order.append(int(label))
                gone += 1
        if not gone:
            return order


def _may_go(label: int, counts: Mapping[str, NDArray[np.intp]], kept: Kept, floors: Floors) -> bool:
    return all(
        int(count[kept].sum()) - int(count[label]) >= floors.least[name]
        for name, count in counts.items()
        if count[label]
    )


def _by_terms(terms: Sequence[Term], kept: Kept) -> Scores:
    """Return what one channel of each group saves of the sum of terms, the others as they are."""
    saved = np.zeros(len(kept))
    for term in terms:
        counts = [int(kept[labels].sum()) for labels in term.over]
        for place, labels in enumerate(term.over):
            others = int(np.prod([c for n, c in enumerate(counts) if n != place], dtype=np.int64))
            np.add.at(saved, labels, term.factor * others)
    return saved


def _macs(structure: Structure, kept: Kept) -> Scores:
    return _by_terms(structure.macs, kept)


def _flash(structure: Structure, kept: Kept) -> Scores:
    saved = _by_terms(structure.weights, kept)
    for part in structure.parts.values():
        if type(part.layer).__name__ not in ("BatchNormalization", "Reshape"):
            np.add.at(saved, part.gives, _BYTES_A_CHANNEL)
    return saved


def _ram(structure: Structure, kept: Kept) -> Scores:
    """Only what is alive while memory is fullest, or nearly, counts."""
    sizes = [buffer.places * int(kept[buffer.labels].sum()) for buffer in structure.buffers]
    steps = max(buffer.last for buffer in structure.buffers) + 1
    used = np.zeros(steps)
    for buffer, size in zip(structure.buffers, sizes, strict=True):
        used[buffer.first : buffer.last + 1] += size
    full = used >= _NEAR_PEAK * used.max()
    saved = np.zeros(len(kept))
    for buffer in structure.buffers:
        times = int(full[buffer.first : buffer.last + 1].sum())
        if times:
            np.add.at(saved, buffer.labels, buffer.places * times)
    return saved


_SAVINGS: Mapping[str, Callable[[Structure, Kept], Scores]] = {
    "macs": _macs,
    "latency": _macs,
    "ram": _ram,
    "flash": _flash,
}


def fewest(order: Sequence[int], is_enough: Callable[[Sequence[int]], bool]) -> list[int] | None:
    """Return the shortest start of order that is enough, found by halving; None if all of it is not."""
    if is_enough(()):
        return []
    if not order or not is_enough(order):
        return None
    low, high = 0, len(order)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(order[:middle]) else (middle, high)
    return list(order[:high])
