# SPDX-License-Identifier: Apache-2.0
"""Arithmetic on int32 that is not quantized, and CAST of uint32, against TFLM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators

KINDS = ["ADD", "SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM", "SQUARED_DIFFERENCE"]
ACTIVATIONS = ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]
EDGES = np.array([-(2**31), -(2**31) + 1, -1, 0, 1, 2, 7, 2**31 - 1], np.int32)
SHAPES = [
    ((64,), (64,)),
    ((), (5,)),
    ((1, 4, 4, 3), (3,)),
    ((1, 4, 1, 3), (1, 1, 5, 1)),
    ((2, 3, 1, 4, 1), (2, 1, 5, 1, 3)),
]
Shape = tuple[int, ...]


def whole_graph(
    kind: str,
    shapes: tuple[Shape, Shape] = ((4,), (4,)),
    right: Array | None = None,
    activation: str = "NONE",
    scale: float | None = None,
    types: tuple[str, str] = ("int32", "int32"),
) -> Graph:
    builder = GraphBuilder()
    x = builder.tensor(shapes[0], types[0], scale=scale)
    y = builder.tensor(shapes[1], types[1], data=right)
    z = builder.tensor(np.broadcast_shapes(*shapes), "int32")
    builder.operation(kind, [x, y], [z], fused_activation_function=activation)
    return builder.graph([x] if right is not None else [x, y], [z])


@pytest.mark.parametrize("kind", KINDS)
def test_int32_equals_tflm_over_edges_activations_and_broadcasts(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(411)
    heeded = ACTIVATIONS if kind in ("SUB", "MUL", "DIV") else ACTIVATIONS[:1]
    cases = []
    for number, shapes in enumerate([s for pair in SHAPES for s in (pair, pair[::-1])] * 2):
        numbers = rng.integers(-(2**31), 2**31, shapes[1]) >> rng.integers(0, 30)
        right = np.where(np.isin(numbers, (0, -1)), 3, numbers).astype(np.int32)
        activation = heeded[number % len(heeded)]
        graph = whole_graph(kind, shapes, right if kind == "DIV" or number % 2 else None, activation)
        cases.append(Case(f"{kind} {shapes} {activation}", graph))
    pairs = [part.reshape(-1).copy() for part in np.meshgrid(EDGES, EDGES)]
    if kind == "DIV":
        pairs[1][np.isin(pairs[1], (0, -1))] = 5
        graph = whole_graph(kind, ((64,), (64,)), pairs[1])
        cases.append(Case("edges", graph, [pairs[:1]]))
    else:
        cases.append(Case("edges", whole_graph(kind, ((64,), (64,))), [pairs]))
    check_cases(cases, tmp_path, seed=411, samples=20)


@pytest.mark.parametrize("other", ["int8", "int16", "int32", "float32", "bool", "uint32"])
def test_cast_from_and_to_uint32_equals_tflm(other: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(412)
    numbers = np.concatenate([EDGES.view(np.uint32), rng.integers(0, 2**32, 56).astype(np.uint32)])
    back = numbers.astype(other)
    if other == "float32":
        back[:6] = [-5, -0.5, 0.5, 5e9, 4294967040, 3e9]
    cases = []
    for source, result, value in (("uint32", other, numbers), (other, "uint32", back)):
        builder = GraphBuilder()
        x, y = builder.tensor((64,), source), builder.tensor((64,), result)
        builder.operation("CAST", [x], [y], in_data_type=source.upper(), out_data_type=result.upper())
        cases.append(Case(f"{source} {result}", builder.graph([x], [y]), [[value]]))
    check_cases(cases, tmp_path, seed=412)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (whole_graph("ADD", activation="RELU"), "its fused activation on int32 is RELU, not NONE"),
        (whole_graph("MUL", activation="TANH"), "its fused activation on int32 is TANH"),
        (
            whole_graph("MUL", scale=0.1),
            "its first input is int32 and quantized, which TFLM refuses",
        ),
        (whole_graph("SUB", types=("int8", "int32")), "its first input is int8, not int32 as the output"),
        (whole_graph("DIV"), "it divides int32 by what is no constant"),
        (whole_graph("DIV", right=np.array([1, 2, 0, 4])), "or is 0 or -1, where TFLM may stop"),
        (whole_graph("MAXIMUM", ((1, 1, 2, 1, 1, 1), (2, 1, 1, 1, 1, 3))), "it broadcasts over 6 dimensions"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    (operation,) = graph.operations
    problems = operators()[operation.kind].problems(graph, operation)
    assert any(reason in problem for problem in problems), problems
