# SPDX-License-Identifier: Apache-2.0
"""An inspection as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from toolkit.inspection.arena_picture import arena_lines, short_name
from toolkit.inspection.inspect import Inspection


def inspection_lines(
    inspection: Inspection, times: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """Yield everything a person wants to read of an inspection; times is of an inference, by board."""
    yield from inspection.ends
    yield ""
    yield from _layers(inspection)
    yield ""
    yield from _memory(inspection)
    yield ""
    yield from arena_lines(inspection)
    if inspection.largest_flash:
        yield "\nLargest weights:"
        for layer in inspection.largest_flash:
            yield f"  {layer.weights_bytes:>9,} B  step {layer.step}, {layer.kind}"
    if inspection.boards and not inspection.refusal:
        yield "\nBoards (estimates; tinyml build has the exact sizes):"
        yield from _boards(inspection)
    if times:
        yield "\nAn inference (docs/cycle-model.md):"
        yield from (f"  {line}" for line in _aligned([*times.items()], left=(0, 1)))
    yield from (f"  {line}" for line in inspection.advice)
    if inspection.refusal:
        yield f"\nCannot be compiled: {inspection.refusal}"
        yield from (f"  {line}" for line in inspection.refusal_hint.splitlines())


def _layers(inspection: Inspection) -> list[str]:
    rows: list[tuple[str, ...]] = [("step", "operator", "reads", "writes", "MACs", "weights", "arena")]
    for layer in inspection.layers:
        kind = f"! {layer.kind}" if layer.problems else layer.kind
        macs = "-" if layer.problems else f"{layer.macs:,}"
        numbers = (macs, f"{layer.weights_bytes:,} B", f"{layer.live_bytes:,} B")
        rows.append((str(layer.step), kind, " ".join(layer.reads), " ".join(layer.writes), *numbers))
    return _aligned(rows, left=(1, 2, 3))


def _memory(inspection: Inspection) -> Iterator[str]:
    arena, bound = inspection.arena_bytes, inspection.lower_bound_bytes
    above = f", {100 * (arena - bound) / bound:.1f} % above it" if arena > bound else ", reached"
    least = ", no plan is smaller" if inspection.arena_is_least and arena > bound else ""
    estimate = " (estimate, without working memory)" if inspection.arena_is_estimate else ""
    unknown = ", ".join(dict.fromkeys(layer.kind for layer in inspection.layers if layer.problems))
    without = f" (those of {unknown} are not counted)" if unknown else ""
    yield f"{inspection.macs:,} MACs{without}, weights {inspection.weights_bytes:,} B"
    if inspection.dropped:
        yield f"channels: {inspection.dropped}"
        if inspection.dropped.advice:
            yield f"  {inspection.dropped.advice}"
    if inspection.streaming:
        yield from inspection.streaming.lines()
    yield f"arena {arena:,} B{estimate}; lower bound {bound:,} B{above}{least}"
    if inspection.layers:
        yield f"fullest at step {inspection.peak_step}, {inspection.layers[inspection.peak_step].kind}:"
    yield from (f"  {block.bytes:>9,} B  {short_name(block)}" for block in inspection.largest_ram)


def _boards(inspection: Inspection) -> list[str]:
    rows: list[tuple[str, ...]] = [("board", "fits", "flash", "of", "RAM", "of", "input")]
    for fit in inspection.boards:
        sizes = (fit.flash_bytes, fit.flash_limit_bytes, fit.ram_bytes, fit.ram_limit_bytes)
        words = ("yes" if fit.fits else "NO", "kept" if fit.keeps_input else "once")
        rows.append((fit.board, words[0], *(f"{size:,} B" for size in sizes), words[1]))
    return [f"  {line}" for line in _aligned(rows, left=(0, 1, 6))]


def _aligned(rows: Sequence[Sequence[str]], left: Sequence[int]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
