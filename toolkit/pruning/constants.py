# SPDX-License-Identifier: Apache-2.0
"""Channels that are the same number for every sample: they go, their number into the next bias."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Split
from toolkit.pruning.readings import Scores, ranges
from toolkit.pruning.rules import NEW
from toolkit.pruning.structure import FIXED, Kept, Part, Structure


@dataclass(frozen=True, eq=False)
class Constants:
    """Which labels stay when constant channels are gone, and what is added to layers' biases, by name."""

    kept: Kept
    folded: dict[str, NDArray[np.float64]] = field(default_factory=dict)


def find_constants(structure: Structure, split: Split) -> Constants:
    """Return the groups that have one value wherever they are read, for all samples of split.

    A value other than 0 counts only where every reader can take it up in its bias exactly: a dense layer,
    and a convolution without padding. A layer keeps one channel at least.
    """
    found = ranges(structure, split)
    constant = structure.all_kept()
    seen = np.zeros(structure.count, bool)
    for number, sink in enumerate(structure.sinks):
        low, high = found[number]
        is_free = (low == high) & ((low == 0) | can_fold(sink.part))
        constant[sink.labels[~is_free]] = False
        seen[sink.labels] = True
    constant &= seen
    constant[FIXED] = False
    kept = ~constant
    for part in structure.sources():
        if not np.any(kept[part.gives]):
            kept[part.gives[0]] = True
    return Constants(kept, _folded(structure, kept, found))


def can_fold(part: Part) -> bool:
    """Return whether a layer sees a constant channel as the same sum at each place."""
    kind = type(part.layer).__name__
    if kind not in NEW:
        return False
    if kind == "Dense":
        return True
    is_plain = kind in ("Conv1D", "Conv2D", "Conv3D")
    return is_plain and (part.layer.padding == "valid" or set(part.layer.kernel_size) == {1})


def _folded(
    structure: Structure, kept: Kept, found: dict[int, tuple[Scores, Scores]]
) -> dict[str, NDArray[np.float64]]:
    folded: dict[str, NDArray[np.float64]] = {}
    for number, sink in enumerate(structure.sinks):
        values = np.where(kept[sink.labels], 0, found[number][0])
        if np.any(values):
            kernel = np.asarray(sink.part.layer.kernel, np.float64)
            sums = kernel.reshape(-1, *kernel.shape[-2:]).sum(axis=0)
            folded[sink.part.layer.name] = values @ sums
    return folded
