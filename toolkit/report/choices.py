# SPDX-License-Identifier: Apache-2.0
"""What there is to choose between kernels, as rows of tables."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.verify.frontier import Point
from toolkit.verify.tuning import Tuned, TunedLayer

TUNED_HEADINGS = ("layer", "operator", "before", "cycles", "after", "cycles", "others")
POINT_HEADINGS = ("arena, B", "flash, B", "beyond weights, B", "instructions", "cycles", "made by")


def tuned_rows(tuned: Tuned) -> list[tuple[str, ...]]:
    """Return a row for each layer that has a choice."""
    return [_tuned_row(layer) for layer in tuned.layers if len(layer.cycles) > 1]


def tuned_text(tuned: Tuned) -> str:
    """Return what all layers take together, before and after."""
    return (
        f"{tuned.model} on {tuned.board}, {'as kept' if tuned.was_kept else 'measured in emulation'}: "
        f"before {tuned.cycles_before:,} cycles, arena {tuned.arena_before:,} B; "
        f"after {tuned.cycles_after:,} cycles, arena {tuned.arena_after:,} B"
    )


def point_rows(points: Sequence[Point]) -> list[tuple[str, ...]]:
    """Return a row for each point, with the options that make it again."""
    return [_point_row(point) for point in points]


def _tuned_row(layer: TunedLayer) -> tuple[str, ...]:
    others = [f"{n} {c:,}" for n, c in layer.cycles.items() if n not in (layer.before, layer.after)]
    chosen = [text for name in (layer.before, layer.after) for text in (name, f"{layer.cycles[name]:,}")]
    return (str(layer.index), layer.kind, *chosen, ", ".join(others))


def _point_row(point: Point) -> tuple[str, ...]:
    ram = "" if point.ram_bytes is None else f" --ram {point.ram_bytes}"
    return (
        f"{point.arena_bytes:,}",
        f"{point.flash_bytes:,}",
        f"{point.beyond_weights_bytes:,}",
        "-" if point.instructions is None else f"{point.instructions:,}",
        "-" if point.cycles is None else f"{point.cycles:,}",
        f"--optimize {point.goal}{ram}{' (in patches)' if point.is_in_patches else ''}",
    )
