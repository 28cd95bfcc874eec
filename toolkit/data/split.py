# SPDX-License-Identifier: Apache-2.0
"""Which sample goes to train, validation or test: seeded, and by class where there are classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import SPLIT_NAMES, Indices, Samples
from toolkit.errors import InputError

Ratios = tuple[float, ...]


def split_indices(samples: Samples, ratios: Ratios, seed: int, hint: str) -> tuple[Indices, ...]:
    """Return the row numbers of train, validation and test; no row is in two of them.

    Rows whose part is given go there, and a part with given rows gets no other. The rest is dealt
    out by ratios, each class on its own so that every part has the same mix, and each group as a
    whole. Raises InputError, with hint, if a part would be left without a sample, or train or a part
    that was dealt out without a class.
    """
    random = np.random.default_rng(seed)
    given = np.full(len(samples.x), -1, np.int64) if samples.parts is None else samples.parts
    open_ratios = tuple(0.0 if np.any(given == part) else ratio for part, ratio in enumerate(ratios))
    free = given == -1
    if not any(open_ratios):
        dealt = [np.empty(0, np.int64)] * len(ratios)
    elif samples.groups:
        dealt = _deal_groups(samples, np.flatnonzero(free), open_ratios, random)
    else:
        dealt = _deal_classes(samples, free, open_ratios, random)
    rows = [np.concatenate([np.flatnonzero(given == part), more]) for part, more in enumerate(dealt)]
    shuffled = tuple(random.permutation(part) for part in rows)
    _require_samples(samples, shuffled, ratios, hint)
    for part, name in enumerate(SPLIT_NAMES):
        if part == 0 or open_ratios[part]:
            _require_classes(samples, name, shuffled[part], hint)
    return shuffled


def _deal_classes(
    samples: Samples, free: NDArray[np.bool_], ratios: Ratios, random: np.random.Generator
) -> list[Indices]:
    classes = [free]
    if samples.task == "classification":
        classes = [free & (samples.y == label) for label in range(len(samples.classes))]
    dealt = [_cut(random.permutation(np.flatnonzero(rows)), ratios) for rows in classes]
    return [np.concatenate(parts) for parts in zip(*dealt, strict=True)]


def _cut(rows: Indices, ratios: Ratios) -> list[Indices]:
    """Cut rows by ratios; each part with a ratio gets at least one as long as there are enough."""
    shares = np.array(ratios) / sum(ratios)
    first = next(part for part, share in enumerate(shares) if share)
    counts = [max(round(len(rows) * share), 1) if share else 0 for share in shares]
    counts[first] = max(len(rows) - sum(counts[first + 1 :]), min(1, len(rows)))
    return np.split(rows, np.cumsum(counts)[:-1])


def _deal_groups(
    samples: Samples, rows: Indices, ratios: Ratios, random: np.random.Generator
) -> list[Indices]:
    """Give each group, the largest first, to the part that lacks most of its classes."""
    names, group_of = np.unique(np.array(samples.groups)[rows], return_inverse=True)
    labels = samples.y[rows].astype(np.int64) if samples.task == "classification" else np.zeros_like(rows)
    counts = np.zeros((len(names), max(len(samples.classes), 1)), np.int64)
    np.add.at(counts, (group_of, labels), 1)
    wanted = np.outer(np.array(ratios) / sum(ratios), counts.sum(axis=0))
    lacking = wanted.copy()
    part_of = np.zeros(len(names), np.int64)
    order = random.permutation(len(names))
    for group in order[np.argsort(-counts[order].max(axis=1), kind="stable")]:
        lack = (counts[group] * lacking / np.maximum(wanted, 1e-9)).sum(axis=1)
        part_of[group] = np.argmax(np.where(np.array(ratios) > 0, lack, -np.inf))
        lacking[part_of[group]] -= counts[group]
    return [rows[part_of[group_of] == part] for part in range(len(ratios))]


def _require_samples(samples: Samples, parts: tuple[Indices, ...], ratios: Ratios, hint: str) -> None:
    for name, rows in zip(SPLIT_NAMES, parts, strict=True):
        if not len(rows):
            raise InputError(
                f"{_count(samples)} are too few for the split {list(ratios)}: "
                f"{name} would be left without any.",
                hint=hint,
            )


def _require_classes(samples: Samples, name: str, rows: Indices, hint: str) -> None:
    if samples.task != "classification":
        return
    counts = np.bincount(samples.y[rows].astype(np.int64), minlength=len(samples.classes))
    if not counts.all():
        raise InputError(
            f"{name} would be left without the class {samples.classes[int(counts.argmin())]!r}: "
            f"{_count(samples)} cannot be divided so that each part has every class.",
            hint=hint,
        )


def _count(samples: Samples) -> str:
    groups = len(set(samples.groups))
    return f"{groups} groups (recordings, persons)" if groups else f"{len(samples.x)} samples"
