# SPDX-License-Identifier: Apache-2.0
"""What a model's data say of its channels: their slopes in the loss, and which of them never change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Dataset, Split
from toolkit.data.standard import Standard
from toolkit.extras import load_extra
from toolkit.project.recipe import TrainingConfig
from toolkit.pruning.structure import Structure
from toolkit.training.losses import make_loss, takes_one_hot

_BATCH = 128
_MOST_SAMPLES = 2048
Scores = NDArray[np.float64]


def slopes(
    structure: Structure, dataset: Dataset, config: TrainingConfig, seed: int, targets: Standard | None
) -> Scores:
    """Return by how much the loss of a training sample changes, on average, if a group goes: (labels,).

    That is the first order of Taylor's series: a channel times the loss's slope by it, summed wherever
    the group is read. As Molchanov et al., arXiv 1611.06440, per sample. At most 2,048 samples.
    """
    tensorflow = load_extra("tensorflow")
    plain = replace(config, loss="default") if config.loss == "am_softmax" else config
    loss, sinks = make_loss(plain, dataset), structure.sinks
    model = _reading(structure)
    classes = dataset.outputs if takes_one_hot(plain, dataset) else 0

    def read_slopes(x: Any, y: Any) -> list[Any]:
        with tensorflow.GradientTape() as tape:
            *read, outputs = model(x, training=False)
            if targets:
                outputs = (outputs - list(targets.mean)) / list(targets.deviation)
            value = loss(y, outputs) * tensorflow.cast(tensorflow.shape(x)[0], tensorflow.float32)
        grads = tape.gradient(value, read)
        pairs = zip(read, grads, strict=True)
        return [tensorflow.zeros_like(_by_channel(r)) if g is None else _by_channel(r * g) for r, g in pairs]

    run: Any = None
    total, count = np.zeros(structure.count), 0
    rows = np.sort(np.random.default_rng(seed).permutation(len(dataset.train))[:_MOST_SAMPLES])
    for start in range(0, len(rows), _BATCH):
        x, y = _batch(dataset, rows[start : start + _BATCH], classes, targets)
        run = run or _traced(read_slopes, x, y)
        changes = np.zeros((len(x), structure.count))
        for sink, change in zip(sinks, run(*map(tensorflow.constant, (x, y))), strict=True):
            np.add.at(changes.T, sink.labels, np.asarray(change, np.float64).T)
        total += np.abs(changes).sum(axis=0)
        count += len(x)
    return total / max(count, 1)


def _traced(function: Any, *batch: Any) -> Any:
    """Return function as a graph that takes batches like this one, of any length: it is traced once."""
    tensorflow = load_extra("tensorflow")
    specs = [tensorflow.TensorSpec((None, *each.shape[1:]), each.dtype) for each in batch]
    return tensorflow.function(function, autograph=False).get_concrete_function(*specs)


def _by_channel(values: Any) -> Any:
    """Return (n, ..., channels) summed over all places, (n, channels)."""
    axes = list(range(1, len(values.shape) - 1))
    return load_extra("tensorflow").reduce_sum(values, axis=axes) if axes else values


def _batch(
    dataset: Dataset, rows: NDArray[np.intp], classes: int, targets: Standard | None
) -> tuple[Any, Any]:
    x = np.asarray(dataset.train.x[rows], np.float32)
    if dataset.task == "anomaly":
        return x, x
    y = np.asarray(dataset.train.y[rows])
    if classes:
        return x, load_extra("keras").utils.to_categorical(y, classes)
    return x, targets.apply(y) if targets else y


def ranges(structure: Structure, split: Split) -> dict[int, tuple[Scores, Scores]]:
    """Return the lowest and highest value of each channel of each sink, by its number: two (channels,).

    Over all samples of split, and all places.
    """
    tensorflow = load_extra("tensorflow")
    model = _reading(structure)
    found: dict[int, tuple[Scores, Scores]] = {}

    def read_ranges(x: Any) -> list[Any]:
        read = model(x, training=False)[:-1]
        axes = [list(range(len(each.shape) - 1)) for each in read]
        return [
            (tensorflow.reduce_min(each, axis), tensorflow.reduce_max(each, axis))
            for each, axis in zip(read, axes, strict=True)
        ]

    run: Any = None
    for x in _inputs(split):
        run = run or _traced(read_ranges, x)
        for number, (low, high) in enumerate(run(tensorflow.constant(x))):
            before = found.get(number, (np.inf, -np.inf))
            found[number] = (
                np.minimum(before[0], np.asarray(low, np.float64)),
                np.maximum(before[1], np.asarray(high, np.float64)),
            )
    return found


def _inputs(split: Split) -> Iterator[Any]:
    for start in range(0, len(split), _BATCH):
        yield np.asarray(split.x[start : start + _BATCH], np.float32)


def _reading(structure: Structure) -> Any:
    """Return a model that gives what each sink reads, and then the outputs."""
    graph = getattr(structure.model, "_functional", None) or structure.model
    read = [sink.tensor for sink in structure.sinks]
    return load_extra("keras").Model(graph.inputs, [*read, *graph.outputs])
