# SPDX-License-Identifier: Apache-2.0
"""SOFTMAX on int16: exp and 1 / (1 + x) from tables, with straight lines between their entries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from toolkit.ops.shared.operator import ConstantArgument, KernelCall, TensorArgument
from toolkit.ops.shared.requantize import Int64, quantize_multiplier, requantize

# exp's argument, from -10 to 0, in 65535 steps.
_STEP = 10.0 / 65535.0
MOST_WIDE_CLASSES = 65535
# A difference has 16 bits and must not be shifted out of 32.
MOST_WIDE_RATIO = 2.0**14

Real = NDArray[np.floating]


def step_ratio(scale: float) -> float:
    """Return what a step of scale (beta included) is in steps of exp's argument."""
    return scale / _STEP


def wide_softmax_call(source: int, result: int, rows: int, depth: int, scale: float) -> KernelCall:
    """Return the call for rows of depth numbers in steps of scale, which is the input's times beta."""
    multiplier, shift = quantize_multiplier(step_ratio(scale))
    return KernelCall(
        kernel="tm_softmax_s16",
        params={"rows": rows, "depth": depth, "multiplier": multiplier, "shift": shift},
        arguments=(
            TensorArgument(source),
            ConstantArgument("exp", exp_table()),
            ConstantArgument("inverse", inverse_table()),
            TensorArgument(result),
        ),
    )


def wide_softmax(x: Int64, scale: float) -> Int64:
    """Return the shares of x (..., depth) in steps of 2**-15."""
    differences = x - x.max(axis=-1, keepdims=True)
    places = requantize(differences, *quantize_multiplier(step_ratio(scale))) + 2**15 - 1
    exps = _look_up(exp_table(), places)
    sums = exps.sum(axis=-1, keepdims=True)
    headroom = 31 - np.frompyfunc(int.bit_length, 1, 1)(sums.astype(object)).astype(np.int64)
    normal = ((sums << headroom) + (1 << 13)) >> 14
    inverse = _look_up(inverse_table(), normal - (1 << 15) - (1 << 16))
    shift = 30 - headroom
    return np.asarray(np.clip((exps * inverse + (1 << (shift - 1))) >> shift, 0, 2**15 - 1), dtype=np.int64)


def exp_table() -> NDArray[np.int16]:
    """Return exp(10 * (i / 512 - 1)) for i from 0 to 512, in steps of 2**-15."""
    return _table(np.exp, -10.0, 0.0, np.float64)


def inverse_table() -> NDArray[np.int16]:
    """Return 1 / (1 + i / 512) for i from 0 to 512, in steps of 2**-15."""
    return _table(lambda x: 1 / (1 + x), 0.0, 1.0, np.float32)


def _table(
    function: Callable[[Real], Real], low: float, high: float, dtype: type[np.floating]
) -> NDArray[np.int16]:
    """Return 513 values, each but the last moved by half of what a line to the next is off in the middle.

    Found by experiment: with these roundings and types all entries are TFLM's.
    """
    step = dtype((high - low) / 512)
    places = dtype(low) + np.arange(513, dtype=dtype) * step
    here = function(places) * dtype(2**15)
    middle = _rounded(function(places[:-1] + step / dtype(2)) * dtype(2**15))
    line = _rounded((here[1:] + _rounded(here[:-1])) / dtype(2))
    entries = np.append(_rounded(here[:-1]) - _rounded((line - middle) / dtype(2)), _rounded(here[-1:]))
    return np.asarray(np.clip(entries, -(2**15), 2**15 - 1), dtype=np.int16)


def _rounded(x: Real) -> Real:
    return np.asarray(np.copysign(np.floor(np.abs(x) + x.dtype.type(0.5)), x))


def _look_up(table: NDArray[np.int16], places: Int64) -> Int64:
    """Return the table's values at places from -32768 to 32767; what is farther counts as the nearest."""
    held = np.clip(places, -(2**15), 2**15 - 1)
    entries, index = table.astype(np.int64), 256 + (held >> 7)
    rise = (entries[index + 1] - entries[index]) * (held & 127)
    return np.asarray(entries[index] + ((rise + 64) >> 7), dtype=np.int64)
