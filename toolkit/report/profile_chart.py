# SPDX-License-Identifier: Apache-2.0
"""A profile as a picture: a bar for each layer, as SVG."""

from __future__ import annotations

from html import escape

from toolkit.report.profile import LayerProfile, Profile

_WIDTH, _ROW, _TOP, _LEFT, _RIGHT = 960, 22, 40, 230, 190
_CORE, _WAITS = "#2563eb", "#ea6a1b"


def profile_svg(profile: Profile) -> str:
    """Return the chart: cycles of the core in blue, waits for flash behind them; else instructions."""
    widest = max((_taken(layer) for layer in profile.layers), default=1) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / widest
    height = _TOP + _ROW * len(profile.layers) + 10
    unit = "instructions" if profile.cycles is None else "cycles"
    waits = ", and in orange waits for flash" if profile.flash_wait_cycles else ""
    title = f"{profile.model} on {profile.board}: {unit}{waits}"
    rows = [
        text for place, layer in enumerate(profile.layers) for text in _row(layer, _TOP + _ROW * place, scale)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
            f'<text x="12" y="22" font-size="14">{escape(title)}</text>',
            *rows,
            "</svg>",
            "",
        ]
    )


def _taken(layer: LayerProfile) -> int:
    core = layer.instructions if layer.cycles is None else layer.cycles
    return (core or 0) + (layer.flash_wait_cycles or 0)


def _row(layer: LayerProfile, y: int, scale: float) -> list[str]:
    waits = layer.flash_wait_cycles or 0
    core = _taken(layer) - waits
    text = f"{_taken(layer):,}" + ("" if layer.milliseconds is None else f", {layer.milliseconds:.3g} ms")
    end = _LEFT + scale * (core + waits)
    return [
        f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">'
        f"{layer.index} {escape(layer.name[:30])}</text>",
        f'<rect x="{_LEFT}" y="{y + 3}" width="{scale * core:.1f}" height="{_ROW - 6}" fill="{_CORE}"/>',
        f'<rect x="{_LEFT + scale * core:.1f}" y="{y + 3}" width="{scale * waits:.1f}" '
        f'height="{_ROW - 6}" fill="{_WAITS}"/>',
        f'<text x="{end + 6:.1f}" y="{y + 14}">{text}</text>',
    ]
