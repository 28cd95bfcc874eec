# SPDX-License-Identifier: Apache-2.0
"""What a confusion matrix says of each class, and what no model at all would reach."""

from __future__ import annotations

from collections.abc import Sequence

Counts = Sequence[Sequence[int]]


def chance_of(confusion: Counts | None) -> float | None:
    """Return the share of the commonest true class, a row each; None without samples."""
    rows = [sum(row) for row in confusion or ()]
    return max(rows) / sum(rows) if sum(rows) else None
