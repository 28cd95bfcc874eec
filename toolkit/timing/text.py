# SPDX-License-Identifier: Apache-2.0
"""Modelled milliseconds as text: never without their error."""

from __future__ import annotations

WITH_WAITS = "cycles with waits"
"""What cycles are called where those that the core waits for flash are among them."""


def modelled_text(milliseconds: float, error: float | None, clock_hz: int) -> str:
    """Return modelled milliseconds for a person, always with how far they may be off."""
    return f"{digits(milliseconds)} ms {error_text(error, f'{clock_hz / 1e6:g} MHz')}"


def digits(milliseconds: float) -> str:
    """Return three digits of milliseconds, or all before the point."""
    return f"{milliseconds:.3g}" if milliseconds < 999.5 else f"{milliseconds:,.0f}"


def error_text(error: float | None, clock: str = "") -> str:
    """Return how far modelled milliseconds may be off, as what stands behind them: +- 9 % (modelled)."""
    notes = ["modelled", *([clock] if clock else []), *(["error not known"] if error is None else [])]
    return f"{'' if error is None else f'+- {100 * error:.0f} % '}({', '.join(notes)})"
