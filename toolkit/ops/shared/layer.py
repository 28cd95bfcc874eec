# SPDX-License-Identifier: Apache-2.0
"""A convolution or matrix as ARMv7E-M's kernels have it: tm_layer and the tables by channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels, costs, scaling
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import (
    ConstantArgument,
    KernelCall,
    NullArgument,
    ScratchArgument,
    TensorArgument,
    Variant,
    Walk,
)
from toolkit.ops.shared.packed import Packing, packing_of
from toolkit.ops.shared.window import Window

MOST_POINTER_BYTES = 8
"""The size of a pointer where generated C is verified; a core has smaller ones."""
_CHANNEL_BYTES = 12  # the size of tm_channel
_BYTE, _HALF, _SIGNED_BYTE, _MOST_STEP, _MOST_BATCHES = 255, 65535, 127, 127, 15
_NOT_PACKED = (0,) * 5


@dataclass(frozen=True, eq=False)
class Layer:
    """An operation whose window fits in tm_layer, and one form of the table of its channels.

    axis is that of the channels in the weights. Without packing the table is flat: a tm_channel for each.
    """

    found: channels.Operands
    window: Window
    axis: int
    packing: Packing | None
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
        packing = self.packing.values() if self.packing else _NOT_PACKED
        return (*sizes, *limits, *steps, from_end, *packing)

    def variant(self, way: Way) -> Variant:
        """Return the variant that computes the layer in a way."""
        count, room, packing = len(way.places), 0, self.packing
        taps = self.window.kernel_h * self.window.kernel_w if way.is_folded else 0
        cycles, table_bytes = costs.flat_cycles(way.readings * count), _CHANNEL_BYTES * count
        if packing:
            room, table_bytes = table_bytes, packing.table_bytes(count)
            cycles = costs.unpacked_cycles(count, taps)
        scratch = list(way.scratch)
        scratch[way.room] += room
        return Variant(
            name=way.name if packing else f"{way.name} flat",
            cycles=way.cycles + cycles,
            scratch_bytes=sum(scratch),
            lower=lambda: self._call(way, scratch),
            walks=lambda: self._walks(way.walks()),
            table_bytes=table_bytes,
            larger_of="" if packing else way.name,
        )

    def _walks(self, walks: Sequence[Walk]) -> tuple[Walk, ...]:
        """Return walks of which those with parameters go from the end."""
        back = {"layer": self.values(from_end=1)}
        return tuple(replace(walk, params=back) if walk.params else walk for walk in walks)

    def _call(self, way: Way, scratch: Sequence[int]) -> KernelCall:
        words, table = self._tables(way)
        weights = words.tobytes() + np.ascontiguousarray(way.weights()).tobytes()
        whole = np.frombuffer(weights + bytes(-len(weights) % 4), "<i4")
        unpacker = "tm_unpack_depthwise" if way.is_folded else "tm_unpack_channels"
        return KernelCall(
            kernel=way.kernel,
            params={
                "layer": self.values(),
                "weights": ConstantArgument("weights", whole, is_weights=True, first=len(words)),
                "channels": table,
            },
            arguments=(
                TensorArgument(self.found.source.id),
                *(ScratchArgument(size) if size else NullArgument() for size in scratch),
                TensorArgument(self.found.result.id),
            ),
            parts=(unpacker,) if self.packing else (),
        )

    def _tables(self, way: Way) -> tuple[NDArray[np.int32], ConstantArgument]:
        """Return the words that stand before the weights, and the table of channels."""
        if self.packing:
            return self.packing.words_of(way.places), self.packing.table_of(way.places)
        found, count = self.found, self.found.weights.shape[self.axis]
        bias = scaling.folded_bias(found, self.axis) if way.is_folded else channels.bias_values(found, count)
        multipliers, shifts = np.array(scaling.scales(found)).T
        columns = (np.broadcast_to(each, count) for each in (bias, multipliers, -shifts - 1))
        table = np.stack([*columns], axis=1)[list(way.places)].astype(np.int32)
        return np.zeros(0, np.int32), ConstantArgument("channels", table)


@dataclass(frozen=True, eq=False)
class Way:
    """How a kernel computes a layer, whatever form the table of its channels has.

    name is the variant's. cycles are without those of the table, which the kernel goes through so many times,
    readings, channels in the order of places. scratch has the bytes of each buffer, without those of the
    channels, which are unpacked into buffer room. weights gives the table of weights. is_folded says that
    sums start with what the input's zero point adds: other kernels see to it.
    """

    name: str
    kernel: str
    cycles: float
    readings: int
    places: Sequence[int]
    scratch: tuple[int, ...]
    weights: Callable[[], NDArray[np.generic]]
    walks: Callable[[], Sequence[Walk]]
    room: int = -1
    is_folded: bool = False


def layers_of(operation: Operation, found: channels.Operands, window: Window, axis: int) -> tuple[Layer, ...]:
    """Return an operation for which scaling.is_usual() with each form of its table, the packed one first.

    There is none if a size does not fit, and but the flat one if scales are too different.
    """
    sizes = (window.in_h, window.in_w, window.in_c, window.out_h, window.out_w, window.out_c)
    steps = (window.stride_h, window.stride_w, window.dilation_h, window.dilation_w)
    fits = max(sizes) <= _HALF and max(window.kernel_h, window.kernel_w) <= _BYTE
    if not fits or max(steps) > _MOST_STEP or window.batches > _MOST_BATCHES:
        return ()
    if max(abs(window.pad_top), abs(window.pad_left)) > _SIGNED_BYTE:
        return ()
    packing, limits = packing_of(found, axis), activation_range(operation, found.result)
    forms = (packing, None) if packing else (None,)
    return tuple(Layer(found, window, axis, form, limits) for form in forms)


def rows_window(rows: int, in_len: int, out_len: int) -> Window:
    """Return the window of a matrix: rows are pixels, in as many columns as it takes for tm_layer."""
    width = next((w for w in range(1, _HALF) if rows % w == 0 and rows // w <= _HALF), 1)
    height = rows // width
    return Window(1, height, width, in_len, height, width, out_len, *(1,) * 6, 0, 0)
