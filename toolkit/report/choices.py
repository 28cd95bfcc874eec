# SPDX-License-Identifier: Apache-2.0
"""What there is to choose between kernels, as rows of tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolkit.timing.text import WITH_WAITS, modelled_text
from toolkit.verify.frontier import Point
from toolkit.verify.tuning import Tuned, TunedLayer

POINT_HEADINGS = ("arena, B", "flash, B", "beyond weights, B", "instructions", WITH_WAITS, "made by")
_LITTLE = 0.01
"""A share of a model's time that is not worth looking for."""


def tuned_headings(tuned: Tuned) -> tuple[str, ...]:
    """Return what stands above tuned_rows."""
    return ("layer", "operator", "before", tuned.unit, "after", tuned.unit, "others")


def tuned_rows(tuned: Tuned) -> list[tuple[str, ...]]:
    """Return a row for each layer that has a choice."""
    return [_tuned_row(layer) for layer in tuned.layers if len(layer.cycles) > 1]


def tuned_lines(tuned: Tuned) -> Iterator[str]:
    """Yield what all layers take together, before and after, and what follows from that."""
    before, after = tuned.cycles_before, tuned.cycles_after
    change = f" ({_change_text(before, after)})" if before and not tuned.has_patches else ""
    yield f"{tuned.model} on {tuned.board}, {'as kept' if tuned.was_kept else 'measured in emulation'}:"
    yield f"  before {_taken_text(tuned, before, tuned.milliseconds_before, tuned.arena_before)}"
    yield f"  after  {_taken_text(tuned, after, tuned.milliseconds_after, tuned.arena_after)}{change}"
    yield _verdict(tuned)


def _change_text(before: int, after: int) -> str:
    if before == after:
        return "the same time"
    return f"{100 * abs(after - before) / before:.2g} % {'less' if after < before else 'more'} time"


def _taken_text(tuned: Tuned, cycles: int, milliseconds: float | None, arena_bytes: int) -> str:
    time = (
        f", {modelled_text(milliseconds, tuned.latency_error, tuned.clock_hz)}"
        if milliseconds is not None
        else ""
    )
    return f"{cycles:,} {tuned.unit}{time}, arena {arena_bytes:,} B"


def _verdict(tuned: Tuned) -> str:
    """Return in a sentence whether it is worth to go on with kernels."""
    before, after, fastest = tuned.cycles_before, tuned.cycles_after, tuned.cycles_fastest
    if tuned.has_patches:
        return "Layers in patches are not among that: only whole layers are measured."
    if after - fastest >= _LITTLE * after:
        less = f"{100 * (after - fastest) / after:.2g} %"
        more = "more RAM (--ram)" if tuned.goal == "speed" else "more RAM or flash: --optimize speed"
        return f"Each layer's fastest kernel would take {less} less time, and {more}."
    if before - after >= _LITTLE * before:
        return "That is what the choice by measurement saves."
    return (
        "That is less than 1 %: the kernels are about as fast as they get. A smaller model is faster: "
        "tinyml prune, in a project."
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
