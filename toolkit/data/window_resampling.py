# SPDX-License-Identifier: Apache-2.0
"""Recordings in one table, brought to one rate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from toolkit.data.table import Columns
from toolkit.data.timeline import UNITS_S, resampled, trait_of, unit_of, why_not_resampled
from toolkit.data.window_channels import Real
from toolkit.data.window_options import WindowsOptions
from toolkit.errors import InputError

_LATE = 1e-6
"""Of a row: a moment that is a row's own may be computed so much before it."""


def resampled_columns(read: Columns, edges: list[int], changes: set[int], options: WindowsOptions) -> Columns:
    """Return read, whose first number is the time, at options.rate rows a second.

    edges are where recordings start and end; nothing is interpolated across them, a gap, or changes, the
    rows where a class begins. A row has the texts and the line of the row at its moment, or of the last
    before it. Raises InputError if the time cannot be used.
    """
    pieces: list[Real] = []
    for first, end in pairwise(edges):
        rows = read.numbers[first:end]
        trait = trait_of(rows[:, 0])
        unit = options.time_unit or unit_of(options.time, trait.high)
        reason, hint = why_not_resampled(options.time, unit, trait)
        if reason:
            raise InputError(f"{options.file} {reason}.", hint=hint)
        inside = {row - first for row in (*changes, *read.gaps) if first < row < end}
        numbered = np.column_stack([rows, np.arange(first, end)])
        pieces += resampled(numbered, options.rate, UNITS_S[unit], sorted({*trait.gaps, *inside}))
    if not pieces:
        return read
    together = np.concatenate(pieces)
    of = np.floor(together[:, -1] + _LATE).astype(np.int64).tolist()
    starts = np.cumsum([len(piece) for piece in pieces])[:-1].tolist()
    return Columns(
        together[:, :-1],
        tuple(read.texts[row] for row in of),
        tuple(read.lines[row] for row in of),
        read.broken,
        tuple(starts),
    )
