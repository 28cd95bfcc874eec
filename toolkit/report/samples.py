# SPDX-License-Identifier: Apache-2.0
"""Samples as they are looked at: pixels as a PNG, curves as an SVG; each small, so that a page wraps them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import plots
from toolkit.data import Dataset, load_saved_dataset
from toolkit.data.contact_sheet import rows_of
from toolkit.data.overview import describe
from toolkit.files import sha256_of
from toolkit.report.charts import wave_svg
from toolkit.report.tables import Table

_EACH, _MOST_ROWS = 8, 12
_POINTS, _LINES = 120, 6
_PIXELS = 96
Array = NDArray[Any]


@dataclass(frozen=True)
class Picture:
    """A sample to look at: a PNG, or the text of an SVG."""

    png: bytes = b""
    svg: str = ""

    @property
    def uri(self) -> str:
        """The PNG as a data URI, so that the page needs no other file."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


@dataclass(frozen=True)
class Tile:
    """A sample with its truth and what the model said of it, "" where there is no mistake to show."""

    picture: Picture
    truth: str
    said: str = ""
    name: str = ""


@dataclass(frozen=True)
class DataPart:
    """What the model was trained on: counts, and the first samples of each class as rows of pictures."""

    counts: Table
    rows: tuple[tuple[str, tuple[Picture, ...]], ...]


def saved_data(build: Path, sha256: str) -> Dataset | None:
    """Return the data in the build folder if they are those of this hash; None if they are others by now."""
    file = build / "data" / "dataset.json"
    if not sha256 or not file.is_file() or sha256_of(file) != sha256:
        return None
    return load_saved_dataset(file.parent)


def data_part(dataset: Dataset) -> DataPart:
    """Return counts and pictures; data of single numbers have no pictures."""
    found = describe(dataset)
    rows = []
    if not _is_plain(dataset.input_shape):
        for name, x in rows_of(dataset, _EACH)[:_MOST_ROWS]:
            rows.append((name, tuple(picture_of(each, dataset.name, name) for each in x)))
    return DataPart(Table(found.headings, found.rows), tuple(rows))


def worst_tiles(dataset: Dataset, mistakes: list[Mapping[str, Any]]) -> tuple[Tile, ...]:
    """Return the test samples of quantization.json's worst with truth and answer; none for single numbers."""
    if _is_plain(dataset.input_shape):
        return ()
    x = dataset.test.x[[m["sample"] for m in mistakes]]
    return tuple(
        Tile(picture_of(each, dataset.name, f"is {m['truth']}"), str(m["truth"]), str(m["said"]), _name(m))
        for each, m in zip(x, mistakes, strict=True)
    )


def picture_of(x: Array, source: str, label: str) -> Picture:
    """Return one sample, (its shape), of a data source as a picture."""
    if plots.are_pictures(x.shape):
        shown = plots.as_pictures(x[np.newaxis], source)[0]
        step = max(1, -(-max(shown.shape[:2]) // _PIXELS))
        return Picture(png=plots.pixels_png(shown[::step, ::step]))
    waves = x.reshape(x.shape[0], -1) if x.ndim > 1 else x[:, np.newaxis]
    step = -(-len(waves) // _POINTS)
    return Picture(svg=wave_svg([line.tolist() for line in waves[::step, :_LINES].T], label))


def _is_plain(shape: tuple[int, ...]) -> bool:
    """Whether a sample is a few numbers, which no picture helps to read."""
    return int(np.prod(shape)) < 16


def _name(mistake: Mapping[str, Any]) -> str:
    return str(mistake["name"]) or f"sample {mistake['sample']}"
