# SPDX-License-Identifier: Apache-2.0
"""A recording's file as rows of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.data.dataset import Broken
from toolkit.data.decode import BrokenFileError
from toolkit.data.table import parse_table, read_columns
from toolkit.data.timeline import UNITS_S, resampled, trait_of, unit_of, why_not_resampled
from toolkit.data.window_channels import Real
from toolkit.data.window_options import WindowsOptions
from toolkit.errors import InputError


def decode_recording(content: bytes, options: WindowsOptions, wanted: Sequence[str]) -> Real:
    """Return the columns of a table (rows, columns); NaN where rows are missing."""
    try:
        table = parse_table("it", content, options.form, options.known)
        read = read_columns(table, wanted, (), times=(options.time,) if options.time in wanted else ())
    except InputError as error:
        raise BrokenFileError(as_reason(error, "it"), error.hint or "") from error
    if read.broken and options.broken_rows == "error":
        raise _broken_row(read.broken, some_left=bool(read.lines))
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


def _broken_row(broken: Sequence[Broken], some_left: bool) -> BrokenFileError:
    first = broken[0]
    more = f" (and {len(broken) - 1:,} more rows)" if len(broken) > 1 else ""
    gap = 'Try: broken_rows = "gap" in the section [data.options] takes such rows as missing'
    line = first.name.rpartition(":")[2]
    return BrokenFileError(f"line {line}: {first.reason}{more}", first.hint or (gap if some_left else ""))


def as_reason(error: InputError, name: str) -> str:
    """Return an error about a table called name to stand behind another name of it."""
    return error.message.removeprefix(f"{name}:").removeprefix(name).strip().rstrip(".")
