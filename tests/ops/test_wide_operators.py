# SPDX-License-Identifier: Apache-2.0
"""ADD, SUB and MUL on int16 against TFLM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph
from toolkit.ops.operator import Array
from toolkit.ops.registry import operators

ACTIVATIONS = ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]
BROADCASTS = [((1, 4, 4, 3), (3,)), ((2, 1, 3, 1), (1, 4, 1, 5)), ((2, 1, 2, 1, 3), (1, 4, 2, 5, 1))]

Shape = tuple[int, ...]


def graph_of(
    kind: str = "ADD",
    shapes: tuple[Shape, Shape] = ((1, 8), (1, 8)),
    scales: tuple[float, float, float] = (1e-4, 1e-4, 1e-4),
    activation: str = "NONE",
    zero_point: int = 0,
    types: tuple[str, str, str] = ("int16", "int16", "int16"),
) -> Graph:
    builder = GraphBuilder()
    x = builder.tensor(shapes[0], types[0], scale=scales[0])
    y = builder.tensor(shapes[1], types[1], scale=scales[1])
    z = builder.tensor(np.broadcast_shapes(*shapes), types[2], scale=scales[2], zero_point=zero_point)
    builder.operation(kind, [x, y], [z], fused_activation_function=activation)
    return builder.graph([x, y], [z])


def random_scales(kind: str, number: int, rng: np.random.Generator) -> tuple[float, float, float]:
    first = 10 ** rng.uniform(-3 if kind == "MUL" else -6, -1)
    second = first if number % 5 == 0 else first * 10 ** rng.uniform(-2, 2)
    if kind == "MUL":
        return first, second, first * second * 10 ** rng.uniform(0.01, 7)
    return first, second, max(first, second) * 10 ** rng.uniform(-2, 2)


@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL"])
def test_int16_equals_tflm_over_scales_activations_and_broadcasts(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(95)
    cases = []
    edges = np.array([-32768, -32767, -1, 0, 1, 2, 32766, 32767], np.int16)
    corners: list[Array] = [part.reshape(1, -1) for part in np.meshgrid(edges, edges)]
    for number in range(40):
        scales = random_scales(kind, number, rng)
        graph = graph_of(kind, ((1, 64), (1, 64)), scales, ACTIVATIONS[number % 4])
        random = [rng.integers(-32768, 32768, (2, 1, 64)).astype(np.int16) for _ in range(50)]
        cases.append(Case(f"{kind} {scales}", graph, [corners, *(list(pair) for pair in random)]))
    for number, shapes in enumerate([s for pair in BROADCASTS for s in (pair, pair[::-1])]):
        graph = graph_of(kind, shapes, random_scales(kind, number, rng))
        cases.append(Case(f"{kind} {shapes}", graph))
    check_cases(cases, tmp_path, seed=95, samples=20)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (graph_of(zero_point=3), "it is on int16 with a zero point that is not 0, which TFLM refuses"),
        (graph_of("MUL", scales=(1.0, 1.0, 1.0)), "the scale of its product is 1 times its output's"),
        (graph_of("SUB", scales=(1.0, 1.0, 1e-5)), "the scale of its output is too small"),
        (graph_of(types=("int16", "int8", "int16")), "its second input is int8, not int16"),
        (graph_of(types=("int16", "int16", "int8")), "its output is int8, not int16"),
        (graph_of(types=("int32", "int32", "int32")), "its first input is int32, not int8 or int16"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    (operation,) = graph.operations
    found = operators()[operation.kind].problems(graph, operation)
    assert any(reason in problem for problem in found), found
