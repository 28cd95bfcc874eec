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

    gives_back makes the sample itself, before augmentation, the target: for an autoencoder. weights is
    empty, or how much a sample of each class counts; one that is mixed of two counts as much of each as
    is in it. An epoch is so many whole passes over the split that it has least_steps batches; or exactly
    steps_an_epoch batches, if that is not 0, and passes go on from one epoch to the next.
    """

    batch_size: int
    seed: int
    classes: int = 0
    augment: Augment | None = None
    gives_back: bool = False
    weights: tuple[float, ...] = ()
    least_steps: int = 1
    steps_an_epoch: int = 0

    def steps_a_pass(self, samples: int) -> int:
        """Return the batches of one pass over the samples; the last one may be smaller."""
        return math.ceil(samples / self.batch_size)

    def steps(self, samples: int) -> int:
        """Return the batches of an epoch."""
        once = self.steps_a_pass(samples)
        return self.steps_an_epoch or once * math.ceil(self.least_steps / once)


def training_batches(split: Split, plan: BatchPlan, first_epoch: int, epochs: int) -> Any:
    """Return a tf.data.Dataset of the batches of the epochs from first_epoch up to epochs.

    A batch is (x, y), or (x, y, weights (n,)) if plan has weights. Pass p over the split is shuffled by
    (seed, p), and its batch i is augmented by a seed that is hashed of seed, p and i: nothing depends on
    what ran before, and no two batches or seeds share their random numbers. A split that is mapped from a
    file is read by the batch.
    """
    tensorflow = load_extra("tensorflow")
    data = tensorflow.data.Dataset
    read, finish = _reader(split), _finisher(plan)
    once, steps = plan.steps_a_pass(len(split)), plan.steps(len(split))
    first, end = first_epoch * steps, epochs * steps

    def order(number: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.random.default_rng([plan.seed, int(number)]).permutation(len(split)).astype(np.int64)

    def one_pass(number: Any) -> Any:
        rows = tensorflow.numpy_function(order, (number,), tensorflow.int64, stateful=False)
        rows.set_shape((len(split),))
        batches = data.from_tensor_slices(rows).batch(plan.batch_size).enumerate()
        return batches.map(as_it_stands(lambda batch, rows: finish(*read(rows), number, batch)))

    passes = data.range(first // once, math.ceil(end / once)).flat_map(as_it_stands(one_pass))
    return passes.skip(first % once).take(end - first).prefetch(2)


def batch_seed(seed: int, number: Any, batch: Any) -> Any:
    """Return int32 (2,), hashed of a training's seed, the number of a pass and that of a batch in it."""
    tensorflow = load_extra("tensorflow")
    number, batch = (tensorflow.cast(value, tensorflow.int32) for value in (number, batch))
    fold_in = tensorflow.random.experimental.stateless_fold_in
    return fold_in(fold_in(tensorflow.constant([seed, 0], tensorflow.int32), number), batch)


def _finisher(plan: BatchPlan) -> Callable[[Any, Any, Any, Any], tuple[Any, ...]]:
    """Return what makes a batch as it is trained on of one as it was read, in this pass and place."""
    tensorflow = load_extra("tensorflow")

    def finish(x: Any, y: Any, number: Any, batch: Any) -> tuple[Any, ...]:
        if plan.gives_back:
            y = x
        if plan.classes:
            y = tensorflow.one_hot(y, plan.classes)
        if plan.augment:
            x, y = plan.augment(x, y, batch_seed(plan.seed, number, batch))
        return (x, y, sample_weights(y, plan.weights)) if plan.weights else (x, y)

    return finish


def sample_weights(y: Any, weights: tuple[float, ...]) -> Any:
    """Return what each sample counts, (n,), by its class in y (n,), or by the shares in y (n, classes)."""
    tensorflow = load_extra("tensorflow")
    each = tensorflow.constant(weights, tensorflow.float32)
    if y.shape.rank == 1:
        return tensorflow.gather(each, y)
    return tensorflow.linalg.matvec(tensorflow.cast(y, tensorflow.float32), each)


def _reader(split: Split) -> Callable[[Any], tuple[Any, Any]]:
    """Arrays in memory are gathered by TensorFlow, which is fastest."""
    if split.is_mapped:
        return batch_reader(split)
    tensorflow = load_extra("tensorflow")
    x_all, y_all = tensorflow.constant(split.x), tensorflow.constant(split.y)
    return lambda rows: (tensorflow.gather(x_all, rows), tensorflow.gather(y_all, rows))
