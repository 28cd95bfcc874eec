# SPDX-License-Identifier: Apache-2.0
"""The statistics of batch norms, measured anew over the training split.

What a batch norm keeps by itself is a running mean of its latest batches: after few steps it is of weights
that are long gone, and a model that is right in training is judged wrong. Source of the idea: Wu and Johnson,
arXiv 2105.07576, "precise" statistics.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from toolkit.data.dataset import Split
from toolkit.extras import load_extra
from toolkit.models.blocks import all_layers

MOST_SAMPLES = 1024
"""So many tell the mean and variance of a channel to some hundredths of its deviation."""
_BATCH = 256
_NORM = "BatchNormalization"


class Statistics:
    """Measures what the batch norms of model that train see of split's samples, as they are.

    Layers that are random in training, such as dropout, are as on the device.
    """

    def __init__(self, model: Any, split: Split, seed: int) -> None:
        self._norms = trainable_norms(model)
        self._model = model
        self._split = split
        self._rows = np.random.default_rng(seed).permutation(len(split))[:MOST_SAMPLES]
        self._run: Any = None

    def measure(self) -> None:
        """Set the moving mean and variance of the batch norms to those over the samples."""
        if not self._norms:
            return
        totals: dict[int, Any] = {}
        for start in range(0, len(self._rows), _BATCH):
            rows = self._rows[start : start + _BATCH]
            for key, (mean, variance) in self._moments(rows).items():
                sums = np.stack([mean, variance + mean**2]) * len(rows)
                totals[key] = totals.get(key, 0.0) + sums
        for number, norm in enumerate(self._norms):
            if number in totals:
                mean, square = totals[number] / len(self._rows)
                norm.moving_mean.assign(mean)
                norm.moving_variance.assign(np.maximum(square - mean**2, 0))

    def _moments(self, rows: Any) -> dict[int, Any]:
        """Return mean and variance (channels,) by the number of the norm, of these samples."""
        if self._run is None:
            self._run = _observed(self._model, self._norms, self._split.x.shape[1:])
        x = load_extra("tensorflow").constant(np.asarray(self._split.x[rows], np.float32))
        seen = self._run(x).items()
        return {int(key): [np.asarray(each, np.float64) for each in pair] for key, pair in seen}


def trainable_norms(model: Any) -> list[Any]:
    """Return the batch norms of model that train; frozen ones keep the statistics that they have."""
    return [
        layer
        for layer in all_layers(model)
        if type(layer).__name__ == _NORM and layer.trainable and not getattr(layer, "renorm", False)
    ]


def _observed(model: Any, norms: list[Any], shape: tuple[int, ...]) -> Any:
    """Return a function of x (n, *shape) that gives mean and variance by the number of each norm."""
    tensorflow = load_extra("tensorflow")
    any_number = tensorflow.TensorSpec((None, *shape), tensorflow.float32)

    def run(x: Any) -> dict[str, Any]:
        seen: dict[int, list[Any]] = {}
        with _observing(norms, seen):
            model(x, training=False)
        count = {key: float(len(pairs)) for key, pairs in seen.items()}
        return {
            str(key): [tensorflow.add_n(parts) / count[key] for parts in zip(*pairs, strict=True)]
            for key, pairs in seen.items()
        }

    return tensorflow.function(run, autograph=False).get_concrete_function(any_number)


@contextmanager
def _observing(norms: list[Any], seen: dict[int, list[Any]]) -> Iterator[None]:
    """While this lasts, norms compute as in training, and seen gets their batch's mean and variance."""
    kept = [(norm.momentum, vars(norm).get("call")) for norm in norms]
    for number, norm in enumerate(norms):
        norm.momentum = 0.0
        norm.call = _observing_call(norm, seen.setdefault(number, []))
    try:
        yield
    finally:
        for norm, (momentum, own) in zip(norms, kept, strict=True):
            norm.momentum = momentum
            del norm.call
            if own is not None:
                norm.call = own
        for number in [number for number, pairs in seen.items() if not pairs]:
            del seen[number]


def _observing_call(norm: Any, pairs: list[Any]) -> Any:
    """A shared norm is called more than once: each call adds a pair.

    The norm may have a call of its own, that rounds what it gives.
    """
    before = norm.call

    def call(inputs: Any, training: Any = None, mask: Any = None) -> Any:
        outputs = before(inputs, training=True, mask=mask)
        convert = load_extra("keras").ops.convert_to_tensor
        pairs.append([convert(norm.moving_mean), convert(norm.moving_variance)])
        return outputs

    return call
