# SPDX-License-Identifier: Apache-2.0
"""What the columns of the inputs hold: their ranges, and which of them gives the answer away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Channel, Indices, Samples
from toolkit.data.rows import chunks
from toolkit.data.suspicion import leak, numeric_leak


def channels_of(samples: Samples, train: Indices) -> tuple[Channel, ...]:
    """Return the columns with the range of their numbers in the training split; empty without names."""
    if not samples.columns:
        return ()
    low, high = _ranges(samples, train)
    return tuple(
        Channel(name, float(a), float(b)) for name, a, b in zip(samples.columns, low, high, strict=True)
    )


def leaks_of(samples: Samples) -> list[str]:
    """Return a line for each column that alone gives the answer; by its mean where a sample has many rows."""
    if not samples.columns or samples.task == "multilabel":
        return []
    everything = np.arange(len(samples.x), dtype=np.int64)
    means = np.concatenate(
        [
            chunk.reshape(len(chunk), -1, chunk.shape[-1]).mean(axis=1)
            for chunk in chunks(samples.x, everything)
        ]
    )
    y = np.asarray(samples.y)
    found = []
    for place, name in enumerate(samples.columns):
        column = means[:, place].astype(np.float64)
        told = numeric_leak(name, column, y) if samples.task == "regression" else leak(name, column, y)
        found += [told] if told else []
    return found


def _ranges(samples: Samples, rows: Indices) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    lows, highs = [], []
    for chunk in chunks(samples.x, rows):
        flat = chunk.reshape(-1, chunk.shape[-1])
        lows.append(flat.min(axis=0))
        highs.append(flat.max(axis=0))
    return np.min(lows, axis=0), np.max(highs, axis=0)
