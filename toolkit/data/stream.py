# SPDX-License-Identifier: Apache-2.0
"""Batches by tf.data: a mapped split is read from its file a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Split
from toolkit.extras import load_extra


def stream(split: Split, batch_size: int, *, seed: int | None = None) -> Any:
    """Return a tf.data.Dataset of (x, y) batches of split, float32 and y's own type.

    With a seed every pass has an order of its own, the same ones for the same seed; without one it is
    the split's. The last batch may be smaller. What is in memory at a time is a few batches and one
    number a sample.
    """
    tensorflow = load_extra("tensorflow")
    rows = tensorflow.data.Dataset.range(len(split))
    if seed is not None:
        rows = rows.shuffle(len(split), seed=seed, reshuffle_each_iteration=True)
    return rows.batch(batch_size).map(as_it_stands(batch_reader(split))).prefetch(1)


def batch_reader(split: Split) -> Callable[[Any], tuple[Any, Any]]:
    """Return what makes (x, y) tensors of row numbers, read from the file when they are asked for."""
    tensorflow = load_extra("tensorflow")
    types = (tensorflow.float32, tensorflow.as_dtype(split.y.dtype))

    def read(rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[Any]]:
        return np.asarray(split.x[rows], np.float32), np.asarray(split.y[rows])

    def batch(rows: Any) -> tuple[Any, Any]:
        x, y = tensorflow.numpy_function(read, (rows,), types, stateful=False)
        x.set_shape((None, *split.x.shape[1:]))
        y.set_shape((None, *split.y.shape[1:]))
        return x, y

    return batch


def as_it_stands(function: Callable[..., Any]) -> Any:
    """Return function for tf.data, which would read all its code again, slowly, and leave files of it in
    the folder for temporary ones."""
    return load_extra("tensorflow").autograph.experimental.do_not_convert(function)
