# SPDX-License-Identifier: Apache-2.0
"""Depthwise convolutions four channels at a time: the layout of ARMv7E-M's kernels (tm_fours.h)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.ops.shared import channels, scaling
from toolkit.ops.shared.window import Window

_AXIS = 3


def can_take(found: channels.Operands, window: Window) -> bool:
    """Return whether the kernels can compute a DEPTHWISE_CONV_2D with a multiplier of 1."""
    return window.in_c == window.out_c >= 4 and scaling.is_usual(found, _AXIS, ("int8", "int4"))


def is_3x3(window: Window) -> bool:
    """Return whether the kernel for 3 x 3 taps side by side can do it."""
    steps = (window.stride_h, window.stride_w, window.dilation_h, window.dilation_w)
    return (window.kernel_h, window.kernel_w) == (3, 3) and steps == (1, 1, 1, 1)


def weights_by_four(found: channels.Operands, *, by_column: bool) -> NDArray[np.generic]:
    """Return for each four channels and each tap a word of four weights.

    by_column: a column of taps comes after the other, else a row. Weights of int4 stay packed, two in a byte.
    """
    assert found.weights.data is not None
    taps = found.weights.data[0].transpose(1, 0, 2) if by_column else found.weights.data[0]
    taps = np.ascontiguousarray(taps, dtype=np.int8).reshape(-1, taps.shape[2])
    places = channels_by_four(taps.shape[1])
    fours = np.ascontiguousarray(taps[:, places].reshape(len(taps), -1, 4).swapaxes(0, 1))
    if found.weights.dtype == "int4":
        return (fours.view(np.uint8)[..., 0::2] & 15) | fours.view(np.uint8)[..., 1::2] << 4
    return fours.view("<i4")[:, :, 0]


def unpacked_bytes(found: channels.Operands, window: Window) -> tuple[int, ...]:
    """Return the size of the buffer for weights of int4 as words of int8; () for int8, which needs none."""
    groups, taps = -(-window.in_c // 4), window.kernel_h * window.kernel_w
    return (4 * groups * (4 + taps),) if found.weights.dtype == "int4" else ()


def channels_by_four(count: int) -> list[int]:
    """Return the channels as the kernels take them: the last four overlap those before if need be."""
    starts = [min(start, count - 4) for start in range(0, count, 4)]
    return [start + i for start in starts for i in range(4)]
