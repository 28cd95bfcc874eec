# SPDX-License-Identifier: Apache-2.0
"""Comparisons, logic, SELECT_V2 and CAST against TFLM: what gives or takes a bool."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.host_model import HostModel
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import run_graph

from toolkit.compiler.compile import compile_model
from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators

COMPARISONS = ["EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"]
TYPES = ["int8", "int16", "int32", "float32", "bool"]
BROADCASTS = [((2, 3, 4), (4,)), ((1,), (2, 5)), ((2, 1, 3, 1), (1, 4, 1, 5)), ((3, 5), (3, 5))]
NUMBERS = np.arange(-128, 128, dtype=np.int8)
PAIRS: list[Array] = [part.reshape(1, -1) for part in np.meshgrid(NUMBERS, NUMBERS)]

Shape = tuple[int, ...]


def comparison_graph(
    kind: str = "EQUAL",
    shapes: tuple[Shape, Shape] = ((2, 3), (2, 3)),
    left: tuple[float, int] = (0.1, 3),
    right: tuple[float, int] = (0.1, 3),
    output: str = "bool",
) -> Graph:
    builder = GraphBuilder()
    x = builder.tensor(shapes[0], scale=left[0], zero_point=left[1])
    y = builder.tensor(shapes[1], scale=right[0], zero_point=right[1])
    z = builder.tensor(np.broadcast_shapes(*shapes), output)
    builder.operation(kind, [x, y], [z])
    return builder.graph([x, y], [z])


def whole_graph(
    kind: str, shapes: tuple[Shape, Shape] = ((3,), (3,)), scale: float | None = None, right: str = "int32"
) -> Graph:
    builder = GraphBuilder()
    x, y = builder.tensor(shapes[0], "int32", scale=scale), builder.tensor(shapes[1], right, scale=scale)
    z = builder.tensor(np.broadcast_shapes(*shapes), "bool")
    builder.operation(kind, [x, y], [z])
    return builder.graph([x, y], [z])


def unlike_whole_graph() -> Graph:
    graph = whole_graph("EQUAL", scale=0.1)
    return graph.with_tensor(replace(graph.tensors[0], quantization=None))


def logical_graph(kind: str, shapes: tuple[Shape, ...], dtypes: tuple[str, str] = ("bool", "bool")) -> Graph:
    builder = GraphBuilder()
    inputs = [builder.tensor(shape, dtypes[0]) for shape in shapes]
    y = builder.tensor(np.broadcast_shapes(*shapes), dtypes[1])
    builder.operation(kind, inputs, [y])
    return builder.graph(inputs, [y])


def select_graph(
    shapes: tuple[Shape, Shape, Shape] = ((2, 3), (2, 3), (2, 3)),
    scales: tuple[float, float, float] = (0.1, 0.1, 0.1),
    condition: str = "bool",
    out: Shape | None = None,
) -> Graph:
    builder = GraphBuilder()
    inputs = [builder.tensor(shapes[0], condition)]
    inputs += [builder.tensor(shape, scale=scale) for shape, scale in zip(shapes[1:], scales, strict=False)]
    y = builder.tensor(np.broadcast_shapes(*shapes) if out is None else out, scale=scales[2])
    builder.operation("SELECT_V2", inputs, [y])
    return builder.graph(inputs, [y])


def cast_graph(source: str, result: str, scale: float | None = None) -> Graph:
    builder = GraphBuilder()
    x, y = builder.tensor((1, 64), source, scale=scale), builder.tensor((1, 64), result)
    builder.operation("CAST", [x], [y])
    return builder.graph([x], [y])


def problems(graph: Graph) -> list[str]:
    (operation,) = graph.operations
    return operators()[operation.kind].problems(graph, operation)


def test_comparisons_of_all_pairs_and_broadcasts_equal_tflm(tmp_path: Path) -> None:
    rng = np.random.default_rng(81)
    cases = []
    for kind in COMPARISONS:
        for number in range(breadth(6, here=3)):
            first = rng.uniform(1 / 256, 0.05) if number % 2 else rng.uniform(0.05, 1)
            second = first if number % 3 == 0 else rng.uniform(1 / 256, 1)
            points = (int(rng.integers(-128, 128)), int(rng.choice([-128, 0, 127])))
            scaled = ((first, points[0]), (second, points[number > 2]))
            graph = comparison_graph(kind, ((1, 65536), (1, 65536)), *scaled)
            cases.append(Case(f"{kind} {scaled}", graph, [PAIRS]))
        for shapes in [s for pair in BROADCASTS for s in (pair, pair[::-1])]:
            cases.append(Case(f"{kind} {shapes}", comparison_graph(kind, shapes)))
    check_cases(cases, tmp_path, seed=81, samples=5)


@pytest.mark.parametrize("scale", [None, 0.1])
def test_comparisons_of_int32_equal_tflm(scale: float | None, tmp_path: Path) -> None:
    edges = np.array([-(2**31), -(2**31) + 1, -1, 0, 1, 2, 2**31 - 1], np.int32)
    pairs: list[Array] = [part.reshape(-1).copy() for part in np.meshgrid(edges, edges)]
    cases = []
    for kind in COMPARISONS:
        cases.append(Case(f"{kind} edges", whole_graph(kind, ((49,), (49,)), scale), [pairs]))
        for shapes in [s for pair in BROADCASTS for s in (pair, pair[::-1])]:
            cases.append(Case(f"{kind} {shapes}", whole_graph(kind, shapes, scale)))
    check_cases(cases, tmp_path, seed=87, samples=5)


def test_comparisons_with_constants_of_any_scale_equal_tflm(tmp_path: Path) -> None:
    cases = []
    for kind in COMPARISONS:
        for number, scale in ((127, 0.1 / 255), (0, 4e-9), (-128, 0.9), (60, 0.003)):
            builder = GraphBuilder()
            x = builder.tensor((1, 256), scale=0.02, zero_point=-3)
            y = builder.tensor((1,), scale=scale, zero_point=-128, data=[number])
            z = builder.tensor((1, 256), "bool")
            builder.operation(kind, [x, y], [z])
            cases.append(Case(f"{kind} {scale}", builder.graph([x], [z]), [[NUMBERS.reshape(1, 256)]]))
    check_cases(cases, tmp_path, seed=86)


def test_logic_equals_tflm(tmp_path: Path) -> None:
    cases = []
    for kind in ("LOGICAL_AND", "LOGICAL_OR"):
        for shapes in [s for pair in BROADCASTS for s in (pair, pair[::-1])]:
            cases.append(Case(f"{kind} {shapes}", logical_graph(kind, shapes)))
    cases += [Case(f"not {shape}", logical_graph("LOGICAL_NOT", (shape,))) for shape in ((), (3, 4))]
    check_cases(cases, tmp_path, seed=82, samples=10)


def test_selections_equal_tflm(tmp_path: Path) -> None:
    shapes: list[tuple[Shape, Shape, Shape]] = [
        ((2, 3), (2, 3), (2, 3)),
        ((1, 1, 6), (2, 3, 6), (6,)),
        ((2, 3, 6), (1,), (2, 3, 6)),
        ((), (2, 3), (2, 3)),
        ((2, 1), (2, 3), (1, 3)),
        ((4,), (2, 3, 4), (2, 3, 1)),
        ((2, 1, 1, 2, 1), (1, 3, 1, 2, 1), (1, 1, 4, 1, 3)),
        ((2, 1, 1, 2, 1, 2), (1, 3, 1, 2, 1, 2), (1, 1, 4, 1, 3, 1)),
    ]
    cases = [Case(str(s), select_graph(s)) for s in shapes]
    check_cases(cases, tmp_path, seed=83, samples=20)


def test_casts_between_all_types_equal_tflm(tmp_path: Path) -> None:
    rng = np.random.default_rng(84)
    odd = [
        np.nan,
        np.inf,
        -np.inf,
        3e9,
        -3e9,
        2147483520.0,
        0.5,
        -0.5,
        -1.5,
        127.9,
        -128.9,
        32768.0,
        -0.0,
        1e-40,
    ]
    floats = np.concatenate([odd, rng.standard_normal(178) * 10.0 ** rng.uniform(-2, 6, 178)])
    cases = []
    for source in TYPES:
        for result in TYPES:
            samples = [[row.reshape(1, 64)] for row in floats.astype(np.float32).reshape(3, 64)]
            cases.append(
                Case(
                    f"{source} to {result}",
                    cast_graph(source, result),
                    samples if source == "float32" else None,
                )
            )
    check_cases(cases, tmp_path, seed=84, samples=10)


def test_a_model_may_take_and_give_bools_and_places(tmp_path: Path) -> None:
    rng = np.random.default_rng(85)
    builder = GraphBuilder("truths")
    shape = (1, 6)
    mask = builder.tensor(shape, "bool")
    x, y = (builder.tensor(shape, scale=0.1, zero_point=z) for z in (3, -5))
    less, both, place = (builder.tensor(s, d) for s, d in ((shape, "bool"), (shape, "bool"), ((1,), "int32")))
    axis = builder.tensor((), "int32", data=1)
    builder.operation("LESS", [x, y], [less])
    builder.operation("LOGICAL_OR", [less, mask], [both])
    builder.operation("ARG_MAX", [x, axis], [place], output_type="INT32")
    graph = builder.graph([mask, x, y], [both, place])
    samples = [
        [
            rng.integers(0, 2, shape).astype(np.bool_),
            *(rng.integers(-128, 128, shape).astype(np.int8) for _ in range(2)),
        ]
        for _ in range(20)
    ]

    found = HostModel(compile_model(write_tflite(graph), "truths"), tmp_path).run(samples)

    for truth, result in zip(run_graph(graph, samples), found, strict=True):
        assert [t.tolist() for t in truth] == [r.tolist() for r in result]


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (comparison_graph(left=(1.0, 0)), "the scale 1 of its first input is not below 1, where TFLM stops"),
        (comparison_graph(right=(0.001, 0)), "the scale 0.001 of its second input is below 1/256"),
        (comparison_graph(right=(0.0, 0)), "the scale of its second input is 0.0"),
        (comparison_graph(output="int8"), "its output is int8, not bool"),
        (comparison_graph(shapes=((1,) * 5, (2,))), "it broadcasts over 5 dimensions, more than 4"),
        (whole_graph("LESS", right="int64"), "its second input is int64, not int32 as the first"),
        (unlike_whole_graph(), "its inputs are int32 and quantized differently, which TFLM ignores"),
        (logical_graph("LOGICAL_AND", ((2,), (2,)), ("int8", "bool")), "its first input is int8, not bool"),
        (logical_graph("LOGICAL_NOT", ((2,),), ("bool", "int8")), "its output is int8, not bool"),
        (select_graph(condition="int8"), "its condition is int8, not bool"),
        (select_graph(scales=(0.2, 0.1, 0.1)), "its second input and its output are quantized differently"),
        (select_graph(scales=(0.1, 0.2, 0.1)), "its third input and its output are quantized differently"),
        (select_graph(out=(3, 2)), "its inputs broadcast to [2, 3], its output has [3, 2]"),
        (select_graph(((2,) * 7, (2,), (2,))), "it broadcasts over 7 dimensions, more than 6"),
        (cast_graph("int8", "int64"), "its output is int64, not one of int8, int16, int32, float32, bool"),
        (cast_graph("int8", "float32", 0.5), "its input is quantized, which TFLM ignores"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    assert any(reason in problem for problem in problems(graph)), problems(graph)


def test_a_selection_of_shapes_that_do_not_fit_is_refused() -> None:
    builder = GraphBuilder()
    condition = builder.tensor((2,), "bool")
    x, y, z = (builder.tensor((3,), scale=0.1) for _ in range(3))
    builder.operation("SELECT_V2", [condition, x, y], [z])
    found = problems(builder.graph([condition, x, y], [z]))
    assert found == ["its inputs of shapes [2], [3], [3] do not broadcast"]
