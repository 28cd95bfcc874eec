# SPDX-License-Identifier: Apache-2.0
"""Scales in few bits: no output of any sum that a layer can have changes, or a layer has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.effort import breadth
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Quantization
from toolkit.ops.shared import channels, scaling
from toolkit.ops.shared.packed import Packing, packing_of
from toolkit.ops.shared.requantize import requantize

CHANNELS = 24


def pointwise(seed: int, scales: tuple[float, ...], inputs: int = 3) -> channels.Operands:
    """A CONV_2D of one pixel whose weights have these scales."""
    rng = np.random.default_rng(seed)
    builder = GraphBuilder()
    scales_of_ends = rng.uniform(0.01, 0.1, 2).astype(np.float32).tolist()
    source = builder.tensor((1, 2, 2, inputs), scale=scales_of_ends[0], zero_point=-128)
    shape = (CHANNELS, 1, 1, inputs)
    weights = builder.tensor(shape, data=rng.integers(-127, 128, shape).astype(np.int8), scale=1.0)
    bias = builder.tensor((CHANNELS,), "int32", scale=1.0, data=rng.integers(-30000, 30000, CHANNELS))
    zero_point = int(rng.integers(-128, 128))
    result = builder.tensor((1, 2, 2, CHANNELS), scale=scales_of_ends[1], zero_point=zero_point)
    builder.operation("CONV_2D", [source, weights, bias], [result], version=3, padding="SAME")
    graph = builder.graph([source], [result])
    found = channels.operands_of(graph, graph.operations[0])
    quantization = Quantization(scales, (0,) * len(scales), 0)
    return replace(found, weights=replace(found.weights, quantization=quantization))


def scales_within(seed: int, spread: float) -> tuple[float, ...]:
    exponents = np.random.default_rng(seed).uniform(-spread, 0, CHANNELS)
    return tuple(float(s) for s in (0.01 * 2.0**exponents).astype(np.float32))


def unpacked(packing: Packing) -> list[tuple[int, int, int]]:
    """Return start, multiplier and shift of each channel as tm_unpack_channels makes them, from the table."""
    places = range(len(packing.words))
    table = int.from_bytes(packing.table_of(places).data.tobytes(), "little")
    found = []
    for place, word in enumerate(packing.words_of(places).tolist()):
        rest = table >> (place * packing.more_bits) & ((1 << packing.more_bits) - 1)
        scale = (word << packing.start_bits | rest << (packing.start_bits - packing.more_bits)) & 0xFFFFFFFF
        multiplier = 1 << 30 | packing.low | (scale << packing.shift_bits & 0xFFFFFFFF) >> 2
        shift = packing.least_shift + (scale >> (32 - packing.shift_bits))
        found.append((word >> (32 - packing.start_bits), multiplier, -shift - 1))
    return found


@pytest.mark.parametrize("seed", range(breadth(40, here=10)))
def test_no_output_of_any_sum_changes(seed: int) -> None:
    found = pointwise(seed, scales_within(seed, 1 + seed % 5), inputs=1 + seed % 9)
    packing = packing_of(found, axis=0)
    zero_point = found.result.quantization.zero_point if found.result.quantization else 0

    assert packing is not None
    starts = channels.bias_values(found, CHANNELS).tolist()
    for channel, (start, multiplier, shift) in enumerate(unpacked(packing)):
        least, most = (int(each[channel]) for each in scaling.sum_range(found, axis=0))
        sums = np.arange(least, most + 1)
        own = np.array(scaling.scales(found)[channel])
        right = np.clip(requantize(sums, own[0], own[1]) + zero_point, -128, 127)
        got = np.clip(requantize(sums, np.int64(multiplier), np.int64(shift)) + zero_point, -128, 127)
        assert start == starts[channel]
        assert np.array_equal(got, right)


def test_layers_with_few_outputs_take_few_bits() -> None:
    found = pointwise(1, scales_within(1, 0.5))
    packing, alone = packing_of(found, axis=0), packing_of(pointwise(1, (0.01,)), axis=0)

    assert packing is not None
    assert alone is not None
    assert packing.start_bits + packing.shift_bits + 17 - 32 <= packing.more_bits < 12
    assert alone.more_bits == max(0, alone.start_bits + 17 - 32)
    assert alone.shift_bits == 0


def test_a_scale_of_nothing_has_none() -> None:
    assert packing_of(pointwise(1, (*scales_within(1, 1)[:-1], 1e-300)), axis=0) is None
