# SPDX-License-Identifier: Apache-2.0
"""Tables of the report's page, and how numbers stand in them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first column names the row, the others are numbers."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def number_text(value: float | None) -> str:
    """Return a whole number with thousands separated, and a dash for none."""
    return "–" if value is None else f"{value:,.0f}"
