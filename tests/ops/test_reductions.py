# SPDX-License-Identifier: Apache-2.0
"""What adds up, compares or normalizes along axes, against TFLM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases, check_kernels
from support.tflite_writer import GraphBuilder
from support.variants import each_variant

from toolkit.ir.graph import Graph, OptionValue
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import PORTABLE

Rng = np.random.Generator
REDUCTIONS = ["SUM", "REDUCE_MAX", "REDUCE_MIN"]


def graph_of(
    kind: str,
    shape: tuple[int, ...] = (2, 3),
    source: tuple[float, int] = (0.1, 0),
    result: tuple[float, int] | None = (0.1, 0),
    *,
    inputs: int = 1,
    axes: object = None,
    out: tuple[int, ...] | None = None,
    axes_dtype: str = "int32",
    **options: OptionValue,
) -> Graph:
    """The graph of one operation; axes is its constant second input, a result of None is int32."""
    builder = GraphBuilder()
    sources = [builder.tensor(shape, scale=source[0], zero_point=source[1]) for _ in range(inputs)]
    operands = list(sources)
    if axes is not None:
        operands.append(builder.tensor(np.shape(axes), axes_dtype, data=axes))
    out = shape if out is None else out
    if result is None:
        y = builder.tensor(out, "int32")
    else:
        y = builder.tensor(out, scale=result[0], zero_point=result[1])
    builder.operation(kind, operands, [y], **options)
    return builder.graph(sources, [y])


def random_shape(rng: Rng, most: int = 6) -> tuple[int, ...]:
    return tuple(int(size) for size in rng.integers(1, most, rng.integers(1, 6)))


def zero_point(rng: Rng) -> int:
    return int(rng.choice([-128, 0, 127, rng.integers(-128, 128)]))


def random_reduction(kind: str, rng: Rng) -> Graph:
    shape = random_shape(rng)
    rank = len(shape)
    gone = rng.choice(rank, rng.integers(1, rank + 1), replace=False)
    keep = bool(rng.integers(2))
    out = tuple(1 if i in gone else size for i, size in enumerate(shape) if keep or i not in gone)
    axes = [int(axis) - (rank if rng.integers(2) else 0) for axis in gone]
    source = (10 ** rng.uniform(-4, 1), zero_point(rng))
    result = (source[0] * 10 ** rng.uniform(-2, 2), zero_point(rng)) if kind == "SUM" else source
    return graph_of(kind, shape, source, result, axes=axes, out=out, keep_dims=keep)


@pytest.mark.parametrize("kind", REDUCTIONS)
def test_reductions_over_any_axes_equal_tflm(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(71)
    cases = [Case(f"{kind} {n}", random_reduction(kind, rng)) for n in range(breadth(50, here=16))]
    check_cases(cases, tmp_path, seed=71, samples=10)


def test_the_kernel_with_little_code_adds_up_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(73)
    graphs = (random_reduction("SUM", rng) for _ in range(breadth(50, here=20)))
    found = [each_variant(graph, PORTABLE).get("small") for graph in graphs]
    cases = [Case(f"SUM {n}", graph) for n, graph in enumerate(found) if graph]

    assert len(cases) > len(found) // 2
    check_kernels(cases, tmp_path, seed=73, samples=10)


@pytest.mark.parametrize("kind", ["ARG_MAX", "ARG_MIN"])
def test_places_of_extremes_equal_tflm_and_the_first_counts(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(72)
    cases = []
    for number in range(breadth(40, here=14)):
        shape = random_shape(rng)
        axis = int(rng.integers(-len(shape), len(shape)))
        out = tuple(size for i, size in enumerate(shape) if i != axis % len(shape))
        axes = axis if number % 2 else [axis]
        graph = graph_of(kind, shape, result=None, axes=axes, out=out, output_type="INT32")
        alike = [[rng.integers(-2, 3, shape).astype(np.int8)] for _ in range(10)]
        cases.append(Case(f"{kind} {shape} {axis}", graph, alike if number % 3 else None))
    check_cases(cases, tmp_path, seed=72, samples=10)


def test_running_sums_equal_tflm(tmp_path: Path) -> None:
    rng = np.random.default_rng(73)
    cases = []
    for number in range(breadth(50, here=16)):
        shape = (31, 2) if number == 0 else random_shape(rng, 8)
        axis = 0 if number == 0 else int(rng.integers(-len(shape), len(shape)))
        scale = 10 ** rng.uniform(-4, 1)
        result = (scale * 10 ** rng.uniform(-1, 2), zero_point(rng))
        options = {"exclusive": bool(number & 1), "reverse": bool(number & 2)}
        graph = graph_of("CUMSUM", shape, (scale, 0), result, axes=axis, **options)
        cases.append(Case(f"CUMSUM {shape} {axis} {options}", graph))
    check_cases(cases, tmp_path, seed=73, samples=20)


def test_sums_of_many_tensors_equal_tflm(tmp_path: Path) -> None:
    rng = np.random.default_rng(74)
    cases = []
    for inputs in [*range(2, 11)] * 3:
        scale = 10 ** rng.uniform(-4, 1)
        result = (scale * 10 ** rng.uniform(-1, 2), zero_point(rng))
        graph = graph_of("ADD_N", (3, 1, 40), (scale, 0), result, inputs=inputs)
        cases.append(Case(f"ADD_N of {inputs}", graph))
    check_cases(cases, tmp_path, seed=74, samples=20)


def test_l2_normalization_equals_tflm(tmp_path: Path) -> None:
    rng = np.random.default_rng(75)
    cases = []
    for number, depth in enumerate([1, 2, 3, 5, 17, 40, 300, 3000, 32768] * 4):
        point = zero_point(rng)
        graph = graph_of("L2_NORMALIZATION", (2, depth), (0.1, point), (1 / 128, 0))
        near = point + rng.integers(-128, 128, (6, 2, depth)) // (1 if number % 2 else 50)
        samples: list[list[Array]] = [[row] for row in np.clip(near, -128, 127).astype(np.int8)]
        samples.append([np.full((2, depth), point, np.int8)])
        samples.append([np.full((2, depth), -128, np.int8)])
        cases.append(Case(f"{depth} around {point}", graph, samples))
    check_cases(cases, tmp_path, seed=75, references=2)


def test_log_softmax_equals_tflm(tmp_path: Path) -> None:
    rng = np.random.default_rng(76)
    cases = []
    for number in range(breadth(60, here=20)):
        depth = int(rng.choice([1, 2, 3, 5, 10, 40, 300, 4095] if number % 6 == 0 else [2, 5, 10]))
        scale = 10 ** rng.uniform(-7, 1.2) if number % 3 == 0 else 10 ** rng.uniform(-2.5, 0)
        graph = graph_of("LOG_SOFTMAX", (2, depth), (scale, zero_point(rng)), (1 / 16, 127))
        cases.append(Case(f"{depth} classes of {scale}", graph))
    check_cases(cases, tmp_path, seed=76, samples=25)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (graph_of("SUM", axes=[0], out=(3,), result=(1e-9, 0)), "its output's scale is too small"),
        (graph_of("SUM", axes=[2], out=(2, 3)), "its axes [2] are not all among the 2 of its input"),
        (graph_of("SUM", axes=[0], out=(2,)), "its output has the shape [2], not [3]"),
        (graph_of("SUM", axes=0.0, axes_dtype="float32", out=(3,)), "its axes are not an int32 constant"),
        (graph_of("SUM", (1 << 23,), axes=[0], out=()), "its sums can exceed 32 bits"),
        (graph_of("MEAN", axes=[0], out=(3,), result=(1e-12, 0)), "its output's scale is too small"),
        (
            graph_of("REDUCE_MAX", axes=[0], out=(3,), result=(0.2, 0)),
            "its input and its output are quantized differently, which TFLM ignores",
        ),
        (graph_of("ARG_MAX", axes=[0], out=(3,)), "its output is int8, not int32"),
        (graph_of("ARG_MAX", result=None, axes=[2], out=(3,)), "its axis 2 is not one of 2"),
        (graph_of("ARG_MIN", result=None, axes=[0], out=(2,)), "its output has the shape [2], not [3]"),
        (graph_of("ARG_MIN", result=None, axes=[0, 1], out=()), "its axis is not an int32 constant"),
        (
            graph_of("CUMSUM", source=(0.1, 5), axes=0),
            "its input's zero point is 5, not 0: TFLM takes it away",
        ),
        (graph_of("CUMSUM", (32,), axes=0), "sums of 32 numbers can exceed the 32 bits"),
        (graph_of("CUMSUM", axes=2), "its axis 2 is not one of 2"),
        (graph_of("CUMSUM", axes=[0, 1]), "its axis is not an int32 constant"),
        (graph_of("CUMSUM", axes=0, result=(1e-8, 0)), "the scale of its output is too small"),
        (graph_of("ADD_N", inputs=11), "it has 11 inputs, not 2 to 10"),
        (graph_of("ADD_N", inputs=2, source=(0.1, 5)), "its input's zero point is 5, not 0"),
        (
            graph_of("L2_NORMALIZATION"),
            "has scale 0.1 and zero point 0, not scale 1/128 and zero point 0",
        ),
        (
            graph_of("L2_NORMALIZATION", result=(1 / 128, 0), fused_activation_function="RELU"),
            "its fused activation is RELU, which TFLM ignores",
        ),
        (graph_of("L2_NORMALIZATION", (1, 40000), result=(1 / 128, 0)), "it has 40000 channels"),
        (graph_of("L2_NORMALIZATION", (), result=(1 / 128, 0)), "its input has no dimensions"),
        (
            graph_of("LOG_SOFTMAX"),
            "has scale 0.1 and zero point 0, not scale 1/16 and zero point 127",
        ),
        (
            graph_of("LOG_SOFTMAX", source=(16, 0), result=(1 / 16, 127)),
            "its input's scale 16 is not between",
        ),
        (graph_of("LOG_SOFTMAX", (1, 5000), result=(1 / 16, 127)), "it has 5000 classes, more than 4095"),
        (graph_of("LOG_SOFTMAX", (), result=(1 / 16, 127)), "its input has no dimensions"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    (operation,) = graph.operations
    problems = operators()[operation.kind].problems(graph, operation)
    assert any(reason in problem for problem in problems), problems


def test_add_n_names_the_input_that_is_quantized_differently() -> None:
    builder = GraphBuilder()
    x, y, z = (builder.tensor((2,), scale=scale) for scale in (0.1, 0.2, 0.1))
    builder.operation("ADD_N", [x, y], [z])
    graph = builder.graph([x, y], [z])
    found = operators()["ADD_N"].problems(graph, graph.operations[0])
    assert found == ["its input 1 is quantized differently from input 0, TFLM refuses it"]
