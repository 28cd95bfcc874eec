# SPDX-License-Identifier: Apache-2.0
"""Sigmoid and tanh of 16-bit numbers: a table and straight lines between its entries.

The entries stand at multiples of 1/24. Each is moved from the sigmoid by a sixteenth of its bend over
one step, against which the straight lines' errors are even to both sides; the last is as near to 1 as
can be. Found by comparing all 65,536 numbers at seven scales with TFLM's LOGISTIC and TANH of int16:
no byte differs. kernels/tm_sigmoid_table.h is the same in C.
"""

from __future__ import annotations

import numpy as np

from toolkit.ops.shared.operator import ConstantArgument
from toolkit.ops.shared.requantize import Int64

_A_UNIT = 24
_ENTRIES = 256
_TABLE_BITS = 16
_BETWEEN_BITS = 9
_INPUT_BITS = 12


def sigmoid_table() -> Int64:
    """Return the sigmoid at 0, 1/24, 2/24 ... in steps of 2**-16."""
    s = 1 / (1 + np.exp(-np.arange(_ENTRIES) / _A_UNIT))
    bend = s * (1 - s) * (1 - 2 * s) / _A_UNIT**2
    table = np.floor((s - bend / 16) * 2.0**_TABLE_BITS + 0.5).astype(np.int64)
    table[-1] = 2**_TABLE_BITS - 1
    return table


def table_argument() -> ConstantArgument:
    """Return the table as kernels take it."""
    return ConstantArgument("sigmoid", sigmoid_table().astype(np.uint16))


def sigmoid(x: Int64, shift: int) -> Int64:
    """Return the sigmoid of x * 2**-shift in steps of 2**-15."""
    return sigmoid_of_steps(_steps(x, shift))


def tanh(x: Int64, shift: int) -> Int64:
    """Return the tanh of x * 2**-shift in steps of 2**-15."""
    return tanh_of_steps(_steps(x, shift))


def sigmoid_of_steps(v: Int64) -> Int64:
    """Return the sigmoid of v / 12288 in steps of 2**-15."""
    whole = _between(np.abs(v), (2**15 - 1) << 10)
    return np.asarray(np.where(v < 0, (1 << 25) - whole + 511, whole + 512) >> 10, np.int64)


def tanh_of_steps(v: Int64) -> Int64:
    """Return the tanh of v / 12288 in steps of 2**-15: 2 * sigmoid(2 * x) - 1."""
    whole = _between(2 * np.abs(v), (2**16 - 1) << 9)
    return np.asarray(np.where(v < 0, (1 << 24) - whole + 255, whole - (1 << 24) + 256) >> 9, np.int64)


def _steps(x: Int64, shift: int) -> Int64:
    """Return x * 2**-shift in steps of 1/24 of 2**-9, to the nearest, ties up."""
    right = shift - _INPUT_BITS
    thrice = 3 * np.asarray(x, np.int64)
    return np.asarray((thrice + (1 << right >> 1)) >> right if right > 0 else thrice << -right, np.int64)


def _between(magnitude: Int64, beyond: int) -> Int64:
    """Return the sigmoid of a magnitude in steps of 2**-25; beyond is what it is past the table."""
    table = sigmoid_table()
    place = np.minimum(magnitude >> _BETWEEN_BITS, _ENTRIES - 1)
    rise = table[np.minimum(place + 1, _ENTRIES - 1)] - table[place]
    whole = (table[place] << _BETWEEN_BITS) + (magnitude & 511) * rise
    return np.asarray(np.where(place == _ENTRIES - 1, beyond, whole), np.int64)
