# SPDX-License-Identifier: Apache-2.0
"""Columns of a table that no model sees: which are text, which rise as a time does, which are not used."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from itertools import islice

import numpy as np

from toolkit.data.form import TableForm, is_number
from toolkit.data.table import Table
from toolkit.data.timeline import trait_of

_ROWS = 1000
"""Rows that are looked at."""
_SHOWN = 8


def unused_note(table: Table, used: Collection[str]) -> list[str]:
    """Return a line that names the columns that are not used, where options name the inputs."""
    unused = [name for name in table.columns if name not in used]
    if not unused:
        return []
    kinds = _kinds(table, unused[:_SHOWN])
    shown = ", ".join(f"{name} ({kind})" if kind else name for name, kind in kinds.items())
    more = f" and {len(unused) - _SHOWN:,} more" if len(unused) > _SHOWN else ""
    return [f"not among columns, so not used: {shown}{more}"]


def rising_note(name: str) -> str:
    """Return what to say of an input that columns names, although it only rises."""
    return (
        f"{name} is an input, because columns names it; but it only rises, as a time or an index does: "
        "leave it out of columns"
    )


def text_columns_hint(table: Table, names: Sequence[str], time: str | None = None) -> str:
    """Return the options that leave out those of names that are text, "" if none is.

    time is the option of that name, None if there is none; where it is empty, the first column that only
    rises is named as it.
    """
    kinds = _kinds(table, [name for name in names if name != time])
    texts = [name for name, kind in kinds.items() if kind == "text"]
    if not texts or len(texts) == len(kinds):
        return ""
    rising = [name for name, kind in kinds.items() if kind == "only rises"]
    columns = [name for name in kinds if name not in texts and name not in rising]
    options = [f"time = {json.dumps(rising[0], ensure_ascii=False)}"] if rising and time == "" else []
    shown = json.dumps(columns[:_SHOWN], ensure_ascii=False)
    shown = shown if len(columns) <= _SHOWN else shown.replace("]", ", ...]")
    options.append(f"columns = {shown}")
    what = (
        f"column {texts[0]} is text" if len(texts) == 1 else f"columns {', '.join(texts[:_SHOWN])} are text"
    )
    pronoun = "it" if len(texts) == 1 else "them"
    return (
        f"Try: {' and '.join(options)} in the section [data.options]: {what}, leave {pronoun} out of columns"
    )


def _kinds(table: Table, names: Sequence[str]) -> dict[str, str]:
    """Return "text", "only rises" or "" for each column."""
    rows = [row for _, row in islice(table.rows(), _ROWS) if len(row) >= len(table.columns)]
    places = table.places(names)
    return {
        name: _kind([row[place].strip() for row in rows], table.form)
        for name, place in zip(names, places, strict=True)
    }


def _kind(cells: Sequence[str], form: TableForm) -> str:
    numbers = [float(c.replace(form.decimal, ".")) for c in cells if is_number(c, form.decimal)]
    if 2 * len(numbers) < len([c for c in cells if c]):
        return "text"
    return "only rises" if trait_of(np.array(numbers)).rises else ""
