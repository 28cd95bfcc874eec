# SPDX-License-Identifier: Apache-2.0
"""Numbers that float32 does not hold: 1e9 + 0.5 and 1e9 + 1.5 are one number to a board, 1e300 is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError

Real = NDArray[np.float64]
_STEPS = 64
"""A range of fewer steps of float32 is refused; one of fewer steps of float64 is that type's own rounding."""
_CHUNK_BYTES = 4 << 20
_NAMED = 5
_LARGEST = float(np.finfo(np.float32).max)


def _ranges(x: NDArray[Any]) -> tuple[Real, Real]:
    """Return the least and the greatest number of each column, the last axis of x (n, ...), in float64.

    A column with NaN has NaN. A few megabytes are in memory at a time.
    """
    step = max(_CHUNK_BYTES // max(x[:1].nbytes, 1), 1)
    lows, highs = [], []
    for start in range(0, len(x), step):
        part = x[start : start + step].astype(np.float64)
        flat = part.reshape(-1, part.shape[-1]) if part.ndim > 1 else part.reshape(-1, 1)
        lows.append(flat.min(axis=0))
        highs.append(flat.max(axis=0))
    return np.min(lows, axis=0), np.max(highs, axis=0)


def _are_lost(low: Real, high: Real) -> NDArray[np.bool_]:
    """Return for ranges of numbers whether float32 keeps too little of what lies between their ends."""
    with np.errstate(over="ignore", invalid="ignore"):
        largest, span = np.maximum(np.abs(low), np.abs(high)), high - low
        return np.asarray(
            (span > _STEPS * np.spacing(largest)) & (span < _STEPS * np.spacing(largest.astype(np.float32)))
        )


def require_precision(x: NDArray[Any], what: str, columns: Sequence[str] = ()) -> None:
    """Raise InputError if a column of x (n, ...), which will be float32, would lose what it tells.

    Or if x has finite numbers beyond float32's range.

    what x is begins the sentence; columns are the names of its columns.
    """
    if not x.size or x.dtype.itemsize < 4 or x.dtype == np.float32:
        return
    require_ranges(*_ranges(x), what, columns)


def require_ranges(low: Real, high: Real, what: str, columns: Sequence[str] = ()) -> None:
    """Raise InputError as require_precision does, for columns whose numbers go from low to high."""
    largest = np.maximum(np.abs(low), np.abs(high))
    if (np.isfinite(largest) & (largest > _LARGEST)).any():
        raise InputError(
            f"{what}: numbers up to {np.nanmax(largest):.3g} are too large: float32, in which models "
            f"compute, ends at {_LARGEST:.3g}.",
            hint="Try: another unit, or their logarithm, here and on the board",
        )
    lost = np.flatnonzero(_are_lost(low, high))
    if not len(lost):
        return
    names = [columns[place] if columns else str(place) for place in lost[:_NAMED].tolist()]
    more = f" and {len(lost) - _NAMED:,} more" if len(lost) > _NAMED else ""
    some = f"{', '.join(names)}{more}"
    where = f" of the column{'s' if len(lost) > 1 else ''} {some}" if columns or len(low) > 1 else ""
    a, b = float(low[lost[0]]), float(high[lost[0]])
    raise InputError(
        f"{what}{where}: numbers at {a:.10g} that differ by {b - a:.3g} at most: float32, in which models "
        f"compute, holds steps of {np.spacing(np.float32(max(abs(a), abs(b)))):.3g} there.",
        hint=f"Try: subtract an offset such as {a:.10g} from {'each' if len(lost) > 1 else 'it'} first, "
        "here and on the board, or leave out such a column",
    )
