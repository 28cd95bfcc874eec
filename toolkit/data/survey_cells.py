# SPDX-License-Identifier: Apache-2.0
"""What the cells of a column look like: why they are no numbers, or might be other numbers than they seem."""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolkit.data.form import is_number

_LOOKS = (
    (r"[-+]?[\d.,\s]*\d\s*%", "percent signs"),
    (
        r"[-+]?([1-9]\d{0,2}([,.'\u2019\u00a0\u202f ]\d{3})+([.,]\d+)?|\d{1,3}(\.\d+)?)",
        "thousands separators",
    ),
    (r"[^\w\s]?\s*[-+]?\d[\d.,]*\s*[A-Za-z\u00b0\u20ac$\u00b5/]+\d*", "units behind the numbers"),
    (r"[$\u20ac\u00a3]\s*[-+]?\d[\d.,]*", "signs of a currency"),
    (r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ].*)?|\d{1,2}:\d{2}(:\d{2}.*)?", "dates or times"),
    (r"(?i)true|false|yes|no", "yes and no"),
    (r"[-+]?\d*,\d+", "decimal commas"),
    (r"[-+\u2212\u2012\u2013]?\d*\.?\d+", "minus signs other than -"),
)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}([.,]\d{3})+")
_WHOLE = re.compile(r"[-+]?\d{1,3}")
_FEWEST = 5


def described(name: str, cells: Sequence[str]) -> str:
    """Return a column of text with one of its cells, and what keeps it from being numbers."""
    full = [cell for cell in cells if cell]
    example = next((cell for cell in full if not is_number(cell)), next(iter(full), ""))
    shown = example if len(example) <= 30 else example[:27] + "..."
    for pattern, what in _LOOKS:
        if full and all(re.fullmatch(pattern, cell) for cell in full):
            return f"{name} ({what}, such as {shown!r})"
    return f"{name} (such as {shown!r})"


def may_be_thousands(cells: Sequence[str]) -> str:
    """Return a cell such as 1.054 if all of a column that have a point have three digits behind it."""
    grouped = [cell for cell in cells if _GROUPED.fullmatch(cell)]
    if len(grouped) < _FEWEST or not all(_GROUPED.fullmatch(c) or _WHOLE.fullmatch(c) for c in cells if c):
        return ""
    return grouped[0]
