# SPDX-License-Identifier: Apache-2.0
"""Cross-layer equalization: channels of one tensor brought nearer to one size, the next layer undoes it.

A layer, its batch norm and a ReLU give k times as much if their weights are k times as large, and a layer
behind them that divides the weights of this channel by k computes what it did. The one scale of the int8
tensor between the two then fits all its channels. Source: Nagel et al., arXiv 1906.04721.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.models.blocks import untrained_copy
from toolkit.quantization.points import (
    NORM,
    PASSING,
    activation_of,
    find_points,
    graphs_of,
    is_fused,
    kind_of,
    readers_of,
)
from toolkit.quantization.simulation import observed_values

_MOST = 100.0
"""No channel is made larger or smaller by more than this."""
_SCALABLE = ("linear", "relu", "relu6")
_BETWEEN = (*{*PASSING} - {"Permute"}, "GlobalAveragePooling1D", "GlobalAveragePooling2D")
"""Whose channels are those that they read, one by one, behind a Flatten or Reshape in the same turn."""

Channels = NDArray[np.float64]
Readers = dict[int, list[Any]]


@dataclass(frozen=True)
class Pair:
    """Two layers with kernels, and what is between: norm is None without one, point is the tensor's name."""

    first: Any
    norm: Any | None
    point: str
    second: Any

    @property
    def channels(self) -> int:
        """How many channels the first passes on."""
        kernel = self.first.kernel.shape
        return int(kernel[-2] * kernel[-1]) if _is_depthwise(self.first) else int(kernel[-1])


def equalized(model: Any, x: NDArray[np.float32]) -> tuple[Any, int]:
    """Return a copy of a Keras model with its channels equalized for the inputs x, and how many pairs were.

    The copy computes the same for x, but for the rounding of float32. A pair counts whose tensor is read by
    the second layer alone, with a ReLU, a ReLU6 or nothing between.
    """
    made = untrained_copy(model)
    made.set_weights(model.get_weights())
    largest: dict[str, Channels] = {}

    def see(name: str, values: NDArray[Any]) -> None:
        most = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0).astype(np.float64)
        largest[name] = np.maximum(largest.get(name, 0.0), most)

    observed_values(made, x, see)
    return made, scale_pairs(made, lambda pair: _factors(pair, largest[pair.point]))


def scale_pairs(model: Any, factors: Callable[[Pair], Channels]) -> int:
    """Let each pair of layers in model pass on channels factors(pair) as large; return how many pairs."""
    pairs = list(_pairs(model))
    for pair in pairs:
        _grow(pair, by := factors(pair))
        _undo(pair.second, by)
    return len(pairs)


def _factors(pair: Pair, largest: Channels) -> Channels:
    """Return by what each channel grows; none beyond the largest one, so that no ReLU6 cuts more off.

    A depthwise convolution has a scale for each channel: what it reads can be equalized wholly. Any other
    shares one among the weights of an output: there channel and weights meet in the middle.
    """
    seen = largest > 0
    usual = np.where(seen, largest, 1.0)
    if kind_of(pair.second).startswith("Depthwise"):
        factors = largest.max() / usual
    else:
        factors = np.sqrt(_weight_of(pair.second, len(largest)) / usual)
        factors *= largest.max() / (factors * largest).max() if seen.any() else 1.0
    return np.where(seen, np.clip(factors, 1 / _MOST, np.minimum(_MOST, largest.max() / usual)), 1.0)


def _weight_of(layer: Any, channels: int) -> Channels:
    """Return the largest weight that each input channel has, as a share of its output's largest one."""
    kernel = np.abs(np.asarray(layer.kernel, np.float64))
    rows = kernel.reshape(-1, channels, kernel.shape[-1]).max(axis=0)
    most = rows.max(axis=0, keepdims=True)
    share = (rows / np.where(most > 0, most, 1.0)).max(axis=1)
    return np.asarray(np.maximum(share, 1 / _MOST))


def _grow(pair: Pair, factors: Channels) -> None:
    if pair.norm is not None:
        _times(pair.norm.gamma, factors)
        if pair.norm.center:
            _times(pair.norm.beta, factors)
        return
    kernel = pair.first.kernel
    _times(kernel, factors.reshape(kernel.shape[-2:]) if _is_depthwise(pair.first) else factors)
    if pair.first.use_bias:
        _times(pair.first.bias, factors)


def _undo(layer: Any, factors: Channels) -> None:
    """A dense layer behind a Flatten reads each channel once for each place."""
    again = layer.kernel.shape[-2] // len(factors)
    _times(layer.kernel, (1 / np.tile(factors, again))[:, np.newaxis])


def _times(weight: Any, factors: Channels) -> None:
    weight.assign((np.asarray(weight, np.float64) * factors).astype(np.float32))


def _is_depthwise(layer: Any) -> bool:
    return kind_of(layer).startswith("Depthwise")


def _pairs(model: Any) -> Iterator[Pair]:
    points = find_points(model)
    for graph in graphs_of(model):
        readers = readers_of(graph)
        for layer in graph.layers:
            pair = _pair_of(layer, readers) if layer.name in points.weighted else None
            if pair and pair.point in points.outputs and pair.second.name in points.weighted:
                yield pair


def _pair_of(first: Any, readers: Readers) -> Pair | None:
    """Return first and the layer that alone reads what it gives, if factors can go through between them."""
    norm, last, at = None, first, _only_reader(first, readers)
    if at is not None and kind_of(at) == NORM:
        norm, last, at = at, at, _only_reader(at, readers)
    if at is not None and is_fused(at):
        last, at = at, _only_reader(at, readers)
    while at is not None and kind_of(at) in _BETWEEN:
        at = _only_reader(at, readers)
    if at is None or activation_of(first) not in _SCALABLE or (norm is not None and not norm.scale):
        return None
    return Pair(first, norm, last.name, at) if getattr(at, "groups", 1) == 1 else None


def _only_reader(layer: Any, readers: Readers) -> Any | None:
    found = readers.get(id(layer), [])
    return found[0] if len(found) == 1 else None
