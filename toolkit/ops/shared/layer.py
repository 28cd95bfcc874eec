# SPDX-License-Identifier: Apache-2.0
"""A convolution or matrix as ARMv7E-M's kernels have it: tm_layer and the tables by channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import (
    ConstantArgument,
    KernelCall,
    ScratchArgument,
    TensorArgument,
    Walk,
)
from toolkit.ops.shared.packed import Packing, packing_of
from toolkit.ops.shared.window import Window

CHANNEL_BYTES = 12
"""The size of tm_channel."""
MOST_POINTER_BYTES = 8
"""The size of a pointer where generated C is verified; a core has smaller ones."""
_BYTE, _HALF, _SIGNED_BYTE, _MOST_STEP, _MOST_BATCHES = 255, 65535, 127, 127, 15


@dataclass(frozen=True, eq=False)
class Layer:
    """An operation whose window fits in tm_layer and whose channels could be packed."""

    found: channels.Operands
    window: Window
    packing: Packing
    limits: tuple[int, int]

    @property
    def has_all_outputs(self) -> bool:
        """Whether outputs may be all numbers of int8."""
        return self.limits == (-128, 127)

    def values(self, from_end: int = 0) -> tuple[int, ...]:
        """Return the initializer of tm_layer."""
        w, found = self.window, self.found
        zero_points = (quantization_of(each).zero_point for each in (found.source, found.result))
        sizes = (w.in_h, w.in_w, w.in_c, w.out_h, w.out_w, w.out_c, w.kernel_h, w.kernel_w)
        steps = (w.batches, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w)
        limits = (w.pad_top, w.pad_left, *zero_points, *self.limits)
        return (*sizes, *limits, *steps, from_end, *self.packing.values())

    def walks(self, walks: Sequence[Walk]) -> tuple[Walk, ...]:
        """Return walks of which those with parameters go from the end."""
        back = {"layer": self.values(from_end=1)}
        return tuple(replace(walk, params=back) if walk.params else walk for walk in walks)

    def call(
        self,
        kernel: str,
        weights: NDArray[np.generic],
        places: Sequence[int],
        scratch: Sequence[int],
    ) -> KernelCall:
        """Return the call of a kernel with its table of weights, channels in the order of places, and with
        so many bytes of each buffer.
        """
        table = self.packing.words_of(places).tobytes() + np.ascontiguousarray(weights).tobytes()
        words = np.frombuffer(table + bytes(-len(table) % 4), "<i4")
        return KernelCall(
            kernel=kernel,
            params={
                "layer": self.values(),
                "weights": ConstantArgument("weights", words, is_weights=True),
                "more": self.packing.more_of(places),
            },
            arguments=(
                TensorArgument(self.found.source.id),
                *map(ScratchArgument, scratch),
                TensorArgument(self.found.result.id),
            ),
        )


def layer_of(operation: Operation, found: channels.Operands, window: Window, axis: int) -> Layer | None:
    """Return an operation for which scaling.is_usual(); None if a size or a scale does not fit."""
    sizes = (window.in_h, window.in_w, window.in_c, window.out_h, window.out_w, window.out_c)
    steps = (window.stride_h, window.stride_w, window.dilation_h, window.dilation_w)
    fits = max(sizes) <= _HALF and max(window.kernel_h, window.kernel_w) <= _BYTE
    if not fits or max(steps) > _MOST_STEP or window.batches > _MOST_BATCHES:
        return None
    if max(abs(window.pad_top), abs(window.pad_left)) > _SIGNED_BYTE:
        return None
    packing = packing_of(found, axis)
    return Layer(found, window, packing, activation_range(operation, found.result)) if packing else None


def rows_window(rows: int, in_len: int, out_len: int) -> Window:
    """Return the window of a matrix: rows are pixels, in as many columns as it takes for tm_layer."""
    width = next((w for w in range(1, _HALF) if rows % w == 0 and rows // w <= _HALF), 1)
    height = rows // width
    return Window(1, height, width, in_len, height, width, out_len, *(1,) * 6, 0, 0)
