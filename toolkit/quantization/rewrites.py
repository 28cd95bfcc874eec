# SPDX-License-Identifier: Apache-2.0
"""Layers that the converter would leave in float32, computed by operators that become integers.

While a model is converted, its normalizations and its ELUs are computed by the same formula in another
order: the converter makes no integers of NEG, SQUARE and ELU, but of SUB, BATCH_MATMUL and EXP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from math import prod
from typing import Any

from toolkit.extras import load_extra

# Of Klambauer et al., arXiv 1706.02515, as Keras has them.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@contextmanager
def integer_ready(model: Any) -> Iterator[None]:
    """While this lasts, model's layers are computed by operators with integer kernels, if known."""
    with ExitStack() as stack:
        for layer in model._flatten_layers():
            if call := _CALLS.get(type(layer).__name__):
                stack.enter_context(_set(layer, "call", call(layer)))
            activation = getattr(getattr(layer, "activation", None), "__name__", "")
            if other := _ACTIVATIONS.get(activation):
                stack.enter_context(_set(layer, "activation", other))
            if type(layer).__name__ == "ELU":
                stack.enter_context(_set(layer, "call", lambda x, a=float(layer.alpha): _elu(x, a)))
        yield


@contextmanager
def _set(thing: Any, name: str, value: Any) -> Iterator[None]:
    """Give thing another attribute for a while; one of its class comes to light again."""
    own = vars(thing).get(name, _set)
    setattr(thing, name, value)
    try:
        yield
    finally:
        delattr(thing, name) if own is _set else setattr(thing, name, own)


def _layer_normalization(layer: Any) -> Callable[..., Any]:
    return lambda x: _normalized(x, _axes(layer), layer.epsilon, layer.gamma, layer.beta, is_centered=True)


def _rms_normalization(layer: Any) -> Callable[..., Any]:
    return lambda x: _normalized(x, _axes(layer), layer.epsilon, layer.scale, None, is_centered=False)


def _unit_normalization(layer: Any) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        rows, back = _as_rows(x, _axes(layer))
        return back(rows * _reciprocal_root(_sum_of_squares(rows), 1e-12))

    return call


def _group_normalization(layer: Any) -> Callable[..., Any]:
    """Over each group of channels, at all places at once."""

    def call(x: Any) -> Any:
        tensorflow = load_extra("tensorflow")
        shape = [int(size) for size in x.shape]
        channels = shape.pop(layer.axis)
        groups = layer.groups if layer.groups > 0 else channels
        last = _moved(x, layer.axis, len(shape))
        parts = tensorflow.reshape(last, (shape[0], prod(shape[1:]), groups, channels // groups))
        rows = tensorflow.reshape(tensorflow.transpose(parts, (0, 2, 1, 3)), (groups, -1))
        rows = _standardized(rows, layer.epsilon, is_centered=True)
        rows = tensorflow.reshape(rows, (shape[0], groups, prod(shape[1:]), channels // groups))
        last = tensorflow.reshape(tensorflow.transpose(rows, (0, 2, 1, 3)), (*shape, channels))
        return _moved(_scaled(last, layer.gamma, layer.beta), len(shape), layer.axis)

    return call


def _moved(x: Any, here: int, there: int) -> Any:
    order = list(range(len(x.shape)))
    order.insert(there % len(order), order.pop(here))
    return x if order == sorted(order) else load_extra("tensorflow").transpose(x, order)


def _axes(layer: Any) -> list[int]:
    return list(layer.axis) if isinstance(layer.axis, list | tuple) else [layer.axis]


def _normalized(x: Any, axes: list[int], epsilon: float, scale: Any, shift: Any, *, is_centered: bool) -> Any:
    """Return x (1, ...) standardized over axes, which are the last ones or are brought there."""
    rows, back = _as_rows(x, axes)
    shape = [1] * len(x.shape)
    for axis in axes:
        shape[axis] = int(x.shape[axis])
    tensorflow = load_extra("tensorflow")
    fitted = [None if each is None else tensorflow.reshape(each, shape) for each in (scale, shift)]
    return _scaled(back(_standardized(rows, epsilon, is_centered=is_centered)), *fitted)


def _as_rows(x: Any, axes: list[int]) -> tuple[Any, Callable[[Any], Any]]:
    """Return x as (rows, values over axes), and what brings such a thing back to the shape of x."""
    tensorflow = load_extra("tensorflow")
    shape = [int(size) for size in x.shape]
    last = sorted(axis % len(shape) for axis in axes)
    order = [axis for axis in range(len(shape)) if axis not in last] + last
    is_moved = order != sorted(order)
    moved = tensorflow.transpose(x, order) if is_moved else x
    width = prod(shape[axis] for axis in last)

    def back(rows: Any) -> Any:
        whole = tensorflow.reshape(rows, [shape[axis] for axis in order])
        return (
            tensorflow.transpose(whole, [order.index(axis) for axis in range(len(order))])
            if is_moved
            else whole
        )

    return tensorflow.reshape(moved, (prod(shape) // width, width)), back


def _standardized(rows: Any, epsilon: float, *, is_centered: bool) -> Any:
    """Return rows (n, values), each of mean 0, if is_centered, and of mean square 1."""
    tensorflow = load_extra("tensorflow")
    if is_centered:
        rows = rows - tensorflow.reduce_mean(rows, axis=1, keepdims=True)
    return rows * _reciprocal_root(_sum_of_squares(rows) / int(rows.shape[1]), epsilon)


def _sum_of_squares(rows: Any) -> Any:
    """Return (n, 1): each row times itself, summed before it is rounded."""
    tensorflow = load_extra("tensorflow")
    lying, standing = tensorflow.expand_dims(rows, 1), tensorflow.expand_dims(rows, 2)
    return tensorflow.reshape(tensorflow.matmul(lying, standing), (int(rows.shape[0]), 1))


def _reciprocal_root(values: Any, epsilon: float) -> Any:
    return load_extra("tensorflow").math.rsqrt(values + epsilon)


def _scaled(x: Any, scale: Any, shift: Any) -> Any:
    x = x if scale is None else x * scale
    return x if shift is None else x + shift


def _elu(x: Any, alpha: float = 1.0) -> Any:
    """Return ELU; x below 0 as x - relu(x): with MINIMUM the converter would cut what is above 0 off."""
    tensorflow = load_extra("tensorflow")
    above = tensorflow.nn.relu(x)
    below = tensorflow.exp(x - above) - 1.0
    return above + (below if alpha == 1.0 else alpha * below)


def _selu(x: Any) -> Any:
    return _SELU_SCALE * _elu(x, _SELU_ALPHA)


_CALLS: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "LayerNormalization": _layer_normalization,
    "RMSNormalization": _rms_normalization,
    "UnitNormalization": _unit_normalization,
    "GroupNormalization": _group_normalization,
}
_ACTIVATIONS: dict[str, Callable[..., Any]] = {"elu": _elu, "celu": _elu, "selu": _selu}
REWRITTEN = tuple(_ACTIVATIONS)
"""Activations that are not computed by one operator."""
REWRITTEN_LAYERS = (*_CALLS, "ELU")
