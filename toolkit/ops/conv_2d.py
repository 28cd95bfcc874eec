# SPDX-License-Identifier: Apache-2.0
"""CONV_2D: 8x8, 16x8 and 8x4, weights per tensor or per channel, dilated and grouped as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import channels, costs, paired, scaling, small, thumb1
from toolkit.ops.shared.dense import dense_operands, dense_variant
from toolkit.ops.shared.layer import Way, layers_of
from toolkit.ops.shared.matrix import matrix_variants
from toolkit.ops.shared.narrow import groups_variant, narrow_variant
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import (
    Argument,
    Array,
    KernelCall,
    ParamValue,
    ScratchArgument,
    TensorArgument,
    Variant,
)
from toolkit.ops.shared.variants import VariedOperator
from toolkit.ops.shared.walk import window_tile_walks, window_walks
from toolkit.ops.shared.wide_layer import wide_variants
from toolkit.ops.shared.window import Window, window_of, window_problems
from toolkit.targets.target import Target

_TILE = 4


class Conv2d(VariedOperator):
    """Weights are (output channels, height, width, input channels of a group)."""

    kind = "CONV_2D"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = channels.operand_problems(
            graph, operation, weights_rank=4, weights_dtypes=("int8", "int4"), short_bias=True
        )
        if problems:
            return problems
        found = channels.operands_of(graph, operation)
        out_c, kernel_h, kernel_w, in_c = found.weights.shape
        problems = window_problems(operation, found.source, found.result, (kernel_h, kernel_w))
        if problems:
            return problems
        groups = found.source.shape[3] // in_c
        if groups * in_c != found.source.shape[3] or out_c % max(groups, 1):
            problems.append(
                f"its weights for {in_c} input and {out_c} output channels do not divide "
                f"an input of {found.source.shape[3]} into groups"
            )
        if found.result.shape[3] != out_c:
            problems.append(f"its output has {found.result.shape[3]} channels, its weights {out_c}")
        return problems + channels.channel_problems(operation, found, axis=0)

    def variants(self, graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
        found = channels.operands_of(graph, operation)
        window = _window(operation, found)
        if _is_matrix(window) and window.in_c == found.weights.shape[3]:
            return matrix_variants(graph, operation, target)
        plain = _plain_variant(operation, found, window)
        if thumb1.has_kernels(target):
            return thumb1.convolution(operation, found, window, plain)
        if window.in_c == found.weights.shape[3]:
            return (*own_variants(graph, operation, found, window, target), plain)
        weights = found.weights.data
        return (*ungrouped_variants(graph, operation, found, window, target, weights, plain), plain)

    def window(self, graph: Graph, operation: Operation) -> Window:
        return _window(operation, channels.operands_of(graph, operation))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        found = channels.operands_of(graph, operation)
        window = _window(operation, found)
        source, weights = inputs[0], found.weights.data
        assert source is not None
        assert weights is not None
        real = source.astype(np.int64) - quantization_of(found.source).zero_point
        groups = window.in_c // weights.shape[3]
        sums = np.zeros((*found.result.shape[:3], groups, window.out_c // groups), dtype=np.int64)
        split = real.reshape(*real.shape[:3], groups, -1)
        kernel = weights.astype(np.int64).reshape(groups, -1, *weights.shape[1:])
        for y, x in np.ndindex(window.out_h, window.out_w):
            for tap_y, tap_x, in_y, in_x in window.inside(y, x):
                products = split[:, in_y, in_x, :, None, :] * kernel[:, :, tap_y, tap_x, :]
                sums[:, y, x] += products.sum(axis=-1)
        totals = sums.reshape(found.result.shape) + channels.bias_values(found, window.out_c)
        return [channels.to_outputs(totals, operation, found, channels.convolution_scales(found))]


def convolution_call(
    operation: Operation, found: channels.Operands, window: Window, weights: Argument, axis: int
) -> KernelCall:
    """Return the call of tm_conv_2d_* with these weights, (out_c, kernel_h, kernel_w, in_c of a group).

    axis is where the output channels stand in the file: 0, or 3 for a DEPTHWISE_CONV_2D.
    """
    scales = channels.convolution_scales(found)
    in_c = found.weights.shape[3] if axis == 0 else 1
    params: dict[str, ParamValue] = {
        "window": window.in_bytes(found.item_bytes).values(),
        "output": channels.output_values(operation, found, scales),
        "groups": window.in_c // in_c,
    }
    if not found.is_wide:
        params["padding"] = quantization_of(found.source).zero_point
    return KernelCall(
        kernel=f"tm_conv_2d_{found.suffix}",
        params=params,
        arguments=(
            TensorArgument(found.source.id),
            weights,
            channels.folded_bias(found, axis),
            *channels.scale_tables(found, scales),
            ScratchArgument(window.kernel_h * window.kernel_w * in_c * found.item_bytes),
            TensorArgument(found.result.id),
        ),
    )


def _plain_variant(operation: Operation, found: channels.Operands, window: Window) -> Variant:
    groups = window.in_c // found.weights.shape[3]
    pixels, taps = found.result.elements // window.out_c, window.kernel_h * window.kernel_w
    weights = channels.weights_argument(found)
    return Variant(
        name="plain",
        cycles=costs.plain_cycles(found.result.elements, found.weights.elements // window.out_c)
        + costs.gather_cycles(pixels, groups, taps),
        scratch_bytes=found.weights.elements // window.out_c * found.item_bytes,
        lower=lambda: convolution_call(operation, found, window, weights, axis=0),
        walks=lambda: window_walks(found.source, found.result, window.in_bytes(found.item_bytes), groups),
    )


def ungrouped_variants(
    graph: Graph,
    operation: Operation,
    found: channels.Operands,
    window: Window,
    target: Target,
    weights: Array | None,
    plain: Variant,
) -> Iterator[Variant]:
    """Yield the variants of own_variants for groups, weights (out_c, kernel_h, kernel_w, in_c of one)."""
    if not scaling.has_dsp_kernels(target) or found.suffix == "s4":
        return
    assert weights is not None
    yield from _grouped_variants(operation, found, window, weights, plain)
    dense = dense_operands(found, weights.astype(np.int64))
    for variant in own_variants(graph, operation, dense, window, target):
        yield dense_variant(variant, dense.weights.elements - found.weights.elements, plain)


def _grouped_variants(
    operation: Operation, found: channels.Operands, window: Window, weights: Array, plain: Variant
) -> Iterator[Variant]:
    """Yield the variants of groups by their own weights, (out_c, kernel_h, kernel_w, in_c of one)."""
    groups = window.in_c // weights.shape[3]
    if found.is_wide or groups == 1 or window.out_c // groups % 2 or window.dilation_w != 1:
        return
    quantization = replace(quantization_of(found.weights), axis=0)
    tensor = replace(found.weights, shape=weights.shape, data=weights, quantization=quantization)
    by_group = replace(found, weights=tensor)
    if not paired.can_pair(by_group, axis=0):
        return
    for layer in layers_of(operation, by_group, window, axis=0):
        variant = groups_variant(layer, groups)
        yield replace(variant, is_worthwhile=variant.cycles < plain.cycles)


def own_variants(
    graph: Graph, operation: Operation, found: channels.Operands, window: Window, target: Target
) -> Iterator[Variant]:
    """Yield the variants of a convolution that is not grouped by a target's own kernels."""
    if found.is_wide:
        yield from wide_variants(operation, found, window, target)
        return
    if not scaling.has_dsp_kernels(target) or not paired.can_pair(found, axis=0):
        return
    layers = layers_of(operation, found, window, axis=0)
    if _shares_columns(window):
        yield from (layer.variant(_column_way(found, window)) for layer in layers)
    pairs = [layer.variant(_paired_way(found, window)) for layer in layers]
    if window.dilation_w == 1:
        for layer, variant in zip(layers, pairs, strict=True):
            yield narrow_variant(graph, layer, variant)
    yield from pairs
    for layer in layers:
        yield from small.conv_variants(layer)


def _column_way(found: channels.Operands, window: Window) -> Way:
    weights, pixels = found.weights.data, window.batches * window.out_h * window.out_w
    assert weights is not None
    return Way(
        name="columns",
        kernel="tm_conv_2d_3x3_s8",
        cycles=costs.column_cycles(pixels, window.out_c, window.in_c),
        readings=pixels // _TILE,
        places=paired.in_twos(window.out_c),
        # with a pixel that is outside of the image
        scratch=(paired.column_bytes(window.in_c) + window.in_c,),
        weights=lambda: paired.column_weights(weights.astype(np.int64)),
        walks=lambda: window_tile_walks(found.source, found.result, window),
    )


def _paired_way(found: channels.Operands, window: Window) -> Way:
    pixels, length = window.batches * window.out_h * window.out_w, window.kernel_w * window.in_c
    # rows of taps put together, and the outputs of pixels that are left over by four
    buffers = 5 * length + paired.some_bytes(pixels, window.out_c)
    return Way(
        name="pairs",
        kernel="tm_conv_2d_pairs_s8",
        cycles=costs.tile_cycles(pixels, window.out_c, length, window.kernel_h),
        readings=-(-pixels // _TILE),
        places=paired.in_twos(window.out_c),
        scratch=(paired.tile_bytes(length, window.kernel_h) + buffers,),
        weights=lambda: paired.paired_weights(channels.by_channel(found, axis=0), window.kernel_h),
        walks=lambda: window_tile_walks(found.source, found.result, window),
    )


def _shares_columns(window: Window) -> bool:
    """Return whether four pixels of a row, of windows of 3 x 3, can share six columns of inputs."""
    steps = (window.stride_h, window.stride_w, window.dilation_h, window.dilation_w)
    is_3x3 = (window.kernel_h, window.kernel_w) == (3, 3) and steps == (1, 1, 1, 1)
    return is_3x3 and window.in_c % 4 == 0 and window.out_w % 4 == 0


def _window(operation: Operation, found: channels.Operands) -> Window:
    _, kernel_h, kernel_w, _ = found.weights.shape
    return window_of(operation, found.source, found.result, (kernel_h, kernel_w))


def _is_matrix(window: Window) -> bool:
    """Whether each output pixel reads a run of inputs of its own: pixels of a row, whole rows or all."""
    w = window
    is_apart = (w.in_h, w.in_w) == (w.out_h * w.kernel_h, w.out_w * w.kernel_w)
    follows = (w.out_h == 1 or w.stride_h == w.kernel_h) and (w.out_w == 1 or w.stride_w == w.kernel_w)
    has_no_gaps = (w.kernel_h == 1 or w.dilation_h == 1) and (w.kernel_w == 1 or w.dilation_w == 1)
    is_run = w.kernel_h == 1 or w.kernel_w == w.in_w
    return is_apart and follows and has_no_gaps and is_run and (w.pad_top, w.pad_left) == (0, 0)


OPERATOR = Conv2d()
