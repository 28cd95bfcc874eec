# SPDX-License-Identifier: Apache-2.0
"""A recording's file as rows of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.data.dataset import Broken
from toolkit.data.decode import BrokenFileError
from toolkit.data.source import OnBroken
from toolkit.data.table import Columns, parse_table, read_columns
from toolkit.data.timeline import UNITS_S, resampled, trait_of, unit_of, why_not_resampled
from toolkit.data.unused import text_columns_hint
from toolkit.data.window_channels import Real
from toolkit.data.window_options import WindowsOptions
from toolkit.errors import InputError

_FEWEST = 0.1
"""Of all rows: where fewer can be read, what is broken is how they are read, and gaps do not mend that."""


def decode_recording(
    content: bytes, options: WindowsOptions, wanted: Sequence[str], on_broken: OnBroken | None = None
) -> Real:
    """Return the columns of a table (rows, columns); NaN where rows are missing.

    Rows that cannot be read are missing too where on_broken hears of them.
    """
    try:
        table = parse_table("it", content, options.form, options.known)
        read = read_columns(table, wanted, (), times=(options.time,) if options.time in wanted else ())
    except InputError as error:
        raise BrokenFileError(as_reason(error, "it"), error.hint or "") from error
    if read.broken and not len(read.lines) > _FEWEST * (len(read.broken) + len(read.lines)):
        texts = text_columns_hint(table, wanted, options.time)
        raise _nearly_all_broken(read, texts)
    if read.broken and options.broken_rows == "error":
        if on_broken is None:
            raise _broken_row(read.broken)
        on_broken(f"{_broken_row(read.broken)}: taken as missing")
    rows = np.insert(read.numbers, list(read.gaps), np.nan, axis=0) if read.gaps else read.numbers
    if not options.rate or options.time not in wanted:
        return rows
    trait = trait_of(rows[:, 0])
    unit = options.time_unit or unit_of(options.time, trait.high)
    reason, hint = why_not_resampled(options.time, unit, trait)
    if reason:
        raise BrokenFileError(reason, hint)
    missing = np.flatnonzero(np.isnan(rows[:, 0])).tolist()
    breaks = sorted({*trait.gaps, *missing, *(row + 1 for row in missing)})
    apart = np.full((1, rows.shape[1]), np.nan)
    pieces = resampled(rows, options.rate, UNITS_S[unit], breaks)
    return np.concatenate([part for piece in pieces for part in (piece, apart)][:-1] or [rows[:0]])


def _nearly_all_broken(read: Columns, hint: str) -> BrokenFileError:
    count, first = len(read.broken), read.broken[0]
    rows = count + len(read.lines)
    of = f"none of its {rows:,} rows" if count == rows else f"only {len(read.lines):,} of its {rows:,} rows"
    line = first.name.rpartition(":")[2]
    return BrokenFileError(f"{of} can be read; line {line}: {first.reason}", hint or first.hint or "")


def _broken_row(broken: Sequence[Broken]) -> BrokenFileError:
    first = broken[0]
    more = f" (and {len(broken) - 1:,} more rows)" if len(broken) > 1 else ""
    gap = 'Try: broken_rows = "gap" in the section [data.options] takes such rows as missing'
    line = first.name.rpartition(":")[2]
    return BrokenFileError(f"line {line}: {first.reason}{more}", first.hint or gap)


def as_reason(error: InputError, name: str) -> str:
    """Return an error about a table called name to stand behind another name of it."""
    return error.message.removeprefix(f"{name}:").removeprefix(name).strip().rstrip(".")
