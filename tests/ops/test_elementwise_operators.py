# SPDX-License-Identifier: Apache-2.0
"""ADD and MUL against TFLM: scales, zero points, activations, broadcasts, constants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators

KINDS = ["ADD", "MUL"]
ACTIVATIONS = ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]
BROADCASTS = [
    ((1, 4, 4, 3), (3,)),
    ((1, 4, 4, 3), ()),
    ((1,), (1, 4, 4, 3)),
    ((1, 4, 4, 3), (1, 1, 1, 3)),
    ((1, 1, 1, 3), (1, 4, 4, 3)),
    ((1, 4, 1, 3), (1, 1, 5, 1)),
    ((2, 1, 3, 1), (1, 4, 1, 5)),
    ((2, 3, 4, 5), (2, 1, 4, 1)),
    ((2, 3, 4, 5), (4, 1)),
    ((3, 1), (1, 7)),
    ((2, 3, 1, 4, 1), (2, 1, 5, 1, 3)),
    ((2, 1, 3, 1, 2, 1), (1, 3, 1, 2, 1, 2)),
]
SAME = [(), (1,), (17,), (3, 5), (1, 4, 4, 3), (2, 1, 3, 1, 2), (1, 2, 1, 2, 1, 2, 2)]

Shape = tuple[int, ...]
Scaled = tuple[float, int]


def elementwise_graph(
    kind: str = "ADD",
    shapes: tuple[Shape, Shape] = ((1, 8), (1, 8)),
    scaled: tuple[Scaled, Scaled, Scaled] = ((0.1, 3), (0.2, -5), (0.3, 7)),
    activation: str = "NONE",
    constant: tuple[int, Array] | None = None,
) -> Graph:
    """The graph of one operation; constant is (which operand, its data)."""
    builder = GraphBuilder()
    operands = []
    for number, shape in enumerate(shapes):
        data = constant[1] if constant is not None and constant[0] == number else None
        scale, point = scaled[number]
        operands.append(builder.tensor(shape, scale=scale, zero_point=point, data=data))
    y = builder.tensor(np.broadcast_shapes(*shapes), scale=scaled[2][0], zero_point=scaled[2][1])
    builder.operation(kind, operands, [y], fused_activation_function=activation)
    inputs = [i for number, i in enumerate(operands) if constant is None or constant[0] != number]
    return builder.graph(inputs, [y])


def random_scales(kind: str, number: int, rng: np.random.Generator) -> tuple[Scaled, Scaled, Scaled]:
    """Scales as far apart as they come, every fifth pair equal; the output's so that much fits in."""
    points = [int(rng.choice([-128, 0, 127, rng.integers(-128, 128)])) for _ in range(3)]
    first = 10 ** rng.uniform(-4, 1)
    second = first if number % 5 == 0 else first * 10 ** rng.uniform(-2, 2)
    result = max(first, second) if kind == "ADD" else 100 * first * second
    result = result * 10 ** rng.uniform(-2, 2)
    return (first, points[0]), (second, points[1]), (result, points[2])


def problems(graph: Graph) -> list[str]:
    (operation,) = graph.operations
    return operators()[operation.kind].problems(graph, operation)


@pytest.mark.parametrize("kind", KINDS)
def test_all_pairs_of_numbers_equal_tflm_over_scales_and_activations(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(21)
    numbers = np.arange(-128, 128, dtype=np.int8)
    pairs: list[Array] = [part.reshape(1, -1) for part in np.meshgrid(numbers, numbers)]
    shapes = ((1, 65536), (1, 65536))
    cases = []
    for number in range(breadth(80, here=27)):
        scaled = random_scales(kind, number, rng)
        graph = elementwise_graph(kind, shapes, scaled, ACTIVATIONS[number % 4])
        cases.append(Case(f"{kind} {scaled}", graph, [pairs]))
    check_cases(cases, tmp_path, seed=21)


def test_the_ends_of_what_scales_may_be_equal_tflm(tmp_path: Path) -> None:
    ends = [
        *(("ADD", (1.0, 2.0**-n, 2.0)) for n in (20, 30, 31, 32, 40)),
        *(("ADD", (0.7, 1.0, 2.0**n)) for n in (-17, -16, 3, 5, 10, 12, 13, 20)),
        *(("MUL", (0.7, 1.0, 2.0**n)) for n in (-13, -12, -6, 10, 16, 30, 31, 32, 33, 40)),
    ]
    number = np.arange(-128, 128, dtype=np.int8)
    mixed = np.random.default_rng(26).permutation(number)
    samples: list[list[Array]] = [[number.reshape(1, 256), mixed.reshape(256, 1)]]
    cases = []
    for kind, scales in ends:
        scaled = ((scales[0], -128), (scales[1], 127), (scales[2], 5))
        graph = elementwise_graph(kind, ((1, 256), (256, 1)), scaled)
        cases.append(Case(f"{kind} {scales}", graph, samples))
    check_cases(cases, tmp_path, seed=26)


@pytest.mark.parametrize("kind", KINDS)
def test_broadcasts_equal_tflm_in_both_orders(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(22)
    cases = []
    for number, shapes in enumerate([s for pair in BROADCASTS for s in (pair, pair[::-1])]):
        for turn in range(2):
            scaled = random_scales(kind, number + turn + 1, rng)
            graph = elementwise_graph(kind, shapes, scaled, ACTIVATIONS[(number + turn) % 4])
            cases.append(Case(f"{kind} {shapes} {scaled}", graph))
    check_cases(cases, tmp_path, seed=22)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_shapes_of_every_rank_equal_tflm(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(23)
    cases = []
    for number, shape in enumerate(SAME):
        graph = elementwise_graph(kind, (shape, shape), random_scales(kind, number, rng))
        cases.append(Case(f"{kind} {shape}", graph))
    check_cases(cases, tmp_path, seed=23)


@pytest.mark.parametrize("kind", KINDS)
def test_either_operand_may_be_a_constant(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(24)
    cases = []
    for number, shapes in enumerate([((1, 4, 4, 3), (3,)), ((3, 5), (3, 5)), ((2, 1, 4), (3, 1))]):
        for which in (0, 1):
            data = rng.integers(-128, 128, shapes[which]).astype(np.int8)
            scaled = random_scales(kind, number + 1, rng)
            graph = elementwise_graph(kind, shapes, scaled, constant=(which, data))
            cases.append(Case(f"{kind} {shapes} constant {which}", graph))
    check_cases(cases, tmp_path, seed=24)


@pytest.mark.parametrize("kind", KINDS)
def test_a_tensor_may_meet_itself(kind: str, tmp_path: Path) -> None:
    builder = GraphBuilder()
    x = builder.tensor((1, 256), scale=0.05, zero_point=-7)
    y = builder.tensor((1, 256), scale=0.15, zero_point=11)
    builder.operation(kind, [x, x], [y], fused_activation_function="NONE")
    samples: list[list[Array]] = [[np.arange(-128, 128, dtype=np.int8).reshape(1, 256)]]
    check_cases([Case(f"{kind} itself", builder.graph([x], [y]), samples)], tmp_path, seed=25)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (elementwise_graph(activation="TANH"), "its fused activation is TANH"),
        (elementwise_graph(scaled=((1.0, 0), (1.0, 0), (1e-6, 0))), "the scale of its output is too small"),
        (
            elementwise_graph("MUL", scaled=((1.0, 0), (1.0, 0), (1e-5, 0))),
            "the scale of its product is 100000 times its output's",
        ),
        (elementwise_graph(shapes=((2,) * 7, (1, 2, 1, 2, 1, 2, 1))), "it broadcasts over 7 dimensions"),
        (elementwise_graph(scaled=((0.0, 0), (1.0, 0), (1.0, 0))), "the scale of its first input is 0"),
        (elementwise_graph(shapes=((2, 0), (2, 0))), "it has a tensor without elements"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    assert any(reason in problem for problem in problems(graph)), problems(graph)


def test_shapes_that_do_not_fit_are_said_with_both() -> None:
    builder = GraphBuilder()
    x, y, z = (builder.tensor(shape, scale=1.0) for shape in ((2, 3), (2, 4), (2, 3)))
    builder.operation("ADD", [x, y], [z])
    assert problems(builder.graph([x, y], [z])) == ["its inputs of shapes [2, 3] and [2, 4] do not broadcast"]
    builder = GraphBuilder()
    x, y, z = (builder.tensor(shape, scale=1.0) for shape in ((2, 3), (2, 3), (3, 2)))
    builder.operation("ADD", [x, y], [z])
    assert problems(builder.graph([x, y], [z])) == [
        "its inputs broadcast to the shape [2, 3], its output has [3, 2]"
    ]
