# SPDX-License-Identifier: Apache-2.0
"""The arena over time: steps from left to right, addresses from the bottom up; as text and as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from toolkit.inspection.inspect import Block, Inspection

_ROWS = 16
_COLUMNS = 64
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_SHOWN_NAME = 44
COLORS = ("#2563eb", "#0f9d6c", "#ea6a1b", "#9333ea", "#be123c", "#0e7490", "#a16207", "#4d7c0f")
SCRATCH_COLOR = "#9aa5b4"
_WIDTH, _HEIGHT = 960, 480
_LEFT, _TOP, _RIGHT, _BOTTOM = 84, 34, 16, 110
_MARKS = 4


def arena_lines(inspection: Inspection) -> list[str]:
    """Return the picture for a terminal: a letter a block, a column a step, and who is which letter."""
    steps = len(inspection.layers)
    if not steps:
        return []
    names = {id(b): _LETTERS[i % len(_LETTERS)] for i, b in enumerate(inspection.blocks)}
    stride = -(-steps // _COLUMNS)
    size = inspection.arena_bytes / _ROWS
    wide = max(1, min(4, _COLUMNS // steps))
    lines = []
    for row in reversed(range(_ROWS)):
        low, high = row * size, (row + 1) * size
        cells = (_cell(inspection.blocks, step, low, high, names) * wide for step in range(0, steps, stride))
        lines.append(f"{round(high):>11,} |{''.join(cells)}".rstrip())
    lines.append(f"{0:>11,} +{'-' * (wide * -(-steps // stride))}")
    lines.append(" " * 13 + f"step 0 to {steps - 1}" + (f", each {stride}th" if stride > 1 else ""))
    return [*lines, *_legend(inspection.blocks, names)]


def _cell(blocks: Sequence[Block], step: int, low: float, high: float, names: dict[int, str]) -> str:
    """Return the letter of the block that has most of these addresses in a step, "." for none."""
    best, most = ".", 0.0
    for block in blocks:
        if block.first <= step <= block.last:
            shared = min(high, block.offset + block.bytes) - max(low, block.offset)
            if shared > most:
                best, most = names[id(block)], shared
    return best


def _legend(blocks: Sequence[Block], names: dict[int, str]) -> list[str]:
    lines = []
    for block in blocks:
        span = f"steps {block.first} to {block.last}"
        lines.append(
            f"  {names[id(block)]}  {block.bytes:>9,} B at {block.offset:>9,}  {span:<18} {short_name(block)}"
        )
    return lines


def short_name(block: Block) -> str:
    """Return the block's name, of a long one, which the converter joined from many, its end."""
    return block.name if len(block.name) <= _SHOWN_NAME else f"...{block.name[3 - _SHOWN_NAME :]}"


def color_of(place: int, block: Block) -> str:
    """Return the colour of a block in its place among the others."""
    return SCRATCH_COLOR if block.is_scratch else COLORS[place % len(COLORS)]


def title_of(inspection: Inspection) -> str:
    """Return what stands above the picture."""
    bound = f"lower bound {inspection.lower_bound_bytes:,} B"
    return f"{inspection.name}: arena {inspection.arena_bytes:,} B, {bound}"


def arena_svg(inspection: Inspection) -> str:
    """Return the picture as SVG; the same inspection gives the same text."""
    steps = max(len(inspection.layers), 1)
    across = (_WIDTH - _LEFT - _RIGHT) / steps
    up = (_HEIGHT - _TOP - _BOTTOM) / max(inspection.arena_bytes, 1)
    floor = _HEIGHT - _BOTTOM
    title = escape(_plain(title_of(inspection)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="11" fill="#1f2933">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14" font-weight="bold">{title}</text>',
    ]
    for mark in range(_MARKS + 1):
        size = inspection.arena_bytes * mark // _MARKS
        line = _number(floor - size * up)
        parts.append(f'<path d="M{_LEFT} {line}H{_WIDTH - _RIGHT}" stroke="#d9dee5"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{line}" text-anchor="end" dy="4">{size:,} B</text>')
    for place, block in enumerate(inspection.blocks):
        x, width = _LEFT + block.first * across, (block.last - block.first + 1) * across
        y, height = floor - (block.offset + block.bytes) * up, block.bytes * up
        about = f"{block.name}: {block.bytes:,} B at {block.offset:,}, steps {block.first} to {block.last}"
        place_text = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
        parts.append(
            f'<rect {place_text} fill="{color_of(place, block)}" fill-opacity="0.75" stroke="#ffffff">'
            f"<title>{escape(_plain(about))}</title></rect>"
        )
    for layer in inspection.layers:
        middle = _number(_LEFT + (layer.step + 0.5) * across)
        weight = ' font-weight="bold"' if layer.step == inspection.peak_step else ""
        parts.append(
            f'<text transform="translate({middle} {floor + 10}) rotate(45)" font-size="9"{weight}>'
            f"{layer.step} {escape(layer.kind)}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _plain(text: str) -> str:
    """Return text without the control characters that XML does not allow."""
    return "".join(c if c.isprintable() else "_" for c in text)
