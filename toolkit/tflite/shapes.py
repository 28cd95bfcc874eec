# SPDX-License-Identifier: Apache-2.0
"""The shapes and small integers that operators give, as TFLite finds them when it starts.

Of those operators alone through which a free batch size, or a shape computed from one, goes in models that
converters wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation

Shape = tuple[int, ...]
Values = NDArray[np.generic]
Known = Sequence[Values | None]


class UnclearError(Exception):
    """What an operator gives does not follow from what is known here."""


def values_of(operation: Operation, inputs: Sequence[Values], shapes: Sequence[Shape]) -> list[Values]:
    """Return the outputs of an operation of small integers. Raises UnclearError."""
    rule = _VALUES.get(operation.kind)
    if rule is None:
        raise UnclearError
    return [np.asarray(value) for value in _asked(lambda: rule(operation, inputs, shapes))]


def shapes_of(operation: Operation, shapes: Sequence[Shape], known: Known, count: int) -> list[Shape]:
    """Return the shapes of an operation's count outputs; known has the values of its constant inputs.

    Raises UnclearError.
    """
    if operation.kind in _SAME:
        return [shapes[0]] * count
    if operation.kind in _BROADCASTING:
        return [_asked(lambda: np.broadcast_shapes(*shapes))]
    rule = _SHAPES.get(operation.kind)
    if rule is None:
        raise UnclearError
    return [_asked(lambda: rule(operation, shapes, known))] * count


def _asked(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except (ValueError, IndexError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise UnclearError from error


def _number(operation: Operation, name: str, default: int = 0) -> int:
    value = operation.options.get(name, default)
    if not isinstance(value, int):
        raise UnclearError
    return value


def _numbers(values: Values | None) -> list[int]:
    if values is None:
        raise UnclearError
    return [int(value) for value in values.ravel()]


def _of_shape(shape: Shape) -> Values:
    """Return an array of a shape that takes no memory."""
    return np.broadcast_to(np.zeros((), np.int8), shape)


def _stride(operation: Operation, begin: Values, end: Values, steps: Values) -> tuple[slice | int, ...]:
    """Return NumPy's index of a STRIDED_SLICE."""
    if _number(operation, "ellipsis_mask") or _number(operation, "new_axis_mask"):
        raise UnclearError
    begins, ends, shrinks = (_number(operation, f"{name}_mask") for name in ("begin", "end", "shrink_axis"))
    places = enumerate(zip(_numbers(begin), _numbers(end), _numbers(steps), strict=True))
    return tuple(
        first
        if shrinks >> i & 1
        else slice(None if begins >> i & 1 else first, None if ends >> i & 1 else last, step)
        for i, (first, last, step) in places
    )


def _window(operation: Operation, shapes: Sequence[Shape], out_c: int, taps: Sequence[int]) -> Shape:
    batches, *sides, _ = shapes[0]
    sizes = []
    for side, tap, name in zip(sides, taps, ("h", "w"), strict=True):
        stride = _number(operation, f"stride_{name}", 1)
        reach = (tap - 1) * _number(operation, f"dilation_{name}_factor", 1) + 1
        lost = 0 if operation.options.get("padding") == "SAME" else reach - 1
        sizes.append(-(-(side - lost) // stride))
    if min(sizes) < 1:
        raise UnclearError
    return (batches, *sizes, out_c)


def _pool(operation: Operation, shapes: Sequence[Shape], _: Known) -> Shape:
    taps = _number(operation, "filter_height"), _number(operation, "filter_width")
    return _window(operation, shapes, shapes[0][3], taps)


def _matrix(operation: Operation, shapes: Sequence[Shape], _: Known) -> Shape:
    units, length = shapes[1]
    if operation.options.get("keep_num_dims"):
        return (*shapes[0][:-1], units)
    rows, rest = divmod(prod(shapes[0]), length)
    if rest:
        raise UnclearError
    return (rows, units)


def _reshaped(operation: Operation, shapes: Sequence[Shape], known: Known) -> Shape:
    given = operation.options.get("new_shape") if len(known) == 1 else tuple(_numbers(known[1]))
    sizes = given if isinstance(given, tuple) else ()
    if not sizes or min(sizes) < -1:
        raise UnclearError
    return tuple(_of_shape(shapes[0]).reshape(sizes).shape)


def _reduced(operation: Operation, shapes: Sequence[Shape], known: Known) -> Shape:
    gone = {range(len(shapes[0]))[axis] for axis in _numbers(known[1])}
    if operation.options.get("keep_dims"):
        return tuple(1 if axis in gone else side for axis, side in enumerate(shapes[0]))
    return tuple(side for axis, side in enumerate(shapes[0]) if axis not in gone)


def _squeezed(operation: Operation, shapes: Sequence[Shape], _: Known) -> Shape:
    axes = operation.options.get("squeeze_dims") or ()
    return tuple(_of_shape(shapes[0]).squeeze(axes if isinstance(axes, tuple) and axes else None).shape)


def _to_batches(_: Operation, shapes: Sequence[Shape], known: Known) -> Shape:
    block, around = _numbers(known[1]), _numbers(known[2])
    sides = [
        divmod(side + around[2 * i] + around[2 * i + 1], block[i]) for i, side in enumerate(shapes[0][1:-1])
    ]
    if any(rest for _, rest in sides):
        raise UnclearError
    return (shapes[0][0] * prod(block), *(side for side, _ in sides), shapes[0][-1])


def _to_space(_: Operation, shapes: Sequence[Shape], known: Known) -> Shape:
    block, crops = _numbers(known[1]), _numbers(known[2])
    batches, rest = divmod(shapes[0][0], prod(block))
    if rest:
        raise UnclearError
    sides = (side * block[i] - crops[2 * i] - crops[2 * i + 1] for i, side in enumerate(shapes[0][1:-1]))
    return (batches, *sides, shapes[0][-1])


def _product(operation: Operation, shapes: Sequence[Shape], _: Known) -> Shape:
    one, other = shapes[0], shapes[1]
    rows = one[-1] if operation.options.get("adj_x") else one[-2]
    columns = other[-2] if operation.options.get("adj_y") else other[-1]
    return (*np.broadcast_shapes(one[:-2], other[:-2]), rows, columns)


def _joined(operation: Operation, shapes: Sequence[Shape], _: Known) -> Shape:
    axis = range(len(shapes[0]))[_number(operation, "axis")]
    if len({shape[:axis] + shape[axis + 1 :] for shape in shapes}) > 1:
        raise UnclearError
    return (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])


def _padded(_: Operation, shapes: Sequence[Shape], known: Known) -> Shape:
    around = _numbers(known[1])
    return tuple(side + around[2 * i] + around[2 * i + 1] for i, side in enumerate(shapes[0]))


def _packed(operation: Operation, shapes: Sequence[Shape], _: Known) -> Shape:
    if len(set(shapes)) > 1:
        raise UnclearError
    axis = range(len(shapes[0]) + 1)[_number(operation, "axis")]
    return (*shapes[0][:axis], len(shapes), *shapes[0][axis:])


def _split(operation: Operation, shapes: Sequence[Shape], known: Known) -> Shape:
    axis = range(len(shapes[1]))[_numbers(known[0])[0]]
    side, rest = divmod(shapes[1][axis], _number(operation, "num_splits"))
    if rest:
        raise UnclearError
    return (*shapes[1][:axis], side, *shapes[1][axis + 1 :])


def _unpacked(operation: Operation, shapes: Sequence[Shape], _: Known) -> Shape:
    axis = range(len(shapes[0]))[_number(operation, "axis")]
    return shapes[0][:axis] + shapes[0][axis + 1 :]


_SAME = frozenset(
    (
        *("ABS", "CAST", "DEQUANTIZE", "ELU", "EXP", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "NEG"),
        *("QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1", "RSQRT", "SQRT", "SQUARE", "SOFTMAX", "LOG_SOFTMAX"),
        *("TANH", "L2_NORMALIZATION", "LOG"),
    )
)
_BROADCASTING = frozenset(("ADD", "SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM", "SQUARED_DIFFERENCE", "PRELU"))
_SHAPES: Mapping[str, Callable[[Operation, Sequence[Shape], Known], Shape]] = MappingProxyType(
    {
        "AVERAGE_POOL_2D": _pool,
        "BATCH_MATMUL": _product,
        "BATCH_TO_SPACE_ND": _to_space,
        "BROADCAST_TO": lambda _, __, known: tuple(_numbers(known[1])),
        "CONCATENATION": _joined,
        "CONV_2D": lambda o, shapes, _: _window(o, shapes, shapes[1][0], shapes[1][1:3]),
        "DEPTHWISE_CONV_2D": lambda o, shapes, _: _window(o, shapes, shapes[1][3], shapes[1][1:3]),
        "EXPAND_DIMS": lambda _, shapes, known: tuple(
            np.expand_dims(_of_shape(shapes[0]), tuple(_numbers(known[1]))).shape
        ),
        "FILL": lambda _, __, known: tuple(_numbers(known[0])),
        "FULLY_CONNECTED": _matrix,
        "MAX_POOL_2D": _pool,
        **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"), _reduced),
        "PACK": _packed,
        **dict.fromkeys(("PAD", "PADV2", "MIRROR_PAD"), _padded),
        "RESHAPE": _reshaped,
        **dict.fromkeys(
            ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"),
            lambda _, shapes, known: (shapes[0][0], *_numbers(known[1]), shapes[0][3]),
        ),
        "SPACE_TO_BATCH_ND": _to_batches,
        "SQUEEZE": _squeezed,
        "STRIDED_SLICE": lambda o, shapes, known: tuple(
            _of_shape(shapes[0])[_stride(o, *(np.array(_numbers(v)) for v in known[1:]))].shape
        ),
        "SLICE": lambda _, shapes, known: tuple(
            side - first if size == -1 else size
            for side, first, size in zip(shapes[0], _numbers(known[1]), _numbers(known[2]), strict=True)
        ),
        "SPLIT": _split,
        "TILE": lambda _, shapes, known: tuple(np.multiply(shapes[0], _numbers(known[1])).tolist()),
        "TRANSPOSE": lambda _, shapes, known: tuple(shapes[0][axis] for axis in _numbers(known[1])),
        "TRANSPOSE_CONV": lambda _, __, known: tuple(_numbers(known[0])),
        "UNPACK": _unpacked,
    }
)
_ValuesRule = Callable[[Operation, Sequence[Any], Sequence[Shape]], list[Any]]
_VALUES: Mapping[str, _ValuesRule] = MappingProxyType(
    {
        "ADD": lambda _, x, __: [x[0] + x[1]],
        "CAST": lambda _, x, __: [x[0]],
        "CONCATENATION": lambda o, x, _: [np.concatenate(x, axis=_number(o, "axis"))],
        "FLOOR_DIV": lambda _, x, __: [x[0] // x[1]],
        "GATHER": lambda o, x, _: [np.take(x[0], x[1], axis=_number(o, "axis"))],
        "MUL": lambda _, x, __: [x[0] * x[1]],
        "PACK": lambda o, x, _: [np.stack(x, axis=_number(o, "axis"))],
        "REDUCE_PROD": lambda o, x, _: [
            np.prod(x[0], axis=tuple(_numbers(x[1])), keepdims=bool(o.options.get("keep_dims")))
        ],
        "RESHAPE": lambda _, x, __: [x[0].reshape(_numbers(x[1]))],
        "SHAPE": lambda _, __, shapes: [np.array(shapes[0])],
        "STRIDED_SLICE": lambda o, x, _: [x[0][_stride(o, *x[1:])]],
        "SUB": lambda _, x, __: [x[0] - x[1]],
    }
)
