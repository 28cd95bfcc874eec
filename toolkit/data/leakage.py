# SPDX-License-Identifier: Apache-2.0
"""The same file, or the same bytes, in two splits: a model would be tested on what it has learnt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from toolkit.data.dataset import SPLIT_NAMES, Indices, Samples
from toolkit.errors import InputError

_NAMED = 5


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
