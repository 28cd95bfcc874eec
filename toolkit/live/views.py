# SPDX-License-Identifier: Apache-2.0
"""What a model really gets, as a page can draw it: a picture, a spectrogram, curves, or numbers by name."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import plots

_MOST_POINTS = 2000
_MOST_NUMBERS = 64


def view_of(x: NDArray[np.float32], source: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return one sample (its shape) as JSON: kind, and what is drawn. names are its columns' or channels'.

    Pixels are bytes in base64, 0 for low and 255 for high, row by row, their channels together.
    """
    if plots.are_pictures(x.shape):
        picture = plots.as_pictures(x[np.newaxis], source)[0]
        return {"kind": "spectrogram" if source == "audio_folder" else "picture", **_pixels(picture)}
    if x.ndim == 1 and len(x) <= _MOST_NUMBERS:
        labels = list(names) if len(names) == len(x) else [str(i) for i in range(len(x))]
        return {"kind": "numbers", "names": labels, "values": x.tolist()}
    waves = x.reshape(x.shape[0], -1) if x.ndim > 1 else x[:, np.newaxis]
    step = -(-len(waves) // _MOST_POINTS)
    labels = list(names) if len(names) == waves.shape[1] else [str(i) for i in range(waves.shape[1])]
    return {"kind": "waves", "names": labels, "values": waves[::step].T.tolist(), "length": len(waves)}


def thumbnail(x: NDArray[np.float32], source: str) -> dict[str, Any]:
    """Return a sample as view_of does, with so few points that a page may hold many of it."""
    view = view_of(x, source)
    if view["kind"] == "waves":
        step = -(-len(view["values"][0]) // 64)
        view["values"] = [line[::step] for line in view["values"][:6]]
        view["names"] = view["names"][:6]
    return view


def heat_map(
    values: NDArray[np.float64], low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    """Return a plane (height, width) as view_of does a spectrogram; what is no number is lowest.

    Without low and high its own least and greatest numbers are the darkest and the brightest.
    """
    low = float(np.nanmin(values, initial=0.0)) if low is None else low
    high = float(np.nanmax(values, initial=0.0)) if high is None else high
    plane = np.clip(np.nan_to_num(values, nan=low), low, high).astype(np.float32)[:, :, np.newaxis]
    return {"kind": "spectrogram", **_scaled(plane, low, high)}


def _pixels(x: NDArray[np.float32]) -> dict[str, Any]:
    low, high = float(x.min()), float(x.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return _scaled(x, low, high)


def _scaled(x: NDArray[np.float32], low: float, high: float) -> dict[str, Any]:
    scaled = np.rint((x - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    height, width, channels = x.shape
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "low": low,
        "high": high,
        "pixels": base64.b64encode(scaled.tobytes()).decode(),
    }
