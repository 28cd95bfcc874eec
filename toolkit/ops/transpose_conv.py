# SPDX-License-Identifier: Apache-2.0
"""TRANSPOSE_CONV: 8x8 and 16x8, a convolution the other way round, weights per tensor or per channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import channels, costs, paired, scaling
from toolkit.ops.shared.layer import Way, layers_of
from toolkit.ops.shared.operands import constant_integers, quantization_of
from toolkit.ops.shared.operator import (
    Array,
    ConstantArgument,
    KernelCall,
    ParamValue,
    ScratchArgument,
    TensorArgument,
    Variant,
)
from toolkit.ops.shared.variants import VariedOperator
from toolkit.ops.shared.walk import transposed_walks
from toolkit.ops.shared.window import Window, window_of, window_problems
from toolkit.targets.target import Target

Int64 = channels.Int64


class TransposeConv(VariedOperator):
    """Weights are (output channels, height, width, input channels).

    The first input, the output's shape, need not be constant: TFLM does not read it.

    Every output pixel is computed at once from the few input pixels that reach it. Which taps these
    are depends on its place modulo the strides: its phase. So the weights are laid out by phase,
    and each phase is a plain convolution.
    """

    kind = "TRANSPOSE_CONV"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        if len(operation.inputs) not in (3, 4):
            return [f"it has {len(operation.inputs)} inputs, not 3 or 4"]
        forward = _forward(operation)
        problems = channels.operand_problems(graph, forward, weights_rank=4)
        if problems:
            return problems
        found = channels.operands_of(graph, forward)
        out_c, kernel_h, kernel_w, in_c = found.weights.shape
        problems = window_problems(operation, found.result, found.source, (kernel_h, kernel_w))
        if problems:
            return [f"as a convolution from its output to its input, {text}" for text in problems]
        if (found.source.shape[3], found.result.shape[3]) != (in_c, out_c):
            channels_found = f"{found.source.shape[3]} channels in and {found.result.shape[3]} out"
            problems.append(f"it has {channels_found}, its weights {in_c} and {out_c}")
        shape = graph.tensors[operation.inputs[0]] if operation.inputs[0] >= 0 else None
        if shape is None or (shape.is_constant and constant_integers(shape) != found.result.shape):
            problems.append("its output's shape is not the one that its output has")
        return problems + channels.channel_problems(operation, found, axis=0)

    def variants(self, graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
        found = channels.operands_of(graph, _forward(operation))
        plain = _plain_variant(operation, found)
        if not scaling.has_dsp_kernels(target) or not paired.can_pair(found, axis=0):
            return (plain,)
        window = _turned(_window(operation, found))
        if not _reaches_all(window):
            return (plain,)
        way = _paired_way(found, window)
        pairs = [layer.variant(way) for layer in layers_of(operation, found, window, axis=0)]
        return *(replace(each, is_worthwhile=each.cycles < plain.cycles) for each in pairs), plain

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        found = channels.operands_of(graph, _forward(operation))
        window = _window(operation, found)
        source, weights = inputs[2], found.weights.data
        assert source is not None
        assert weights is not None
        real = source.astype(np.int64) - quantization_of(found.source).zero_point
        sums = np.zeros(found.result.shape, dtype=np.int64)
        for y, x in np.ndindex(window.out_h, window.out_w):
            for tap_y, tap_x, to_y, to_x in window.inside(y, x):
                sums[:, to_y, to_x] += real[:, y, x] @ weights[:, tap_y, tap_x].astype(np.int64).T
        totals = sums + channels.bias_values(found, window.in_c)
        return [channels.to_outputs(totals, operation, found, channels.convolution_scales(found))]


def _forward(operation: Operation) -> Operation:
    """Return the operation with input, weights and bias where those of CONV_2D stand."""
    return replace(operation, inputs=(operation.inputs[2], operation.inputs[1], *operation.inputs[3:]))


def _window(operation: Operation, found: channels.Operands) -> Window:
    """Return the window of the convolution that goes from this one's output to its input."""
    _, kernel_h, kernel_w, _ = found.weights.shape
    return window_of(operation, found.result, found.source, (kernel_h, kernel_w))


def _turned(window: Window) -> Window:
    """Return the window with input and output in their own places, as the kernel takes it."""
    return replace(
        window,
        in_h=window.out_h,
        in_w=window.out_w,
        in_c=window.out_c,
        out_h=window.in_h,
        out_w=window.in_w,
        out_c=window.in_c,
    )


def _phases(found: channels.Operands, window: Window) -> Iterator[Int64]:
    """Yield the weights of each phase, row by row: (out channels, rows, columns, input channels).

    A phase is the output pixels of one (row, column) modulo the strides; its weights stand in the
    order of the input's pixels. One that no tap meets has weights without elements.
    """
    assert found.weights.data is not None
    weights = found.weights.data.astype(np.int64)
    for row, column in np.ndindex(window.stride_h, window.stride_w):
        taps = weights[:, row :: window.stride_h, column :: window.stride_w]
        yield taps[:, ::-1, ::-1]


def _plain_variant(operation: Operation, found: channels.Operands) -> Variant:
    window = _turned(_window(operation, found))
    pixels, taps = found.result.elements // window.out_c, window.kernel_h * window.kernel_w
    met = taps // (window.stride_h * window.stride_w)
    return Variant(
        name="plain",
        cycles=costs.plain_cycles(found.result.elements, met * window.in_c)
        + costs.gather_cycles(pixels, 1, met),
        scratch_bytes=_patch_bytes(found, window),
        lower=lambda: _plain_call(operation, found),
        walks=lambda: transposed_walks(found.source, found.result, window.in_bytes(found.item_bytes)),
    )


def _patch_bytes(found: channels.Operands, window: Window) -> int:
    """Return the size of the inputs that the largest phase meets."""
    return max(1, _most_taps(window) * window.in_c) * found.item_bytes


def _plain_call(operation: Operation, found: channels.Operands) -> KernelCall:
    window = _turned(_window(operation, found))
    scales = channels.convolution_scales(found)
    phases = list(_phases(found, window))
    starts = np.cumsum([0, *(phase.size for phase in phases[:-1])])
    table = [(*phase.shape[1:3], start) for phase, start in zip(phases, starts, strict=True)]
    zero_point = quantization_of(found.source).zero_point
    bias = channels.bias_values(found, window.out_c)
    folded = [bias - zero_point * phase.sum(axis=(1, 2, 3)) for phase in phases]
    weights = np.concatenate([phase.ravel() for phase in phases]).astype(np.int8)
    params: dict[str, ParamValue] = {
        "window": window.in_bytes(found.item_bytes).values(),
        "output": channels.output_values(operation, found, scales),
    }
    if not found.is_wide:
        params["padding"] = zero_point
    return KernelCall(
        kernel=f"tm_transpose_conv_{found.suffix}",
        params=params,
        arguments=(
            TensorArgument(found.source.id),
            ConstantArgument("phases", np.array(table, dtype=np.int32)),
            ConstantArgument("weights", weights, is_weights=True),
            channels.bias_table(found, np.array(folded)),
            *channels.scale_tables(found, scales),
            ScratchArgument(_patch_bytes(found, window)),
            TensorArgument(found.result.id),
        ),
    )


def _reaches_all(window: Window) -> bool:
    """Return whether taps reach every phase."""
    return window.kernel_h >= window.stride_h and window.kernel_w >= window.stride_w


def _most_taps(window: Window) -> int:
    return -(-window.kernel_h // window.stride_h) * -(-window.kernel_w // window.stride_w)


def _paired_way(found: channels.Operands, window: Window) -> Way:
    tiles = window.batches * window.out_h * -(-window.out_w // (4 * window.stride_w))
    cycles = sum(
        costs.tile_cycles(4, window.out_c, window.in_c, taps.shape[1] * taps.shape[2])
        for taps in _phases_in_place(found, window)
    )
    # a pixel outside of the image, and four pixels' outputs
    buffers = window.in_c + 4 * window.out_c
    return Way(
        name="pairs",
        kernel="tm_transpose_conv_pairs_s8",
        cycles=tiles * cycles / window.stride_h,
        readings=tiles * window.stride_w,
        places=paired.in_twos(window.out_c),
        scratch=(paired.tile_bytes(window.in_c, _most_taps(window)) + buffers,),
        weights=lambda: _paired_weights(found, window),
        walks=lambda: transposed_walks(found.source, found.result, window),
    )


def _paired_weights(found: channels.Operands, window: Window) -> Array:
    tables = []
    for taps in _phases_in_place(found, window):
        by_column = taps.swapaxes(1, 2)
        runs = by_column.shape[1] * by_column.shape[2]
        tables.append(paired.paired_weights(by_column.reshape(len(taps), -1), runs).ravel())
    return np.concatenate(tables)


def _phases_in_place(found: channels.Operands, window: Window) -> Iterator[Int64]:
    """Yield each phase's weights as _phases() does, from the output's first pixel on, in the taps' order."""
    weights = found.weights.data
    assert weights is not None
    for y, x in np.ndindex(window.stride_h, window.stride_w):
        row, column = (y + window.pad_top) % window.stride_h, (x + window.pad_left) % window.stride_w
        yield weights.astype(np.int64)[:, row :: window.stride_h, column :: window.stride_w]


OPERATOR = TransposeConv()
