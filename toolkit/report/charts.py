# SPDX-License-Identifier: Apache-2.0
"""Line charts as SVG: in a page they take its colours, light or dark; alone they bring their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 440, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 430, 50, 214
_TICKS = 5
_MOST_POINTS = 400
_LETTER, _KEY = 6.4, 26
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_STYLE = (
    "svg{font:12px sans-serif;background:#fff}text{fill:#5b6776}.name{fill:#1f2933;font-weight:600}"
    ".grid{stroke:#e3e8ee}.line{fill:none;stroke-width:2}.line0{stroke:#2563eb}.line1{stroke:#ea6a1b}"
    ".line2{stroke:#0f9d6c}.wide{stroke-width:5;stroke-opacity:.35}.line3{stroke:#9333ea}.line4{stroke:#be123c}.dot{fill:#9aa5b4;stroke:none}"
)
Values = Sequence[float]


@dataclass(frozen=True)
class Line:
    """A named series; as points it has no line, wide it is drawn below a narrow one that may hide it."""

    label: str
    x: Values
    y: Values
    are_points: bool = False
    is_wide: bool = False


@dataclass(frozen=True)
class Chart:
    """Lines over one pair of axes. name is that of its file."""

    name: str
    title: str
    x_label: str
    lines: tuple[Line, ...]

    @property
    def svg(self) -> str:
        """The chart as an element of a page, which styles its classes."""
        return chart_svg(self)

    @property
    def file(self) -> str:
        """The chart as a file of its own."""
        text = chart_svg(self).replace(">", f"><style>{_STYLE}</style>", 1)
        return text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1) + "\n"


@dataclass(frozen=True)
class _Axis:
    """Numbers from low to high on pixels from start to end."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        step = _step((self.high - self.low) / _TICKS)
        first = math.ceil(self.low / step - 1e-9)
        count = math.floor(self.high / step + 1e-9) - first + 1
        return [(first + i) * step for i in range(count)]


def chart_svg(chart: Chart) -> str:
    """Return the chart as an SVG element, 440 by 250 in its own units. Numbers that are none are left out."""
    lines = [_finite(line) for line in chart.lines]
    x = _axis([v for line in lines for v in line.x], _LEFT, _RIGHT, margin=0.0)
    y = _axis([v for line in lines for v in line.y], _BOTTOM, _TOP, margin=0.05)
    parts = [_text(0, 14, chart.title, "name"), *_legend(chart.lines), *_grid(x, y)]
    parts += [_series(line, place, x, y) for place, line in enumerate(lines)]
    parts.append(_text((_LEFT + _RIGHT) / 2, _HEIGHT - 4, chart.x_label, "", "middle"))
    label = escape(_spoken(chart, lines), quote=True)
    head = f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    return "\n".join([f'{head} role="img" aria-label="{label}">', *parts, "</svg>"])


def wave_svg(channels: Sequence[Values], label: str) -> str:
    """Return a small picture of curves, a channel a line, all to one scale."""
    numbers = [v for line in channels for v in line if math.isfinite(v)]
    y = _axis(numbers, 96, 4, margin=0.05)
    parts = []
    for place, line in enumerate(channels):
        x = _axis([0, max(len(line) - 1, 1)], 2, 118, margin=0.0)
        points = [(x.at(i), y.at(v)) for i, v in enumerate(line) if math.isfinite(v)]
        parts.append(_polyline(points, place))
    head = '<svg class="wave" viewBox="0 0 120 100" role="img"'
    return f'{head} aria-label="{escape(label, quote=True)}">' + "".join(parts) + "</svg>"


def _finite(line: Line) -> Line:
    step = -(-len(line.x) // _MOST_POINTS) or 1
    kept = [pair for pair in zip(line.x, line.y, strict=True) if all(map(math.isfinite, pair))][::step]
    return Line(line.label, [x for x, _ in kept], [y for _, y in kept], line.are_points, line.is_wide)


def _axis(values: Values, start: float, end: float, *, margin: float) -> _Axis:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    reach = (high - low) or abs(high) or 1.0
    if low == high:
        low, high = low - reach / 2, high + reach / 2
    return _Axis(low - margin * reach, high + margin * reach, start, end)


def _step(least: float) -> float:
    scale = 10.0 ** math.floor(math.log10(least))
    return next(scale * step for step in _STEPS if scale * step >= least * (1 - 1e-9))


def _grid(x: _Axis, y: _Axis) -> list[str]:
    parts = []
    for value in y.ticks():
        place = y.at(value)
        parts.append(f'<path class="grid" d="M{_LEFT} {place:.1f}H{_RIGHT}"/>')
        parts.append(_text(_LEFT - 6, place + 4, _number(value), "", "end"))
    parts += [_text(x.at(value), _BOTTOM + 17, _number(value), "", "middle") for value in x.ticks()]
    return parts


def _series(line: Line, place: int, x: _Axis, y: _Axis) -> str:
    points = [(x.at(a), y.at(b)) for a, b in zip(line.x, line.y, strict=True)]
    if line.are_points:
        return "".join(f'<circle class="dot" cx="{a:.1f}" cy="{b:.1f}" r="2"/>' for a, b in points)
    return _polyline(points, place, is_wide=line.is_wide)


def _polyline(points: Sequence[tuple[float, float]], place: int, *, is_wide: bool = False) -> str:
    text = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    kind = f"line line{place % 5}{' wide' if is_wide else ''}"
    return f'<polyline class="{kind}" points="{text}"/>'


def _legend(lines: Sequence[Line]) -> list[str]:
    parts, x = [], 0.0
    for place, line in enumerate(lines):
        if not line.label:
            continue
        if line.are_points:
            parts.append(f'<circle class="dot" cx="{x + 8:.1f}" cy="30" r="3"/>')
        else:
            parts.append(f'<path class="line line{place % 5}" d="M{x:.1f} 30h16"/>')
        parts.append(_text(x + 22, 34, line.label, ""))
        x += _KEY + 12 + _LETTER * len(line.label)
    return parts


def _spoken(chart: Chart, lines: Sequence[Line]) -> str:
    ends = [f"{line.label} ends at {_number(line.y[-1])}" for line in lines if line.y and not line.are_points]
    return "; ".join([f"{chart.title} over {chart.x_label}", *ends])


def _number(value: float) -> str:
    return f"{0.0 if abs(value) < 1e-12 else value:.4g}"


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    name = f' class="{kind}"' if kind else ""
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text{name} {where}>{escape(text)}</text>"
