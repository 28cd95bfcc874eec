# SPDX-License-Identifier: Apache-2.0
"""A recording as the stream that a device would get: samples of sound, or rows of a sensor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.codegen.model_feed import Feed
from toolkit.data.audio_folder import AudioFolderOptions
from toolkit.data.decode import BrokenFileError, file_content
from toolkit.data.features import features
from toolkit.data.sound import ENDINGS, decode_sound
from toolkit.data.standard import Standard
from toolkit.data.table import parse_table, read_columns
from toolkit.data.takes import Takes
from toolkit.data.window_options import ENDINGS as TABLES
from toolkit.data.window_options import WindowsOptions
from toolkit.data.window_rows import decode_recording
from toolkit.errors import InputError
from toolkit.ir.graph import Tensor
from toolkit.ir.real_numbers import quantize_samples, sample_rows
from toolkit.reference.oracle import Rows

_MOST_SECONDS = 24 * 3600
_CHUNK_WINDOWS = 256


@dataclass(frozen=True, eq=False)
class Recording:
    """items (n,) int16 of sound, or (n, columns) float32 of a sensor; labels: each row's class, or None."""

    path: Path
    items: NDArray[Any]
    labels: tuple[str, ...] | None = None


def read_recording(path: Path, takes: Takes) -> Recording:
    """Return the stream in a file, read as the data of takes are. Raises InputError if it cannot be."""
    try:
        if takes.source == "audio_folder":
            sound = AudioFolderOptions(**{**takes.options})
            content = file_content(path, ENDINGS)
            return Recording(path, decode_sound(content, sound.rate, _MOST_SECONDS))
        return _rows(path, WindowsOptions(**_tuples(takes.options)))
    except BrokenFileError as error:
        raise InputError(f"{path}: {error}.", hint=error.hint or "See: docs/data.md") from error


def windows_of(recording: Recording, feed: Feed, takes: Takes, tensor: Tensor) -> Rows:
    """Return the windows of a recording as the device makes them for the model, (n, input bytes)."""
    rows = real_rows(recording.items, feed, takes)
    starts = np.arange(0, max(len(rows) - feed.rows + 1, 0), feed.hop)
    parts = [
        sample_rows(quantize_samples(rows[chunk[:, np.newaxis] + np.arange(feed.rows)], tensor))
        for chunk in np.array_split(starts, range(_CHUNK_WINDOWS, len(starts), _CHUNK_WINDOWS))
        if len(chunk)
    ]
    require_a_window(recording, feed)
    return np.concatenate(parts)


def require_a_window(recording: Recording, feed: Feed) -> None:
    """Raise InputError for a recording that is shorter than a window."""
    if len(recording.items) < feed.first_items:
        need = f"{feed.first_items / feed.rate:.3g} s" if feed.rate else f"{feed.rows} rows"
        raise InputError(f"{recording.path} is shorter than a window of the model, which is {need}.")


def real_rows(items: NDArray[Any], feed: Feed, takes: Takes) -> NDArray[np.float32]:
    """Return the rows (n, width) of which windows consist, as real numbers."""
    divisor = AudioFolderOptions(**{**takes.options}).divisor if feed.is_sound else 1.0
    values = features(items, feed.rules) if feed.rules else items.reshape(len(items), -1)
    real: NDArray[np.float32] = values.astype(np.float32)
    standard: Standard | None = takes.standard
    return standard.apply(real) if standard else real / np.float32(divisor)


def _tuples(options: Any) -> dict[str, Any]:
    """Options as JSON has them, lists instead of tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def _rows(path: Path, options: WindowsOptions) -> Recording:
    content = file_content(path, TABLES)
    channels = list(options.columns)
    table = parse_table(path.name, content, options.form, options.known)
    wanted = [options.time, *channels] if options.rate and options.time in table.columns else channels
    read = decode_recording(content, options, wanted)[:, -len(channels) :]
    is_whole = np.isfinite(read).all(axis=1)
    labels = None
    if options.target in table.columns and options.target not in channels and not options.rate:
        texts = read_columns(table, channels, (options.target,)).texts
        labels = tuple(text for (text,) in texts) if len(texts) == is_whole.sum() else None
    return Recording(path, read[is_whole].astype(np.float32), labels)
