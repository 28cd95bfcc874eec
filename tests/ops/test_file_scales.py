# SPDX-License-Identifier: Apache-2.0
"""Multipliers that the device computes from the file's float32 scales are TFLM's, or there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.effort import breadth
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph, Quantization
from toolkit.ops.shared import channels, scaling
from toolkit.ops.shared.file_scales import file_scales

CHANNELS = 24


def pointwise(seed: int, scales: tuple[float, ...]) -> channels.Operands:
    """A CONV_2D of one pixel whose weights have these scales."""
    rng = np.random.default_rng(seed)
    builder = GraphBuilder()
    source = builder.tensor((1, 2, 2, 3), scale=float(np.float32(rng.uniform(0.01, 0.1))), zero_point=-128)
    weights = builder.tensor(
        (CHANNELS, 1, 1, 3), data=rng.integers(-127, 128, (CHANNELS, 1, 1, 3)).astype(np.int8), scale=1.0
    )
    result = builder.tensor((1, 2, 2, CHANNELS), scale=float(np.float32(rng.uniform(0.01, 0.1))))
    builder.operation("CONV_2D", [source, weights], [result], version=3, padding="SAME")
    graph: Graph = builder.graph([source], [result])
    found = channels.operands_of(graph, graph.operations[0])
    quantization = Quantization(scales, (0,) * len(scales), 0)
    return replace(found, weights=replace(found.weights, quantization=quantization))


def float32_scales(seed: int, spread: float) -> tuple[float, ...]:
    exponents = np.random.default_rng(seed).uniform(-spread, 0, CHANNELS)
    return tuple(float(s) for s in (0.01 * 2.0**exponents).astype(np.float32))


@pytest.mark.parametrize("seed", range(breadth(40, here=12)))
def test_float32_scales_give_the_multipliers_of_tflm(seed: int) -> None:
    found = pointwise(seed, float32_scales(seed, 8))
    scales = file_scales(found)

    assert scales is not None
    number = (np.array(scales.mantissas, dtype=object) | 1 << 23) << 8
    product = number * (scales.high << 32 | scales.low) >> 32
    rounded = [(p + 2**32) >> 33 if p >> 63 else (p + 2**31) >> 32 for p in product]
    shifts = [-(scales.low & 255) - 1 - extra for extra in scales.extra_shifts]
    assert list(zip(rounded, shifts, strict=True)) == scaling.scales(found)
    assert min(scales.extra_shifts) == 0


def test_a_scale_that_is_no_float32_has_none() -> None:
    scales = float32_scales(1, 8)
    assert file_scales(pointwise(1, (*scales[:-1], scales[-1] * (1 + 1e-12)))) is None


def test_a_shift_to_the_left_has_none() -> None:
    assert file_scales(pointwise(1, (*float32_scales(1, 8)[:-1], 64.0))) is None
