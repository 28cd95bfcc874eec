# SPDX-License-Identifier: Apache-2.0
"""Layers of the kinds that models have: portable kernels and those for ARMv7E-M, on a Cortex-M4."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.arm_runner import cost_on_core
from support.firmware import skip_without
from support.kernel_runner import Case
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph
from toolkit.targets.cores import find_core
from toolkit.targets.target import PORTABLE, target_of_core

pytestmark = pytest.mark.bench
M4 = find_core("cortex-m4f")
IMAGE = (1, 16, 16, 32)


def two(kind: str, left: tuple[int, ...], right: tuple[int, ...]) -> tuple[Graph, int]:
    """A sum, difference or product; counted by outputs."""
    builder = GraphBuilder()
    inputs = [builder.tensor(shape, scale=0.05, zero_point=-3) for shape in (left, right)]
    result = builder.tensor(left, scale=0.07, zero_point=5)
    builder.operation(kind, inputs, [result], fused_activation_function="NONE")
    return builder.graph(inputs, [result]), int(np.prod(left))


def pool(kind: str, size: int, stride: int) -> tuple[Graph, int]:
    """A pool; counted by the inputs under its windows."""
    builder = GraphBuilder()
    outputs = (IMAGE[1] - size) // stride + 1
    source = builder.tensor(IMAGE, scale=0.05, zero_point=-3)
    result = builder.tensor((1, outputs, outputs, IMAGE[3]), scale=0.05, zero_point=-3)
    options = {"filter_height": size, "filter_width": size, "stride_h": stride, "stride_w": stride}
    builder.operation(kind, [source], [result], padding="VALID", fused_activation_function="NONE", **options)
    return builder.graph([source], [result]), outputs**2 * size**2 * IMAGE[3]


def mean() -> tuple[Graph, int]:
    """A mean over the image; counted by inputs."""
    builder = GraphBuilder()
    source = builder.tensor(IMAGE, scale=0.05, zero_point=-3)
    axes = builder.tensor((2,), "int32", data=np.array([1, 2]))
    result = builder.tensor((1, IMAGE[3]), scale=0.04, zero_point=5)
    builder.operation("MEAN", [source, axes], [result], keep_dims=False)
    return builder.graph([source], [result]), int(np.prod(IMAGE))


LAYERS: dict[str, Callable[[], tuple[Graph, int]]] = {
    "ADD": lambda: two("ADD", IMAGE, IMAGE),
    "ADD of a row": lambda: two("ADD", IMAGE, (1, 1, 1, 32)),
    "SUB": lambda: two("SUB", IMAGE, IMAGE),
    "MUL": lambda: two("MUL", IMAGE, IMAGE),
    "MUL by a number for each channel": lambda: two("MUL", IMAGE, (1, 1, 1, 32)),
    "MUL by a number for each pixel": lambda: two("MUL", IMAGE, (1, 16, 16, 1)),
    "AVERAGE_POOL_2D 16 x 16": lambda: pool("AVERAGE_POOL_2D", 16, 1),
    "AVERAGE_POOL_2D 2 x 2": lambda: pool("AVERAGE_POOL_2D", 2, 2),
    "MAX_POOL_2D 2 x 2": lambda: pool("MAX_POOL_2D", 2, 2),
    "MAX_POOL_2D 3 x 3": lambda: pool("MAX_POOL_2D", 3, 2),
    "MEAN": mean,
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_takes_fewer_instructions_and_cycles_than_portable(name: str, tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    graph, count = LAYERS[name]()
    portable, own = (
        cost_on_core(Case(name, graph), tmp_path, M4, target) for target in (PORTABLE, target_of_core(M4))
    )
    figures = [f"{number / count:.2f}" for number in (*portable, *own)]
    print(f"| {name} | {figures[0]} | {figures[2]} | {figures[1]} | {figures[3]} |")
    assert own[0] < portable[0]
    assert own[1] < portable[1]
