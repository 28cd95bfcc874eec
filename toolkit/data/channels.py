# SPDX-License-Identifier: Apache-2.0
"""What the columns of the inputs hold: their ranges, and what is odd about them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Channel, Indices, Samples
from toolkit.data.rows import chunks
from toolkit.data.suspicion import (
    alike_classes,
    constant_columns,
    leak,
    missing_classes,
    numeric_leak,
    odd_values,
    one_of_leaks,
    same_columns,
)


def channels_of(samples: Samples, train: Indices) -> tuple[Channel, ...]:
    """Return the columns with the range of their numbers in the training split; empty without names."""
    if not samples.columns:
        return ()
    low, high = _ranges(samples, train)
    return tuple(
        Channel(name, float(a), float(b)) for name, a, b in zip(samples.columns, low, high, strict=True)
    )


def suspicions_of(samples: Samples) -> list[str]:
    """Return a line for all that is odd: columns that tell the answer, nothing, or stand twice; classes."""
    found = [*alike_classes(samples.classes), *missing_classes(samples.classes)]
    if not samples.columns:
        return found
    means = _means(samples)
    y = np.asarray(samples.y)
    constant = constant_columns(samples.columns, means)
    odd: list[str] = []
    for place, name in enumerate(samples.columns):
        column = means[:, place].astype(np.float64)
        told = odd_values(name, column, has_rows=len(samples.x.shape) == 2) or _leak(samples, name, column, y)
        odd += [told] if told else []
    return found + one_of_leaks(odd, len(samples.columns)) + constant + same_columns(samples.columns, means)


def _means(samples: Samples) -> NDArray[np.float32]:
    """Return (n, columns): a sample's own numbers, or their means where it has many rows."""
    everything = np.arange(len(samples.x), dtype=np.int64)
    return np.concatenate(
        [
            chunk.reshape(len(chunk), -1, chunk.shape[-1]).mean(axis=1)
            for chunk in chunks(samples.x, everything)
        ]
    )


def _leak(samples: Samples, name: str, column: NDArray[np.float64], y: NDArray[Any]) -> str:
    if samples.task == "multilabel":
        return ""
    return numeric_leak(name, column, y) if samples.task == "regression" else leak(name, column, y)


def _ranges(samples: Samples, rows: Indices) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    lows, highs = [], []
    for chunk in chunks(samples.x, rows):
        flat = chunk.reshape(-1, chunk.shape[-1])
        lows.append(flat.min(axis=0))
        highs.append(flat.max(axis=0))
    return np.min(lows, axis=0), np.max(highs, axis=0)
