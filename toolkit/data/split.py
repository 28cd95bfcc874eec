# SPDX-License-Identifier: Apache-2.0
"""Which sample goes to train, validation or test: seeded, and by class or label where there are such."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toolkit.data.dataset import SPLIT_NAMES, Indices, Samples
from toolkit.errors import InputError

Ratios = tuple[float, ...]
_LEAST_TRAIN, _MOST_HELD_OUT, _FAR = 0.5, 0.4, 0.1
"""Shares that are unusual, or far from what was asked for."""
_FEWEST_TEST = 10
_NAMED = 5


def split_indices(samples: Samples, ratios: Ratios, seed: int, hint: str) -> tuple[Indices, ...]:
    """Return the row numbers of train, validation and test; no row is in two of them.

    Rows whose part is given go there, and a part with given rows gets no other. The rest is dealt
    out by ratios, each class on its own so that every part has the same mix, and each group as a
    whole. Of several labels the rarest are dealt out first. Train gets nothing anomalous, nor a group
    that has something anomalous. Raises InputError, with hint, if a part would be left without a
    sample, or train or a part that was dealt out without a class, or if train is given an anomaly.
    """
    random = np.random.default_rng(seed)
    given = np.full(len(samples.x), -1, np.int64) if samples.parts is None else samples.parts
    open_ratios = tuple(0.0 if np.any(given == part) else ratio for part, ratio in enumerate(ratios))
    rows = [np.flatnonzero(given == part) for part in range(len(ratios))]
    for portion, shares in _portions(samples, np.flatnonzero(given == -1), open_ratios):
        dealt = _deal(samples, portion, shares, random) if any(shares) else []
        rows = [np.concatenate(pair) for pair in zip(rows, dealt, strict=True)] if dealt else rows
    shuffled = tuple(random.permutation(part) for part in rows)
    _require_validation(samples, shuffled[1])
    _require_samples(samples, shuffled, ratios, hint)
    _require_normal(samples, shuffled[0])
    for part, name in enumerate(SPLIT_NAMES):
        if part == 0 or open_ratios[part]:
            _require_classes(samples, name, shuffled[part], hint)
    return shuffled


def _portions(samples: Samples, rows: Indices, ratios: Ratios) -> Iterator[tuple[Indices, Ratios]]:
    """Give rows to be dealt out by ratios of their own: what is anomalous, and its groups, not for train."""
    if samples.task != "anomaly":
        yield rows, ratios
        return
    is_anomalous = samples.y[rows].astype(bool)
    if samples.groups:
        _, group_of = np.unique(np.array(samples.groups)[rows], return_inverse=True)
        is_anomalous = np.isin(group_of, group_of[is_anomalous])
    yield rows[~is_anomalous], ratios
    yield rows[is_anomalous], (0.0, *ratios[1:])


def _deal(samples: Samples, rows: Indices, ratios: Ratios, random: np.random.Generator) -> list[Indices]:
    if samples.groups:
        _, group_of = np.unique(np.array(samples.groups)[rows], return_inverse=True)
        return _deal_groups(samples, rows, group_of, ratios, random)
    if samples.task == "multilabel":
        return _deal_groups(samples, rows, np.arange(len(rows)), ratios, random)
    classes = [rows]
    if samples.task == "classification":
        classes = [rows[samples.y[rows] == label] for label in range(len(samples.classes))]
    dealt = [_cut(random.permutation(each), ratios) for each in classes]
    return [np.concatenate(parts) for parts in zip(*dealt, strict=True)]


def _cut(rows: Indices, ratios: Ratios) -> list[Indices]:
    """Cut rows by ratios; each part with a ratio gets at least one as long as there are enough."""
    shares = np.array(ratios) / sum(ratios)
    first = next(part for part, share in enumerate(shares) if share)
    counts = [max(round(len(rows) * share), 1) if share else 0 for share in shares]
    counts[first] = max(len(rows) - sum(counts[first + 1 :]), min(1, len(rows)))
    return np.split(rows, np.cumsum(counts)[:-1])


def _deal_groups(
    samples: Samples, rows: Indices, group_of: Indices, ratios: Ratios, random: np.random.Generator
) -> list[Indices]:
    """Give each group, that with most of a class or label first, to the part that lacks most of its own."""
    groups = int(group_of.max(initial=-1)) + 1
    labels = _labels(samples, rows)
    counts = np.zeros((groups, labels.shape[1]), np.int64)
    np.add.at(counts, group_of, labels)
    wanted = np.outer(np.array(ratios) / sum(ratios), counts.sum(axis=0))
    lacking = wanted.copy()
    part_of = np.zeros(groups, np.int64)
    order = random.permutation(groups)
    most = (counts / np.maximum(counts.sum(axis=0), 1)).max(axis=1, initial=0)
    for group in order[np.argsort(-most[order], kind="stable")]:
        lack = (counts[group] * lacking / np.maximum(wanted, 1e-9)).sum(axis=1)
        part_of[group] = np.argmax(np.where(np.array(ratios) > 0, lack, -np.inf))
        lacking[part_of[group]] -= counts[group]
    return [rows[part_of[group_of] == part] for part in range(len(ratios))]


def _labels(samples: Samples, rows: Indices) -> Indices:
    """Return what each row counts as one of, (rows, columns): its class; its labels and any sample."""
    if samples.task == "classification":
        return np.eye(len(samples.classes), dtype=np.int64)[samples.y[rows].astype(np.int64)]
    everything = np.ones((len(rows), 1), np.int64)
    if samples.task != "multilabel":
        return everything
    return np.concatenate([samples.y[rows].astype(np.int64), everything], axis=1)


def _require_normal(samples: Samples, train: Indices) -> None:
    if samples.task == "anomaly" and samples.y[train].any():
        first = train[samples.y[train].astype(bool)].min()
        named = samples.names[first] if samples.names else f"row {first}"
        raise InputError(
            f"train has {int(samples.y[train].astype(bool).sum())} anomalous samples, such as {named}; "
            "an anomaly detector learns what is normal.",
            hint="Try: put them into validation or test",
        )


def _require_validation(samples: Samples, validation: Indices) -> None:
    if samples.task == "anomaly" and not len(validation):
        raise InputError(
            "validation is empty; an anomaly detector sets its threshold by it.",
            hint="Try: split = [0.6, 0.2, 0.2] in the section [data]",
        )


def _require_samples(samples: Samples, parts: tuple[Indices, ...], ratios: Ratios, hint: str) -> None:
    for name, rows in zip(SPLIT_NAMES, parts, strict=True):
        if not len(rows) and ratios[SPLIT_NAMES.index(name)]:
            raise InputError(
                f"{_count(samples)} are too few for the split {list(ratios)}: "
                f"{name} would be left without any.",
                hint=hint,
            )


def _require_classes(samples: Samples, name: str, rows: Indices, hint: str) -> None:
    """Labels may be missing in a part, but for train; so may anomalies, if there are none."""
    if samples.task == "regression" or (samples.task == "multilabel" and name != "train"):
        return
    if samples.task == "multilabel":
        counts = samples.y[rows].sum(axis=0)
    else:
        counts = np.bincount(samples.y[rows].astype(np.int64), minlength=len(samples.classes))
    if samples.task == "anomaly" and (name == "train" or not samples.y.any()):
        counts = counts[:1]
    if not counts.all():
        raise InputError(
            f"{name} would be left without the class {samples.classes[int(counts.argmin())]!r}: "
            f"{_count(samples)} cannot be divided so that each part has every class.",
            hint=hint,
        )


def _count(samples: Samples) -> str:
    groups = len(set(samples.groups))
    return f"{groups} groups (recordings, persons)" if groups else f"{len(samples.x)} samples"


def split_notes(samples: Samples, parts: tuple[Indices, ...], ratios: Ratios) -> list[str]:
    """Return what is unusual about the shares that the parts have, a line for each part at most."""
    total = sum(map(len, parts))
    notes = []
    for name, rows, ratio in zip(SPLIT_NAMES, parts, ratios, strict=True):
        share = len(rows) / total
        has = f"{name} has {100 * share:.0f} % of the samples"
        if samples.parts is None and ratio and abs(share - ratio) > _FAR:
            notes.append(
                f"{has} instead of {100 * ratio:.0f} %: what belongs together stays in one part, "
                "dealt so that each part has its share of every class; lists in [data] would divide "
                "it otherwise"
            )
        elif name == "train" and share < _LEAST_TRAIN:
            notes.append(f"{has} only; more is usual: split in [data]")
        elif name != "train" and share > _MOST_HELD_OUT:
            notes.append(f"{has}, which is unusually much")
    notes += _lacking(samples, parts)
    if len(parts[2]) < _FEWEST_TEST:
        notes.append(f"test has {len(parts[2])} samples: each is {100 / len(parts[2]):.0f} % of the accuracy")
    return notes


def _lacking(samples: Samples, parts: tuple[Indices, ...]) -> list[str]:
    """Say which classes a part lacks that the data, or lists, filled themselves."""
    notes = []
    for name, rows in zip(SPLIT_NAMES[1:], parts[1:], strict=True):
        if samples.task != "classification" or not len(rows):
            continue
        there = set(samples.y[rows].astype(np.int64).tolist())
        missing = [each for label, each in enumerate(samples.classes) if label not in there]
        if missing:
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            notes.append(f"{name} has no sample of {', '.join(missing[:_NAMED])}{more}, which it cannot test")
    return notes
