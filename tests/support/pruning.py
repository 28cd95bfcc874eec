# SPDX-License-Identifier: Apache-2.0
"""What pruning is compared with: the whole model, in which nobody reads the channels that go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from toolkit.pruning.rules import GATES
from toolkit.pruning.structure import FIXED, Kept, Part, Structure


def some_kept(structure: Structure, share: float, seed: int) -> Kept:
    """Return which labels stay if about share of them goes by chance, and every layer keeps one."""
    kept = np.random.default_rng(seed).random(structure.count) >= share
    kept[FIXED] = True
    for part in structure.parts.values():
        if not np.any(kept[part.gives]):
            kept[part.gives[0]] = True
    return kept


@contextmanager
def silenced(structure: Structure, kept: Kept) -> Iterator[None]:
    """While this lasts, the kernels that read removed channels have zeros there."""
    sources = [part for part in structure.parts.values() if part.is_source]
    before = [part.layer.get_weights() for part in sources]
    for part in sources:
        _silence(part, kept)
    yield
    for part, weights in zip(sources, before, strict=True):
        part.layer.set_weights(weights)


def _silence(part: Part, kept: Kept) -> None:
    kind, weights = type(part.layer).__name__, part.layer.get_weights()
    gone = ~kept[part.reads]
    if kind in GATES:
        weights[0][gone] = 0
        weights[1][~kept[part.gives]] = 0
    elif kind.endswith("DTranspose"):
        weights[0][..., gone] = 0
    else:
        weights[0][..., gone, :] = 0
    part.layer.set_weights(weights)
