# SPDX-License-Identifier: Apache-2.0
"""SUB, DIV, MINIMUM, MAXIMUM, PRELU and SQUARED_DIFFERENCE against TFLM."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph, OptionValue
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators

KINDS = ["SUB", "DIV", "MINIMUM", "MAXIMUM", "PRELU", "SQUARED_DIFFERENCE"]
ACTIVATIONS = ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]
BROADCASTS = [
    ((1, 4, 4, 3), (3,)),
    ((1,), (1, 4, 4, 3)),
    ((1, 4, 4, 3), (1, 1, 1, 3)),
    ((1, 4, 1, 3), (1, 1, 5, 1)),
    ((2, 3, 4, 5), (4, 1)),
    ((3, 5), (3, 5)),
    ((2, 3, 1, 4, 1), (2, 1, 5, 1, 3)),
]
NUMBERS = np.arange(-128, 128, dtype=np.int8)
PAIRS: list[Array] = [part.reshape(1, -1) for part in np.meshgrid(NUMBERS, NUMBERS)]

Shape = tuple[int, ...]
Scaled = tuple[float, int]


def graph_of(
    kind: str,
    shapes: tuple[Shape, Shape] = ((1, 8), (1, 8)),
    scaled: tuple[Scaled, Scaled, Scaled] = ((0.1, 3), (0.1, 3), (0.1, 3)),
    right: Array | None = None,
    **options: OptionValue,
) -> Graph:
    """The graph of one operation; right is the second operand where it is a constant."""
    builder = GraphBuilder()
    x = builder.tensor(shapes[0], scale=scaled[0][0], zero_point=scaled[0][1])
    y = builder.tensor(shapes[1], scale=scaled[1][0], zero_point=scaled[1][1], data=right)
    shape = np.broadcast_shapes(*shapes)
    result = builder.tensor(shape, scale=scaled[2][0], zero_point=scaled[2][1])
    builder.operation(kind, [x, y], [result], **options)
    return builder.graph([x, y] if right is None else [x], [result])


def random_scales(kind: str, number: int, rng: np.random.Generator) -> tuple[Scaled, Scaled, Scaled]:
    """Scales as far apart as the operator takes them, every fifth pair equal."""
    points = [int(rng.choice([-128, 0, 127, rng.integers(-128, 128)])) for _ in range(3)]
    first = 10 ** rng.uniform(-4, 1)
    second = first if number % 5 == 0 else first * 10 ** rng.uniform(-2, 2)
    if kind in ("MINIMUM", "MAXIMUM"):
        return ((first, points[0]),) * 3
    result = {
        "SUB": max(first, second) * 10 ** rng.uniform(-2, 2),
        "DIV": first / second / 2 ** rng.uniform(6, 21),
        "PRELU": first * max(second, 1) * 10 ** rng.uniform(-1, 2),
        "SQUARED_DIFFERENCE": max(first, second) ** 2 * 10 ** rng.uniform(-3, 4),
    }[kind]
    return (first, points[0]), (second, points[1]), (result, points[2])


def options_of(kind: str, number: int) -> dict[str, OptionValue]:
    if kind not in ("SUB", "DIV"):
        return {}
    return {"fused_activation_function": ACTIVATIONS[number % 4]}


def problems(graph: Graph) -> list[str]:
    (operation,) = graph.operations
    return operators()[operation.kind].problems(graph, operation)


@pytest.mark.parametrize("kind", KINDS)
def test_all_pairs_of_numbers_and_broadcasts_equal_tflm(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(61)
    cases = []
    for number in range(2 if kind in ("MINIMUM", "MAXIMUM") else breadth(24, here=6)):
        scaled = random_scales(kind, number, rng)
        shapes = ((1, 65536), (1, 65536))
        graph = graph_of(kind, shapes, scaled, **options_of(kind, number))
        cases.append(Case(f"{kind} {scaled}", graph, [PAIRS]))
    most = 4 if kind == "PRELU" else 5
    for number, shapes in enumerate([s for pair in BROADCASTS for s in (pair, pair[::-1])]):
        if max(map(len, shapes)) <= most:
            scaled = random_scales(kind, number + 1, rng)
            graph = graph_of(kind, shapes, scaled, **options_of(kind, number))
            cases.append(Case(f"{kind} {shapes} {scaled}", graph))
    check_cases(cases, tmp_path, seed=61, samples=25)


def test_the_ends_of_what_scales_may_be_equal_tflm(tmp_path: Path) -> None:
    ends = [
        *((1.0, 2.0**-n, 2.0) for n in (20, 30, 31, 32, 40)),
        *((2.0**-n, 1.0, 2.0) for n in (20, 30, 31, 32, 40)),
        *((0.7, 1.0, 2.0**n) for n in (-17, -16, 3, 10, 12, 13, 20)),
    ]
    samples: list[list[Array]] = [[NUMBERS.reshape(1, 256), NUMBERS[::-1].reshape(256, 1)]]
    cases = []
    for scales in ends:
        scaled = ((scales[0], -128), (scales[1], 127), (scales[2], 5))
        cases.append(Case(f"SUB {scales}", graph_of("SUB", ((1, 256), (256, 1)), scaled), samples))
    check_cases(cases, tmp_path, seed=64)


def test_the_second_operand_may_be_a_constant(tmp_path: Path) -> None:
    rng = np.random.default_rng(62)
    cases = []
    for number, kind in enumerate(KINDS):
        right = rng.integers(-128, 128, 5).astype(np.int8)
        scaled = random_scales(kind, number + 1, rng)
        cases.append(Case(kind, graph_of(kind, ((2, 3, 5), (5,)), scaled, right)))
    for divisor in (1, -1, 2, 3, 8, -100):
        scaled = ((1.0, 7), (1.0, 3), (2.0 ** -max(abs(divisor).bit_length() - 2, 0), 1))
        right = np.array([3 + divisor], np.int8)
        graph = graph_of("DIV", ((1, 256), (1,)), scaled, right)
        cases.append(Case(f"DIV by {divisor}", graph, [[NUMBERS.reshape(1, 256)]]))
    check_cases(cases, tmp_path, seed=62, samples=25)


def test_a_tensor_may_meet_itself(tmp_path: Path) -> None:
    cases = []
    for kind in KINDS:
        builder = GraphBuilder()
        x = builder.tensor((1, 256), scale=0.05, zero_point=-7)
        same = kind in ("MINIMUM", "MAXIMUM")
        y = builder.tensor((1, 256), scale=0.05 if same else 0.015, zero_point=-7)
        builder.operation(kind, [x, x], [y])
        cases.append(Case(kind, builder.graph([x], [y]), [[NUMBERS.reshape(1, 256)]]))
    check_cases(cases, tmp_path, seed=63)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (graph_of("SUB", scaled=((1.0, 0), (1.0, 0), (1e-6, 0))), "the scale of its output is too small"),
        (graph_of("SUB", fused_activation_function="TANH"), "its fused activation is TANH"),
        (
            graph_of("DIV", scaled=((1.0, 0), (1.0, 0), (1.0, 0))),
            "1 times its output's, less than 64: what TFLM makes of small quotients depends on the machine",
        ),
        (
            graph_of("DIV", scaled=((1.0, 0), (1e-8, 0), (1.0, 0))),
            "the scale of its quotient is 1e+08 times its output's",
        ),
        (
            graph_of("MAXIMUM", scaled=((0.1, 0), (0.1, 0), (0.1, 1))),
            "its first input and its output are quantized differently, which TFLM ignores",
        ),
        (
            graph_of("MINIMUM", scaled=((0.1, 0), (0.2, 0), (0.1, 0))),
            "its second input and its output are quantized differently, which TFLM ignores",
        ),
        (graph_of("MINIMUM", ((2,) * 6, (1,) * 6)), "it broadcasts over 6 dimensions, more than 5"),
        (graph_of("PRELU", ((2,) * 5, (2,))), "it broadcasts over 5 dimensions, more than 4"),
        (
            graph_of("PRELU", scaled=((1.0, 0), (1.0, 0), (1e-5, 0))),
            "the scale of its product is 100000 times its output's",
        ),
        (
            graph_of("PRELU", scaled=((1.0, 0), (1e-6, 0), (1e-7, 0))),
            "the scale of its input is 1e+07 times that of its output",
        ),
        (
            graph_of("SQUARED_DIFFERENCE", scaled=((1.0, 0), (1.0, 0), (1e-4, 0))),
            "the scale of its output is too small",
        ),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    assert any(reason in problem for problem in problems(graph)), problems(graph)


@pytest.mark.parametrize("kind", ["PRELU", "SQUARED_DIFFERENCE"])
def test_options_of_another_operator_in_a_damaged_file_change_nothing(kind: str) -> None:
    graph = graph_of(kind, ((1, 65536), (1, 65536)), scaled=((0.1, 3), (0.1, 3), (20.0, 40)))
    (operation,) = graph.operations
    damaged = replace(operation, options={**operation.options, "fused_activation_function": "RELU6"})

    (plain,) = operators()[kind].reference(graph, operation, PAIRS)
    (held,) = operators()[kind].reference(graph, damaged, PAIRS)

    assert plain.min() < 40 or plain.max() > 40  # RELU6 would leave nothing but 40
    np.testing.assert_array_equal(held, plain)
