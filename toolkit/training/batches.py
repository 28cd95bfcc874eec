# SPDX-License-Identifier: Apache-2.0
"""Training batches by tf.data: the same ones for the same seed and epoch, wherever a run begins."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Split
from toolkit.data.stream import as_it_stands, batch_reader
from toolkit.extras import load_extra

# (x, y, seed) -> (x, y): tensors of one batch; seed is int32 (2,), another one for every batch.
Augment = Callable[[Any, Any, Any], tuple[Any, Any]]


@dataclass(frozen=True)
class BatchPlan:
    """How a split becomes batches: classes is 0, or how wide the one-hot labels are to be.

    gives_back makes the sample itself, before augmentation, the target: for an autoencoder.
    """

    batch_size: int
    seed: int
    classes: int = 0
    augment: Augment | None = None
    gives_back: bool = False

    def steps(self, samples: int) -> int:
        """Return the batches of an epoch; the last one may be smaller."""
        return math.ceil(samples / self.batch_size)


def training_batches(split: Split, plan: BatchPlan, first_epoch: int, epochs: int) -> Any:
    """Return a tf.data.Dataset of the batches of the epochs from first_epoch up to epochs.

    Epoch e is shuffled by (seed, e), and its batch i is augmented by a seed made of seed, e and i:
    nothing depends on what ran before. A split that is mapped from a file is read by the batch.
    """
    tensorflow = load_extra("tensorflow")
    data = tensorflow.data.Dataset
    read = _reader(split)

    def order(epoch: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.random.default_rng([plan.seed, int(epoch)]).permutation(len(split)).astype(np.int64)

    def batch(epoch: Any, number: Any, rows: Any) -> tuple[Any, Any]:
        x, y = read(rows)
        if plan.gives_back:
            y = x
        if plan.classes:
            y = tensorflow.one_hot(y, plan.classes)
        if plan.augment:
            seed = tensorflow.cast(tensorflow.stack([number, epoch]), tensorflow.int32)
            x, y = plan.augment(x, y, seed + tensorflow.constant([plan.seed, 0], tensorflow.int32))
        return x, y

    def one_epoch(epoch: Any) -> Any:
        rows = tensorflow.numpy_function(order, (epoch,), tensorflow.int64, stateful=False)
        rows.set_shape((len(split),))
        batches = data.from_tensor_slices(rows).batch(plan.batch_size).enumerate()
        return batches.map(as_it_stands(lambda number, rows: batch(epoch, number, rows)))

    return data.range(first_epoch, epochs).flat_map(as_it_stands(one_epoch)).prefetch(2)


def _reader(split: Split) -> Callable[[Any], tuple[Any, Any]]:
    """Arrays in memory are gathered by TensorFlow, which is fastest."""
    if split.is_mapped:
        return batch_reader(split)
    tensorflow = load_extra("tensorflow")
    x_all, y_all = tensorflow.constant(split.x), tensorflow.constant(split.y)
    return lambda rows: (tensorflow.gather(x_all, rows), tensorflow.gather(y_all, rows))
