# SPDX-License-Identifier: Apache-2.0
"""Splits that the user gives: text files with one file name a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from toolkit.data.dataset import SPLIT_NAMES, Samples
from toolkit.data.places import as_listed, read_text
from toolkit.errors import InputError
from toolkit.project.config import SplitLists

_NAMED = 5


def with_lists(samples: Samples, lists: SplitLists, root: Path) -> Samples:
    """Return samples with the parts that the lists give; the lists' paths are relative to root.

    Raises InputError for a name that is in two lists, is not among the data or leads out of them.
    """
    wanted = {name: getattr(lists, name) for name in SPLIT_NAMES if getattr(lists, name)}
    if not wanted:
        return samples
    if not samples.names:
        raise InputError("these data are not files, so lists cannot divide them.", hint="Try: split instead")
    part_of: dict[str, int] = {}
    known = set(samples.names)
    for name, file in wanted.items():
        entries = [as_listed(line) for line in read_text(root / file).splitlines() if line.strip()]
        _require_known(file, entries, known)
        for entry in entries:
            if part_of.setdefault(entry, SPLIT_NAMES.index(name)) != SPLIT_NAMES.index(name):
                raise InputError(
                    f"{entry} is in two lists: {SPLIT_NAMES[part_of[entry]]} and {name}.",
                    hint=f"Try: take it out of {file}",
                )
    return replace(samples, parts=np.array([part_of.get(name, -1) for name in samples.names], np.int64))


def _require_known(file: str, entries: list[str], known: set[str]) -> None:
    missing = [entry for entry in entries if entry not in known]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise InputError(
            f"{file} names what is not among the data: {', '.join(missing[:_NAMED])}{more}.",
            hint="Try: names relative to the data folder, such as cat/01.png",
        )
