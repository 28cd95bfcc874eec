# SPDX-License-Identifier: Apache-2.0
"""The picture of the arena as a file's bytes: SVG by ourselves, PNG by matplotlib."""

from __future__ import annotations

from toolkit.errors import UsageError
from toolkit.inspection.arena_picture import arena_svg, color_of, title_of
from toolkit.inspection.inspect import Inspection
from toolkit.plots import Bar, bars_png


def picture_bytes(inspection: Inspection, suffix: str) -> bytes:
    """Return the arena over time as .svg or .png; equal inspections give equal bytes.

    Raises UsageError for another suffix, ToolMissingError for .png without matplotlib.
    """
    if suffix.lower() == ".svg":
        return arena_svg(inspection).encode("utf-8")
    if suffix.lower() != ".png":
        raise UsageError(f"a picture is .svg or .png, not {suffix or 'without an ending'!r}.")
    bars = [
        Bar(block.first, block.last + 1, block.offset, block.bytes, color_of(place, block))
        for place, block in enumerate(inspection.blocks)
    ]
    return bars_png(bars, [f"{layer.step} {layer.kind}" for layer in inspection.layers], title_of(inspection))
