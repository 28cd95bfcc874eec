# SPDX-License-Identifier: Apache-2.0
"""A look as a picture: a row of heat maps for each layer. Needs matplotlib, of the extra `train`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.files import write_atomic
from toolkit.plots import MapRow, are_pictures, maps_png, mosaic_png
from toolkit.predict.look import LayerView, Look

MOST_ROWS = 40
_MOST_CHANNELS = 16
_STRIP = 32  # numbers in a row of a map of a vector
_COLUMNS = ("float", "int8", "firmware", "|float - int8|")

Map = NDArray[np.float64]


def write_look(
    found: Look, filters: Mapping[str, NDArray[np.float64]], folder: Path, name: str
) -> list[Path]:
    """Write the pictures of a look at the sample of this name, and return their files."""
    stem = re.sub(r"[^\w.-]+", "-", Path(name).name).lstrip(".-") or "sample"
    pictures = {f"{stem}.png": look_png(found, name)}
    if drawn := filters_png(filters):
        pictures["filters.png"] = drawn
    folder.mkdir(parents=True, exist_ok=True)
    for file, picture in pictures.items():
        write_atomic(folder / file, picture)
    return [folder / file for file in pictures]


def look_png(found: Look, title: str) -> bytes:
    """Return the sample and the first MOST_ROWS layers: float, int8, firmware, and what int8 adds.

    Of a layer with channels the first sixteen are side by side; a vector goes on in the next line.
    """
    sample = as_map(found.sample)
    rows = [MapRow("sample", "as the model has it", (None, sample, None, None))]
    rows += [_row(view) for view in found.layers[:MOST_ROWS]]
    return maps_png(rows, _COLUMNS, title)


def filters_png(filters: Mapping[str, NDArray[np.float64]]) -> bytes | None:
    """Return the filters of the first convolution as pictures, in rows of eight; None if it has none.

    Filters of one or three channels are pictures of their own; of others each channel is one.
    """
    for name, weights in filters.items():
        pictures = weights if are_pictures(weights.shape[1:]) else _split_channels(weights)
        rows = [(str(start), pictures[start : start + 8]) for start in range(0, len(pictures), 8)]
        return mosaic_png(rows[:MOST_ROWS], f"Filters of {name}")
    return None


def as_map(values: NDArray[Any]) -> Map:
    """Return one sample's tensor (1, ...) as a plane (height, width); NaN fills what is left over."""
    real = np.asarray(values, np.float64)
    real = real.reshape(real.shape[1:]) if real.ndim > 1 and real.shape[0] == 1 else real
    axes = tuple(n for n in real.shape if n > 1)
    if len(axes) <= 1:
        return _folded(real.reshape(-1))
    if len(axes) == 2:
        plane = real.reshape(axes)
        return plane.T if real.shape[-1] == axes[-1] and real.ndim > 2 else plane
    planes = real.reshape(-1, *axes[-3:])[0] if len(axes) > 3 else real.reshape(axes)
    return _tiled(np.moveaxis(planes[..., :_MOST_CHANNELS], -1, 0))


def _row(view: LayerView) -> MapRow:
    difference = None if view.real is None else np.abs(view.real - view.integer)
    values = (view.real, view.integer, view.board, difference)
    maps = tuple(None if each is None else as_map(each) for each in values)
    decibels = view.sqnr_db
    notes = [view.operator.lower(), "x".join(map(str, view.integer.shape[1:]))]
    notes += [f"{decibels:.0f} dB"] if decibels is not None else []
    notes += [f"{view.unequal:,} DIFFER"] if view.unequal else []
    return MapRow(view.layer[-24:], "\n".join(notes), maps)


def _folded(vector: Map) -> Map:
    width = min(_STRIP, max(len(vector), 1))
    filled = np.full(math.ceil(max(len(vector), 1) / width) * width, np.nan)
    filled[: len(vector)] = vector
    return filled.reshape(-1, width)


def _tiled(planes: Map) -> Map:
    """Return planes (n, height, width) in a square of them, a line of NaN between."""
    count, height, width = planes.shape
    across = math.ceil(math.sqrt(count))
    sheet = np.full((math.ceil(count / across) * (height + 1) - 1, across * (width + 1) - 1), np.nan)
    for place, plane in enumerate(planes):
        y, x = (
            each * size for each, size in zip(divmod(place, across), (height + 1, width + 1), strict=True)
        )
        sheet[y : y + height, x : x + width] = plane
    return sheet


def _split_channels(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights (filters, height, width, channels) as (filters * channels, height, width, 1)."""
    return np.moveaxis(weights, -1, 1).reshape(-1, *weights.shape[1:3], 1)
