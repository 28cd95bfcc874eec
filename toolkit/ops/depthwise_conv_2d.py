# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D: 8x8, 16x8 and 8x4, any depth multiplier, weights per tensor or per channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.conv_2d import convolution_call, ungrouped_variants
from toolkit.ops.shared import channels, costs, fours, scaling, small, thumb1
from toolkit.ops.shared.layer import MOST_POINTER_BYTES, Way, layers_of
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import (
    Argument,
    Array,
    ConstantArgument,
    KernelCall,
    ParamValue,
    TensorArgument,
    Variant,
)
from toolkit.ops.shared.variants import VariedOperator
from toolkit.ops.shared.walk import band_walks, window_walks
from toolkit.ops.shared.wide_layer import tap_variants
from toolkit.ops.shared.window import Window, window_of, window_problems
from toolkit.targets.target import Target


class DepthwiseConv2d(VariedOperator):
    """Weights are (1, height, width, output channels); output channel i reads input i // multiplier.

    The multiplier must be that of the shapes: TFLM goes by the option alone, and with one that is
    less it leaves a part of the output unwritten.
    """

    kind = "DEPTHWISE_CONV_2D"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = channels.operand_problems(
            graph, operation, weights_rank=4, weights_dtypes=("int8", "int4")
        )
        if problems:
            return problems
        found = channels.operands_of(graph, operation)
        one, kernel_h, kernel_w, out_c = found.weights.shape
        problems = window_problems(operation, found.source, found.result, (kernel_h, kernel_w))
        if problems:
            return problems
        in_c, multiplier = found.source.shape[3], operation.options.get("depth_multiplier", 0)
        if operation.inputs[2:] == (-1,):
            problems.append("its bias is given as left out, on which TFLM crashes")
        if one != 1:
            problems.append(f"its weights have the first size {one}, not 1")
        if out_c != found.result.shape[3] or out_c % in_c:
            problems.append(f"it has {in_c} channels in and {found.result.shape[3]} out, its weights {out_c}")
        elif multiplier != out_c // in_c:
            problems.append(f"its depth multiplier is {multiplier}, but its weights' is {out_c // in_c}")
        return problems + channels.channel_problems(operation, found, axis=3)

    def variants(self, graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
        found = channels.operands_of(graph, operation)
        window = _window(operation, found)
        plain = _plain_variant(operation, found, window)
        if thumb1.has_kernels(target):
            return thumb1.depthwise(operation, found, window, plain)
        if scaling.has_dsp_kernels(target) and fours.can_take(found, window):
            return (*_fours_variants(operation, found, window), plain)
        own = tap_variants(operation, found, window, target)
        by_output = _by_output(found)
        return (*own, *ungrouped_variants(graph, operation, found, window, target, by_output, plain), plain)

    def window(self, graph: Graph, operation: Operation) -> Window:
        return _window(operation, channels.operands_of(graph, operation))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        found = channels.operands_of(graph, operation)
        window = _window(operation, found)
        source, weights = inputs[0], found.weights.data
        assert source is not None
        assert weights is not None
        real = source.astype(np.int64) - quantization_of(found.source).zero_point
        repeated = np.repeat(real, window.out_c // window.in_c, axis=3)
        sums = np.zeros(found.result.shape, dtype=np.int64)
        for y, x in np.ndindex(window.out_h, window.out_w):
            for tap_y, tap_x, in_y, in_x in window.inside(y, x):
                sums[:, y, x] += repeated[:, in_y, in_x] * weights[0, tap_y, tap_x].astype(np.int64)
        totals = sums + channels.bias_values(found, window.out_c)
        return [channels.to_outputs(totals, operation, found, channels.convolution_scales(found))]


def _window(operation: Operation, found: channels.Operands) -> Window:
    _, kernel_h, kernel_w, _ = found.weights.shape
    return window_of(operation, found.source, found.result, (kernel_h, kernel_w))


def _plain_variant(operation: Operation, found: channels.Operands, window: Window) -> Variant:
    taps, has_own = window.kernel_h * window.kernel_w, window.in_c == window.out_c
    return Variant(
        name="plain",
        cycles=costs.plain_depthwise_cycles(found.result.elements, taps),
        scratch_bytes=0 if has_own else taps * found.item_bytes,
        lower=lambda: (_depthwise_call if has_own else _multiplied_call)(operation, found, window),
        walks=lambda: window_walks(
            found.source, found.result, window.in_bytes(found.item_bytes), window.in_c
        ),
    )


def _fours_variants(operation: Operation, found: channels.Operands, window: Window) -> Iterator[Variant]:
    layers = layers_of(operation, found, window, axis=3)
    taps, places = window.kernel_h * window.kernel_w, fours.channels_by_four(window.in_c)
    unpacked = fours.unpacked_bytes(found, window)
    if fours.is_3x3(window):
        way = Way(
            name="3x3",
            kernel=f"tm_depthwise_conv_2d_3x3_{found.suffix}",
            cycles=costs.fours_3x3_cycles(window.batches * -(-window.out_h // 2), window.out_w, window.in_c),
            readings=window.batches * -(-window.out_h // 2) * window.out_w,
            places=places,
            scratch=(*unpacked, len(places)),
            weights=lambda: fours.weights_by_four(found, by_column=True),
            walks=lambda: band_walks(found.source, found.result, window, 2),
            is_folded=True,
        )
        yield from (layer.variant(way) for layer in layers)
    pixels = found.result.elements // window.in_c
    way = Way(
        name="taps",
        kernel=f"tm_depthwise_conv_2d_taps_{found.suffix}",
        cycles=costs.fours_cycles(pixels, taps, window.in_c),
        readings=pixels,
        places=places,
        scratch=(*unpacked, MOST_POINTER_BYTES * taps + len(places)),
        weights=lambda: fours.weights_by_four(found, by_column=False),
        walks=lambda: band_walks(found.source, found.result, window, 1),
        is_folded=True,
    )
    yield from (layer.variant(way) for layer in layers)
    for layer in layers:
        yield from small.depthwise_variants(layer)


def _by_output(found: channels.Operands) -> Array:
    """Return the weights as (output channels, height, width, 1)."""
    assert found.weights.data is not None
    return np.ascontiguousarray(np.moveaxis(found.weights.data[0], 2, 0)[..., np.newaxis])


def _multiplied_call(operation: Operation, found: channels.Operands, window: Window) -> KernelCall:
    """Return the call for several outputs of each input channel: a grouped convolution."""
    by_output = _by_output(found)
    weights = (
        channels.packed_argument(by_output)
        if found.weights.dtype == "int4"
        else ConstantArgument("weights", by_output, is_weights=True)
    )
    return convolution_call(operation, found, window, weights, axis=3)


def _depthwise_call(operation: Operation, found: channels.Operands, window: Window) -> KernelCall:
    scales = channels.convolution_scales(found)
    params: dict[str, ParamValue] = {
        "window": window.in_bytes(found.item_bytes).values(),
        "output": channels.output_values(operation, found, scales),
    }
    if not found.is_wide:
        params["padding"] = quantization_of(found.source).zero_point
    return KernelCall(
        kernel=f"tm_depthwise_conv_2d_{found.suffix}",
        params=params,
        arguments=(
            TensorArgument(found.source.id),
            _weights_by_tap(found),
            channels.folded_bias(found, axis=3),
            *channels.scale_tables(found, scales),
            TensorArgument(found.result.id),
        ),
    )


def _weights_by_tap(found: channels.Operands) -> Argument:
    """Return the weights (taps, channels) as they are, or with pairs of channels in a byte."""
    if found.weights.dtype != "int4":
        return TensorArgument(found.weights.id)
    assert found.weights.data is not None
    return channels.packed_argument(found.weights.data.reshape(-1, found.weights.shape[3]))


OPERATOR = DepthwiseConv2d()
