# SPDX-License-Identifier: Apache-2.0
"""The same file, or the same bytes, in two splits: a model would be tested on what it has learnt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import SPLIT_NAMES, Indices, Samples
from toolkit.data.rows import chunks
from toolkit.errors import InputError

_NAMED = 5
_FEWEST_AGAIN = 0.1
"""Of the test samples: a few of numbers with little precision are alike by chance."""


def check_leakage(samples: Samples, parts: tuple[Indices, ...]) -> None:
    """Raise InputError that names the files if a file, its bytes or a group is in two of the parts."""
    for keys, what in (
        (samples.names, "the same file"),
        (samples.digests, "the same bytes"),
        (samples.groups, "the same group"),
    ):
        found = list(_in_two(samples, keys, parts)) if keys else []
        if found:
            more = f"\n  and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            raise InputError(
                f"{what} in two splits, {len(found)} times:\n  " + "\n  ".join(found[:_NAMED]) + more,
                hint="Try: delete one of each, correct the lists, or\n"
                'duplicates = "together" in the section [data] to keep equal files in one split',
                facts={"leaks": found},
            )


def check_contradictions(samples: Samples) -> None:
    """Raise InputError that names files of equal bytes in different classes: no model can learn both."""
    lines = _contradictions(samples)
    if lines:
        raise InputError(
            _told(lines),
            hint="Try: keep each in the one class that it is of, and delete the others, or\n"
            'duplicates = "together" in the section [data] to train on them as they are',
            facts={"contradictions": lines},
        )


def contradiction_notes(samples: Samples) -> list[str]:
    """Say what check_contradictions would, where somebody wants such files all the same."""
    lines = _contradictions(samples)
    return [_told(lines)] if lines else []


def _told(lines: list[str]) -> str:
    more = f"\n  and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    return (
        f"equal files in different classes, {len(lines)} times, so that their labels contradict each other:"
        "\n  " + "\n  ".join(lines[:_NAMED]) + more
    )


def _contradictions(samples: Samples) -> list[str]:
    if samples.task not in ("classification", "anomaly") or not samples.digests:
        return []
    alike: dict[str, dict[int, int]] = {}
    for row, (digest, label) in enumerate(zip(samples.digests, samples.y.tolist(), strict=True)):
        alike.setdefault(digest, {}).setdefault(int(label), row)
    return [_contradiction(samples, list(rows.values())) for rows in alike.values() if len(rows) > 1]


def _contradiction(samples: Samples, rows: list[int]) -> str:
    names = [f"{samples.names[row]} ({samples.classes[int(samples.y[row])]})" for row in rows]
    one = samples.x[np.array(rows[:1])][0]
    empty = one.ndim > 1 and not np.ptp(one, axis=0).any()
    return " and ".join(names) + (": all of it is the same, as in silence" if empty else "")


def _in_two(samples: Samples, keys: tuple[str, ...], parts: tuple[Indices, ...]) -> Iterable[str]:
    first: dict[str, tuple[int, int]] = {}
    told: set[str] = set()
    for part, rows in enumerate(parts):
        for row in map(int, rows):
            before, there = first.setdefault(keys[row], (row, part))
            if there != part and keys[row] not in told:
                told.add(keys[row])
                yield f"{_name(samples, before, there)} and {_name(samples, row, part)}"


def _name(samples: Samples, row: int, part: int) -> str:
    return f"{samples.names[row] if samples.names else f'sample {row}'} ({SPLIT_NAMES[part]})"


def same_inputs_notes(samples: Samples, parts: tuple[Indices, ...]) -> list[str]:
    """Say it of samples with the very inputs of others: with another class, or in train and in test too.

    Equal files are not told here. Each input is read once, and kept as a hash.
    """
    everything = np.arange(len(samples.x), dtype=np.int64)
    inputs = [one for chunk in chunks(samples.x, everything) for one in _each(chunk)]
    return [*_same_inputs(samples, inputs), *_again_in_test(inputs, parts)]


def _same_inputs(samples: Samples, inputs: list[bytes]) -> list[str]:
    if samples.task == "regression":
        return []
    rows_of: dict[bytes, list[int]] = {}
    for row, one in enumerate(inputs):
        rows_of.setdefault(one, []).append(row)
    labels = [label.tobytes() for label in np.asarray(samples.y)]
    alike = [rows for rows in rows_of.values() if len({labels[row] for row in rows}) > 1]
    if samples.digests:
        alike = [rows for rows in alike if len({samples.digests[row] for row in rows}) > 1]
    if not alike:
        return []
    wrong = sum(len(rows) - max(Counter(labels[row] for row in rows).values()) for rows in alike)
    first = alike[0][0]
    other = next(row for row in alike[0] if labels[row] != labels[first])
    what = "labels" if samples.task == "multilabel" else "classes"
    count = sum(map(len, alike))
    return [
        f"the same inputs have different {what} in {count:,} of {len(inputs):,} samples, such as "
        f"{_labelled(samples, first)} and {_labelled(samples, other)}: no model can be right in more than "
        f"{100 * (len(inputs) - wrong) / len(inputs):.0f} % of all"
    ]


def _labelled(samples: Samples, row: int) -> str:
    y = np.atleast_1d(samples.y[row])
    places = np.flatnonzero(y) if samples.task == "multilabel" else y
    names = ", ".join(samples.classes[int(place)] for place in places) or "none"
    return f"{samples.names[row] if samples.names else f'sample {row} (from 0)'} ({names})"


def _again_in_test(inputs: list[bytes], parts: tuple[Indices, ...]) -> list[str]:
    """Say how many test samples have the numbers of a training sample; equal files are an error before."""
    if not len(parts[2]):
        return []
    known = {inputs[row] for row in parts[0]}
    again = sum(inputs[row] in known for row in parts[2])
    if again < _FEWEST_AGAIN * len(parts[2]):
        return []
    return [
        f"{again:,} of {len(parts[2]):,} test samples have the very inputs of a training sample: "
        "the test says little of new data"
    ]


def _each(chunk: NDArray[np.float32]) -> Iterator[bytes]:
    return (sha256(one.tobytes()).digest()[:16] for one in chunk)


def with_duplicates_together(samples: Samples) -> Samples:
    """Return samples whose groups also hold together what has the same bytes."""
    if not samples.digests:
        return samples
    groups = samples.groups or tuple(str(row) for row in range(len(samples.x)))
    leader = {group: group for group in groups}

    def find(group: str) -> str:
        while leader[group] != group:
            group = leader[group]
        return group

    first: dict[str, str] = {}
    for digest, group in zip(samples.digests, groups, strict=True):
        leader[find(group)] = find(first.setdefault(digest, group))
    return replace(samples, groups=tuple(find(group) for group in groups))
