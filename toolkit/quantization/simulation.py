# SPDX-License-Identifier: Apache-2.0
"""A Keras model that computes with the rounding of int8: the integers that the converter will make of it.

Kernels are on their grids (grids.py). As rounding by channel and the batch norm's factor for each channel
can change places, the integers are those of the folded kernel too. Tensors between the layers have a range
(low, high) with 0 in it, in 255 steps. Gradients go straight through the rounding (Bengio et al., arXiv
1308.3432).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.extras import load_extra
from toolkit.models.blocks import all_layers, untrained_copy
from toolkit.quantization.grids import Bits, dense_factors, rounded_kernel
from toolkit.quantization.points import BEFORE, INPUT, Points, find_points, kind_of

Range = tuple[float, float]
Ranges = Mapping[str, Range]
"""(low, high) by the name of a point (points.py); low is at most 0, high at least."""

Round = Callable[[str, Any], Any]
"""(name of the point, tensor) -> tensor."""

Linear = Callable[[Any, Any], Any]
"""(layer with a kernel, its input) -> what it gives without its bias."""

_STEPS = 255.0
_LEAST_FACTOR = 0.01
_BATCH = 64


@dataclass(frozen=True, eq=False)
class Simulation:
    """model computes as int8; factors (points, 2), trained with it, are by what its ranges grew."""

    model: Any
    start: Ranges
    factors: Any

    def ranges(self) -> dict[str, Range]:
        """Return the ranges as they are by now."""
        grown = np.maximum(np.asarray(self.factors), _LEAST_FACTOR).astype(np.float64)
        pairs = zip(self.start.items(), grown, strict=True)
        return {name: (float(low * f[0]), float(high * f[1])) for (name, (low, high)), f in pairs}

    def weights(self) -> list[NDArray[Any]]:
        """Return the weights of the model's layers, as set_weights of the plain one takes them."""
        return [np.asarray(weight) for weight in self.model.weights if weight is not self.factors]


def trainable_simulation(model: Any, start: Ranges, narrow: Collection[str] = ()) -> Simulation:
    """Return a copy of model that computes as int8 with the ranges of start, which can be trained too.

    The layers narrow have kernels of 4 bits.
    """
    copy = _copy(model)
    names = list(start)
    ends = {name: np.asarray(start[name], np.float32) for name in names}
    copy._tracker.unlock()
    factors = copy.add_weight(shape=(len(names), 2), initializer="ones", name="range_factors")
    copy._tracker.lock()

    def rounded(name: str, x: Any) -> Any:
        if name not in ends:
            return x
        factor = load_extra("tensorflow").maximum(factors[names.index(name)], _LEAST_FACTOR)
        return rounded_in_range(x, factor * ends[name])

    _patch(copy, find_points(copy), rounded, _bits_of(copy, None, narrow))
    return Simulation(copy, dict(start), factors)


def rounded_in_range(x: Any, ends: Any) -> Any:
    """Return x rounded to 255 steps between ends (2,), with gradients for x and for the ends.

    Inside, an end learns from the error of the rounding, outside from what is cut off (Esser et al., arXiv
    1902.08153, whose factor of the gradient it is too).
    """
    tensorflow = load_extra("tensorflow")
    calm = 1.0 / tensorflow.sqrt(_STEPS * tensorflow.cast(tensorflow.size(x), tensorflow.float32))
    low, high = tensorflow.unstack(ends * calm + tensorflow.stop_gradient(ends * (1 - calm)))
    step = (high - low) / _STEPS
    zero = _straight_through(-low / step)
    level = tensorflow.clip_by_value(x / step + zero, 0.0, _STEPS)
    return (_straight_through(level) - zero) * step


def _straight_through(x: Any) -> Any:
    tensorflow = load_extra("tensorflow")
    return x + tensorflow.stop_gradient(tensorflow.round(x) - x)


def simulated(
    model: Any, ranges: Ranges, weighted: set[str] | None = None, narrow: Collection[str] = ()
) -> Any:
    """Return a copy of model that rounds at the points of ranges, and the kernels of the layers weighted.

    weighted None is all of them. Those of narrow have 4 bits.
    """
    copy = _copy(model)

    def rounded(name: str, x: Any) -> Any:
        return _in_range(x, ranges[name]) if name in ranges else x

    _patch(copy, find_points(copy), rounded, _bits_of(copy, weighted, narrow))
    return copy


def with_linear(model: Any, ranges: Ranges, linear: Linear) -> Any:
    """Return a copy of model that rounds at the points of ranges, and whose layers with a kernel run linear.

    linear may change the layer that it is given: call the copy eagerly, once.
    """
    copy = _copy(model)
    points = find_points(copy)

    def rounded(name: str, x: Any) -> Any:
        return _in_range(x, ranges[name]) if name in ranges else x

    _patch(copy, points, rounded, _bits_of(copy, None, ()), linear)
    return copy


def observed_values(model: Any, x: NDArray[np.float32], see: Callable[[str, NDArray[Any]], None]) -> None:
    """Tell see the values of each point of model for the inputs x (n, ...), batch by batch."""
    copy = _copy(model)
    points = find_points(copy)
    tensorflow = load_extra("tensorflow")
    seen: dict[str, Any] = {}

    def keep(name: str, tensor: Any) -> Any:
        seen[name] = tensor
        return tensor

    _patch(copy, points, keep, {})

    def run(batch: Any) -> dict[str, Any]:
        copy(batch, training=False)
        return dict(seen)

    shape = tensorflow.TensorSpec((None, *x.shape[1:]), tensorflow.float32)
    function = tensorflow.function(run, autograph=False).get_concrete_function(shape)
    for start in range(0, len(x), _BATCH):
        batch = tensorflow.constant(np.asarray(x[start : start + _BATCH], np.float32))
        for name, values in function(batch).items():
            see(name, np.asarray(values))


def _copy(model: Any) -> Any:
    copy = untrained_copy(model)
    copy.set_weights(model.get_weights())
    return copy


def _bits_of(model: Any, weighted: set[str] | None, narrow: Collection[str]) -> dict[str, Bits]:
    """Return the bits of the kernels that are rounded, by their layers."""
    names = find_points(model).weighted if weighted is None else weighted
    return {name: 4 if name in narrow else 8 for name in names}


def _in_range(x: Any, ends: Range) -> Any:
    return load_extra("tensorflow").quantization.fake_quant_with_min_max_args(x, *ends)


def _patch(
    model: Any, points: Points, rounded: Round, bits: Mapping[str, Bits], linear: Linear | None = None
) -> None:
    """Let the layers of model, which is a copy for this alone, round by rounded.

    linear None is what the layer computes, with a kernel rounded to its bits if it has such.
    """
    outputs, before, first = set(points.outputs), set(points.before), set(points.first)
    for layer in all_layers(model):
        name = layer.name
        if name in outputs or name in before or name in first or name in bits:
            is_own = name in bits or name in before
            call = (
                _product(layer, rounded, linear or _linear(model, bits.get(name)), is_before=name in before)
                if is_own
                else layer.call
            )
            layer.call = _rounding(call, rounded, name, is_first=name in first, is_output=name in outputs)


def _rounding(call: Any, rounded: Round, name: str, *, is_first: bool, is_output: bool) -> Any:
    def rounding(x: Any, *arguments: Any, **keywords: Any) -> Any:
        y = call(rounded(INPUT, x) if is_first else x, *arguments, **keywords)
        return rounded(name, y) if is_output else y

    return rounding


def _product(layer: Any, rounded: Round, linear: Linear, *, is_before: bool) -> Any:
    """Return what a layer with a kernel computes by linear, rounded before its activation if is_before."""

    def product(x: Any, **_: Any) -> Any:
        y = linear(layer, x)
        y = y + layer.bias if layer.use_bias else y
        y = rounded(layer.name + BEFORE, y) if is_before else y
        return layer.activation(y) if layer.activation else y

    return product


def _linear(model: Any, bits: Bits | None) -> Linear:
    def linear(layer: Any, x: Any) -> Any:
        if bits is None:
            return product_of(layer, x, layer.kernel)
        factor = dense_factors(model).get(layer.name, 1.0) if bits == 4 else 1.0
        return product_of(layer, x, rounded_kernel(layer.kernel, kind_of(layer), bits, factor))

    return linear


def product_of(layer: Any, x: Any, kernel: Any) -> Any:
    """Return what a layer with a kernel gives for x with this one, before its bias."""
    ops = load_extra("keras").ops
    kind = kind_of(layer)
    if kind == "Dense":
        return ops.matmul(x, kernel)
    if not kind.startswith("Depthwise"):
        return layer.convolution_op(x, kernel)
    return ops.depthwise_conv(
        x,
        kernel,
        strides=layer.strides,
        padding=layer.padding,
        dilation_rate=layer.dilation_rate,
        data_format=layer.data_format,
    )
