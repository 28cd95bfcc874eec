# SPDX-License-Identifier: Apache-2.0
"""Plots as PNG: equal data give equal bytes. All but pixels_png need matplotlib, of the extra `train`."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.extras import load_extra

_INK, _FAINT = "#1f2933", "#d9dee5"
_BLUE, _ORANGE, _POINTS = "#2563eb", "#ea6a1b", "#9aa5b4"
_LINES = (_BLUE, _ORANGE, "#0f9d6c", "#9333ea", "#be123c")
_STYLE = {
    "axes.edgecolor": _FAINT,
    "axes.grid": True,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "grid.color": "#eef1f5",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_DPI = 150
Values = Sequence[float]


@dataclass(frozen=True)
class Bar:
    """A rectangle from the step first up to the step end, of height bytes above bottom."""

    first: int
    end: int
    bottom: int
    height: int
    color: str


def runs_png(runs: Sequence[tuple[str, Values, Values | None]], metric: str, title: str) -> bytes:
    """Return the curves of several runs, (label, training losses, scores by epoch), in two panels.

    Scores are of validation; a run without them has a loss only. The scale of the losses is logarithmic where
    they differ by more than a power of ten.
    """
    with _style():
        figure, (left, right) = _figure(9.6, 3.8, columns=2)
        for number, (label, losses, scores) in enumerate(runs):
            color, dash = _LINES[number % len(_LINES)], ("-", "--", ":", "-.")[number // len(_LINES) % 4]
            for axes, values in ((left, losses), (right, scores)):
                if values:
                    epochs = range(1, len(values) + 1)
                    axes.plot(epochs, values, color=color, linestyle=dash, label=_plain(label))
        everything = [value for _, losses, _ in runs for value in losses]
        if min(everything) > 0 and max(everything) > 10 * min(everything):
            left.set_yscale("log")
        left.set_title("training loss")
        right.set_title(f"validation {metric}")
        for axes in (left, right):
            axes.set_xlabel("epoch")
        (right if right.lines else left).legend(fontsize=7.5)
        figure.suptitle(_plain(title), x=0.01, ha="left", fontsize=11, fontweight="bold")
        return _png(figure)


def bars_png(bars: Sequence[Bar], steps: Sequence[str], title: str) -> bytes:
    """Return bars over named steps: an arena in the course of an inference."""
    with _style():
        figure, (axes,) = _figure(min(6 + 0.2 * len(steps), 24.0), 5.0)
        for bar in bars:
            width = bar.end - bar.first
            axes.bar(
                bar.first, bar.height, width, bar.bottom, align="edge", color=bar.color, edgecolor="white"
            )
        axes.set_axisbelow(True)
        axes.set_title(_plain(title))
        axes.set_ylabel("bytes")
        axes.set_xticks([i + 0.5 for i in range(len(steps))], steps, rotation=90, fontsize=7)
        return _png(figure)


def worths_png(thresholds: Values, missed: Values, false: Values, what: str, chosen: float) -> bytes:
    """Return the percentage of events missed and the false accepts, called what, over the threshold.

    missed is empty where there was nothing to miss.
    """
    shown = [(false, _ORANGE, what)]
    if missed:
        shown.insert(0, (missed, _BLUE, "missed, %"))
    with _style():
        figure, panels = _figure(4.2 * len(shown), 3.1, columns=len(shown))
        for axes, (values, color, title) in zip(panels, shown, strict=True):
            axes.plot(thresholds, values, color=color, marker="o", markersize=3)
            axes.axvline(chosen, color=_POINTS, linewidth=1, linestyle="--", label=f"threshold {chosen:g}")
            axes.set_title(title)
            axes.set_xlabel("threshold")
            axes.set_ylim(bottom=0)
            axes.legend()
        return _png(figure)


def mosaic_png(rows: Sequence[tuple[str, NDArray[Any]]], title: str) -> bytes:
    """Return pictures (n, height, width, 1 or 3) in rows with names.

    Black is 0 and white 1, or the least and the greatest value if they lie beyond.
    """
    low, high = _range(rows)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    columns = max(len(pictures) for _, pictures in rows)
    height, width = rows[0][1].shape[1:3]
    sheet = np.ones((len(rows) * (height + 1), columns * (width + 1), 3), np.float32)
    for row, (_, pictures) in enumerate(rows):
        for column, picture in enumerate(pictures):
            y, x = row * (height + 1), column * (width + 1)
            sheet[y : y + height, x : x + width] = (picture - low) / max(high - low, 1e-9)
    with _style():
        tall = min(8.4 * sheet.shape[0] / sheet.shape[1] + 0.6, 40.0)
        figure, (axes,) = _figure(8.4, max(tall, 1.5))
        axes.imshow(sheet, interpolation="nearest")
        axes.set_yticks([row * (height + 1) + height / 2 for row in range(len(rows))], _names(rows))
        axes.set_xticks([])
        axes.grid(False)
        axes.set_title(_plain(title))
        return _png(figure)


def are_pictures(shape: Sequence[int]) -> bool:
    """Return whether samples of this shape can be looked at as pictures."""
    return len(shape) == 3 and shape[2] in (1, 3)


def as_pictures(x: NDArray[Any], source: str) -> NDArray[Any]:
    """Return x (n, height, width, channels) of a data source as it is looked at: features of sound with
    the time from left to right, low notes below.
    """
    return x.transpose(0, 2, 1, 3)[:, ::-1] if source == "audio_folder" else x


def pixels_png(picture: NDArray[Any]) -> bytes:
    """Return a picture (height, width, 1 or 3) pixel by pixel: 0 is black and 1 white, or its least and
    greatest value if they lie beyond. Source: PNG specification, third edition.
    """
    low, high = _range([("", picture)])
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    pixels = np.rint((picture - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@dataclass(frozen=True)
class MapRow:
    """Heat maps side by side, each (height, width) or None where there is none, with their name and a note.

    All but the last have one scale of colours, which has 0 in it; the last is a difference, from 0 on.
    """

    name: str
    note: str
    maps: tuple[NDArray[Any] | None, ...]


def maps_png(rows: Sequence[MapRow], columns: Sequence[str], title: str) -> bytes:
    """Return heat maps in rows, under the names of their columns."""
    with _style():
        width, height = 2.1 * len(columns) + 1.6, 0.6 + 1.5 * len(rows)
        figure, panels = _figure(width, height, columns=len(columns), heights=(1,) * len(rows), one_x=False)
        for place, axes in enumerate(panels):
            row, column = divmod(place, len(columns))
            _show_map(axes, rows[row].maps, column)
            if row == 0:
                axes.set_title(columns[column], fontsize=9)
            if column == 0:
                text = _plain(f"{rows[row].name}\n{rows[row].note}")
                axes.set_ylabel(text, rotation=0, ha="right", va="center", fontsize=8)
        figure.suptitle(_plain(title), x=0.01, ha="left", fontsize=11, fontweight="bold")
        return _png(figure)


def _show_map(axes: Any, maps: Sequence[NDArray[Any] | None], column: int) -> None:
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    shown = maps[column]
    if shown is None:
        axes.text(0.5, 0.5, "-", transform=axes.transAxes, ha="center", va="center", color=_POINTS)
        return
    is_difference = column == len(maps) - 1
    others = [shown] if is_difference else [each for each in maps[:-1] if each is not None]
    low = min(0.0, *(float(np.nanmin(each)) for each in others))
    high = max(0.0, *(float(np.nanmax(each)) for each in others))
    axes.imshow(
        shown,
        cmap="magma" if is_difference else "viridis",
        vmin=low,
        vmax=max(high, low + 1e-12),
        interpolation="nearest",
        aspect="equal" if max(shown.shape) < 4 * min(shown.shape) else "auto",
    )


def waves_png(rows: Sequence[tuple[str, NDArray[Any]]], title: str) -> bytes:
    """Return curves (n, length, channels) in rows with names, one sample a plot, all to one scale."""
    columns = max(len(samples) for _, samples in rows)
    with _style():
        figure, panels = _figure(
            8.4, min(0.5 + 1.1 * len(rows), 44.0), columns=columns, heights=(1,) * len(rows)
        )
        low, high = _range(rows)
        for place, axes in enumerate(panels):
            name, samples = rows[place // columns]
            margin = 0.05 * (high - low) or max(abs(low), 1e-6) * 1e-3  # of what is all the same too
            axes.set_ylim(low - margin, high + margin)
            axes.set_yticks([])
            if place % columns == 0:
                axes.set_ylabel(_plain(name), rotation=0, ha="right", va="center")
            if place % columns < len(samples):
                axes.plot(samples[place % columns], linewidth=0.8)
        figure.suptitle(_plain(title), x=0.01, ha="left", fontsize=11, fontweight="bold")
        return _png(figure)


def points_png(x: Values, y: Values, title: str) -> bytes:
    """Return y over x as points."""
    with _style():
        figure, (axes,) = _figure(8.4, 3.6)
        axes.scatter(x, y, s=12, color=_POINTS, alpha=0.7, linewidths=0)
        axes.set_title(_plain(title))
        axes.set_xlabel("x")
        axes.set_ylabel("y")
        return _png(figure)


@dataclass(frozen=True)
class Trade:
    """A point of a front: score and what it costs, one number a panel; name is written beside it."""

    score: float
    costs: tuple[float, ...]
    name: str = ""
    is_best: bool = False
    is_chosen: bool = False


def trades_png(trades: Sequence[Trade], costs: Sequence[str], score: str, title: str) -> bytes:
    """Return scores over each of the costs, a panel each; the best are joined by no line, as others may be
    between them in another panel.
    """
    with _style():
        figure, panels = _figure(4.2 * len(costs), 3.8, columns=len(costs))
        for number, (axes, name) in enumerate(zip(panels, costs, strict=True)):
            for best, color, label in ((False, _POINTS, "others"), (True, _BLUE, "not beaten by any")):
                kind = [trade for trade in trades if trade.is_best == best]
                x, y = [trade.costs[number] for trade in kind], [trade.score for trade in kind]
                axes.scatter(x, y, s=22, color=color, linewidths=0, label=label)
            for trade in trades:
                place = (trade.costs[number], trade.score)
                if trade.is_chosen:
                    axes.scatter(
                        *place, s=90, facecolors="none", edgecolors=_ORANGE, linewidths=1.6, label="chosen"
                    )
                if trade.name:
                    axes.annotate(trade.name, place, (4, 3), textcoords="offset points", fontsize=7.5)
            _spread(axes, [trade.costs[number] for trade in trades])
            axes.set_xlabel(name)
        panels[0].set_ylabel(score)
        panels[0].legend(loc="lower right")
        figure.suptitle(_plain(title), x=0.01, ha="left", fontsize=11, fontweight="bold")
        return _png(figure)


def strips_png(rows: Mapping[str, Values], what: str, title: str, *, in_powers: bool = False) -> bytes:
    """Return numbers as points, a row for each name, with a line at the mean of each.

    in_powers gives the axis powers of ten, and the line is at the geometric mean.
    """
    with _style():
        figure, (axes,) = _figure(8.4, 1.1 + 0.26 * len(rows))
        for place, values in enumerate(rows.values()):
            middle = float(np.exp(np.mean(np.log(values))) if in_powers else np.mean(values))
            axes.scatter(values, [place] * len(values), s=22, color=_BLUE, alpha=0.6, linewidths=0)
            axes.plot([middle, middle], [place - 0.35, place + 0.35], color=_ORANGE, linewidth=1.6)
        axes.set_yticks(range(len(rows)), [_plain(name) for name in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(what)
        axes.set_title(_plain(title))
        if in_powers:
            axes.set_xscale("log")
        return _png(figure)


def _spread(axes: Any, values: Values) -> None:
    """Give an axis powers of ten where its values differ by more than one of them."""
    if min(values) > 0 and max(values) > 10 * min(values):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(load_extra("matplotlib.ticker").LogFormatter(minor_thresholds=(2, 1)))


def _range(rows: Sequence[tuple[str, NDArray[Any]]]) -> tuple[float, float]:
    return min(float(x.min()) for _, x in rows), max(float(x.max()) for _, x in rows)


def _names(rows: Sequence[tuple[str, NDArray[Any]]]) -> list[str]:
    return [_plain(name) for name, _ in rows]


def _plain(text: str) -> str:
    """Return text as matplotlib shows it as it is: a $ would start a formula."""
    return text.replace("$", r"\$")


def _style() -> Any:
    return load_extra("matplotlib").rc_context(_STYLE)


def _figure(
    width: float, height: float, *, columns: int = 1, heights: Sequence[float] = (1,), one_x: bool = True
) -> Any:
    """Return a figure drawn by Agg, which needs no screen, and its axes row by row.

    one_x says that the axes of a column have one scale of x.
    """
    figure = load_extra("matplotlib.figure").Figure((width, height), dpi=_DPI, layout="constrained")
    load_extra("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    grid = figure.subplots(
        len(heights), columns, squeeze=False, sharex="col" if one_x else False, height_ratios=heights
    )
    return figure, list(grid.flat)


def _png(figure: Any) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():  # a class name in a script that the font lacks
        warnings.simplefilter("ignore")
        figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
