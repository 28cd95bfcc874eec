# SPDX-License-Identifier: Apache-2.0
"""A file of a project's data as the page shows it: its picture, what is suspicious, how far from another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.load import decode_by, source_of
from toolkit.data.picture import ENDINGS as PICTURES
from toolkit.data.places import printable
from toolkit.data.sound import ENDINGS as SOUNDS
from toolkit.data.sound import decode_sound
from toolkit.data.window_options import ENDINGS as TABLES
from toolkit.errors import InputError
from toolkit.live.views import thumbnail
from toolkit.project.config import load_project

ENDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"image_folder": PICTURES, "audio_folder": SOUNDS, "windows": TABLES}
)
"""The sources whose files the page collects, and what they end with."""
BROKEN: dict[str, Any] = {"kind": "numbers", "names": ["broken"], "values": [0.0]}
"""What is drawn of a file of which nothing can be."""
_VALUES, _MOST_WINDOWS = 1024, 16
_DARK, _BRIGHT, _FLAT = 0.06, 0.95, 0.01
_SILENT, _CLIPPED = 0.01, 0.999
_RATE, _MOST_SECONDS = 16000, 600
_STUCK_ROWS = 5
"""So many rows in a row at the end of a sensor's range are no movement."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Looked:
    """A file's picture for the page, and what is suspicious about it."""

    view: dict[str, Any]
    marks: tuple[str, ...]
    digest: str


def look_at(root: Path, path: Path) -> Looked:
    """Return what a file of the project in root looks like; a broken one has the reason as its mark."""
    try:
        return _looked(root, path, path.stat().st_mtime_ns, _configured(root))
    except OSError as error:
        return Looked(BROKEN, (f"cannot be read: {error.strerror}",), "")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, "" for one that cannot be read."""
    try:
        return _digest(path, path.stat().st_mtime_ns)
    except OSError:
        return ""


def distance(root: Path, one: Path, other: Path) -> float | None:
    """Return the root of the mean squared difference of two files as their source reads them.

    Of recordings it is that of the windows that are most alike, in deviations of the channels of one. None if
    they cannot be compared.
    """
    a, b = (_values(root, path, path.stat().st_mtime_ns, _configured(root)) for path in (one, other))
    if a is None or b is None or a.shape[1:] != b.shape[1:]:
        return None
    if a.ndim == 3:
        middle, spread = a.mean((0, 1)), a.std((0, 1))
        a, b = ((x - middle) / np.where(spread > 0, spread, 1) for x in (a, b))
    apart = a.reshape(len(a), 1, -1) - b.reshape(1, len(b), -1)
    return float(np.sqrt(np.mean(apart**2, axis=2)).min())


def _configured(root: Path) -> int:
    return (root / "tinyml.toml").stat().st_mtime_ns


@lru_cache(maxsize=65536)
def _digest(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class _Reader:
    """The project's source, which decodes a file; the windows of a recording begin every step rows."""

    source: str
    decode: Callable[[Path], NDArray[Any]]
    step: int

    def read(self, path: Path) -> Floats:
        return np.asarray(self.decode(path), np.float32)


@lru_cache(maxsize=4)
def _reader(root: Path, configured: int) -> _Reader:
    """Return what reads a project's files; which columns there are is asked once."""
    source, options, context = source_of(load_project(root))
    decode = partial(decode_by, source, source.portable(options, context), context)
    return _Reader(source.name, decode, options.cut.step if source.name == "windows" else 0)


@lru_cache(maxsize=4096)
def _values(root: Path, path: Path, changed: int, configured: int) -> Floats | None:
    """Return some of a file's numbers: (1, n), of a recording (windows, rows, channels)."""
    try:
        reader = _reader(root, configured)
        x = reader.read(path)
    except InputError:
        return None
    if reader.source == "windows":
        some: Floats = x[:: -(-len(x) // _MOST_WINDOWS), :: -(-x[0].size // _VALUES)]
    else:
        some = x[0].reshape(1, -1)[:, :: -(-x[0].size // _VALUES)]
    return some


@lru_cache(maxsize=4096)
def _looked(root: Path, path: Path, changed: int, configured: int) -> Looked:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    try:
        reader = _reader(root, configured)
        x = reader.read(path)
    except InputError as error:
        return Looked(BROKEN, (error.message.replace(printable(str(path)), path.name),), digest)
    if reader.source == "windows":
        rows = _rows(x, reader.step)
        return Looked(thumbnail(rows, "windows"), tuple(_of_rows(rows)), digest)
    marks = _of_sound(content) if reader.source == "audio_folder" else _of_picture(x[0])
    return Looked(thumbnail(x[0], reader.source), tuple(marks), digest)


def _rows(windows: Floats, step: int) -> Floats:
    """Return the rows of a recording, of which windows begin every step rows."""
    return np.concatenate([*windows[:-1, :step], windows[-1]])


def _of_picture(x: Floats) -> list[str]:
    found = {"dark": x.mean() < _DARK, "bright": x.mean() > _BRIGHT, "one colour": x.std() < _FLAT}
    return [name for name, is_so in found.items() if is_so]


def _of_sound(content: bytes) -> list[str]:
    peak = float(np.abs(decode_sound(content, _RATE, _MOST_SECONDS) / 32768).max())
    return ["silent"] if peak < _SILENT else (["clipped"] if peak >= _CLIPPED else [])


def _of_rows(rows: Floats) -> list[str]:
    """Say that nothing moves, or that a channel stays at the end of its range while it moves otherwise."""
    low, high = rows.min(axis=0), rows.max(axis=0)
    moving = rows[:, high > low]
    if not moving.shape[1]:
        return ["nothing moves"]
    stuck = (moving == low[high > low]) | (moving == high[high > low])
    runs = np.lib.stride_tricks.sliding_window_view(stuck, min(_STUCK_ROWS, len(rows)), axis=0)
    return ["clipped"] if runs.all(axis=2).any() else []
