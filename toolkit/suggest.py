# SPDX-License-Identifier: Apache-2.0
"""The nearest right names for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """Return "Did you mean a or b?" for the nearest names, else "Known: a, b, c."."""
    names = sorted(right)
    near = difflib.get_close_matches(wrong, names, n=2, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"Known: {', '.join(names)}."
