# SPDX-License-Identifier: Apache-2.0
"""SOFTMAX against TFLM, and what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases, run_reference
from support.tflite_writer import GraphBuilder
from support.tflm import Sample, run_graph
from support.variants import each_variant

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Array, ConstantArgument, kernel_calls
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import PORTABLE, Target

RESULT = {"int8": (1 / 256, -128), "int16": (1 / 65536, -(2**15))}
SHAPES = [(1, 10), (1, 1), (3, 2), (2, 3, 5), (1, 2, 2, 4), (7,), (1, 35), (2, 100), (1, 500)]


def softmax_graph(
    shape: tuple[int, ...] = (1, 10),
    scale: float = 0.1,
    beta: float = 1.0,
    dtype: str = "int8",
    result: tuple[float, int] | None = None,
    zero_point: int = 3,
) -> Graph:
    builder = GraphBuilder()
    out_scale, out_point = result or RESULT[dtype]
    x = builder.tensor(shape, scale=scale, zero_point=zero_point)
    y = builder.tensor(shape, dtype, scale=out_scale, zero_point=out_point)
    builder.operation("SOFTMAX", [x], [y], beta=float(np.float32(beta)))
    return builder.graph([x], [y])


def without_a_choice(graph: Graph, rows: Sequence[Sample]) -> list[list[Array]]:
    """What TFLM gives, which knows no variants."""
    options = {"beta": graph.operations[0].options["beta"]}
    return run_graph(replace(graph, operations=(replace(graph.operations[0], options=options),)), rows)


def samples(shape: tuple[int, ...], rng: np.random.Generator, count: int = 200) -> list[list[Array]]:
    """Rows of all spreads: the wide ones saturate, the narrow ones share out."""
    rows = []
    for index in range(count):
        spread = int(rng.choice([1, 4, 20, 80, 256])) if index else 1
        low = int(rng.integers(-128, 129 - spread))
        rows.append([rng.integers(low, low + spread, shape).astype(np.int8)])
    return rows


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_softmax_equals_tflm_over_scales_betas_and_shapes(dtype: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    cases = []
    for number in range(breadth(50, here=16)):
        shape = SHAPES[number % len(SHAPES)]
        scale = float(np.float32(10 ** rng.uniform(-3, 1)))
        beta = [1.0, 1.0, 0.5, 1.7, 10.0][number % 5]
        graph = softmax_graph(shape, scale, beta, dtype)
        rows = samples(shape, rng)
        cases += [
            Case(f"{shape} {scale} {beta} {name}", g, rows)
            for name, g in each_variant(graph, PORTABLE).items()
        ]
    check_cases(cases, tmp_path, seed=11, truth=without_a_choice)


@pytest.mark.parametrize("scale", [1.6e-8, 1e-6, 15.0, 16.0, 31.0, 32.0, 1e6])
def test_softmax_equals_tflm_at_scales_that_leave_nothing_or_all(scale: float, tmp_path: Path) -> None:
    graph = softmax_graph((2, 7), scale)
    cases = [Case(f"{scale} {name}", each) for name, each in each_variant(graph, PORTABLE).items()]
    check_cases(cases, tmp_path, seed=12, truth=without_a_choice)


def test_a_thousand_classes_equal_tflm_where_it_does_not_stop(tmp_path: Path) -> None:
    rng = np.random.default_rng(13)
    rows = [[np.clip(rng.normal(-20, 30, (1, 1000)), -128, 127).astype(np.int8)] for _ in range(200)]
    check_cases([Case("1000 classes", softmax_graph((1, 1000), 0.2), rows)], tmp_path, seed=13)


def test_a_large_table_is_worth_its_flash_only_where_it_saves_time_that_counts() -> None:
    def kernel(size: int, classes: int, scale: float = 0.1) -> str:
        """Of the softmax after a convolution of 9 * 64 * size * size * classes products."""
        builder = GraphBuilder()
        x = builder.tensor((1, size, size, 64), scale=0.1)
        weights = builder.tensor((classes, 3, 3, 64), scale=0.01, data=np.ones((classes, 3, 3, 64), np.int8))
        mixed = builder.tensor((1, size, size, classes), scale=scale)
        mean = builder.tensor((1, classes), scale=scale)
        y = builder.tensor((1, classes), scale=1 / 256, zero_point=-128)
        axes = builder.tensor((2,), "int32", data=np.array([1, 2], np.int32))
        steps = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
        builder.operation("CONV_2D", [x, weights], [mixed], padding="SAME", **steps)
        builder.operation("MEAN", [mixed, axes], [mean])
        builder.operation("SOFTMAX", [mean], [y], beta=1.0)
        graph = builder.graph([x], [y])
        (call,) = kernel_calls(operators()["SOFTMAX"].lower(graph, graph.operations[2], PORTABLE))
        return call.kernel

    assert kernel(size=24, classes=10) == "tm_softmax_small_s8"
    assert kernel(size=8, classes=10) == "tm_softmax_s8"
    assert kernel(size=24, classes=10, scale=1.0) == "tm_softmax_s8"  # 14 entries


def test_more_equal_classes_than_tflm_can_share_out_all_get_nothing() -> None:
    graph = softmax_graph((1, 600))
    (result,) = run_reference(graph, [np.zeros((1, 600), np.int8)])
    assert set(np.unique(result)) == {-128}


def test_the_table_ends_where_exp_is_too_small_to_count() -> None:
    def entries(scale: float) -> int:
        graph = softmax_graph(scale=scale)
        call = operators()["SOFTMAX"].lower(graph, graph.operations[0], Target())
        table = call.arguments[1]
        assert isinstance(table, ConstantArgument)
        assert len(table.data) == call.params["entries"]
        return len(table.data)

    assert [entries(s) for s in (0.01, 0.1, 1.0, 20.0)] == [256, 139, 14, 1]


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (softmax_graph(result=(1 / 128, -128)), "scale 0.0078125 and zero point -128, not scale 1/256"),
        (softmax_graph(result=(1 / 256, 0)), "not scale 1/256 and zero point -128"),
        (softmax_graph(dtype="int16", result=(1 / 32768, -32768)), "not scale 1/65536 and zero point -32768"),
        (softmax_graph(shape=()), "its input has no dimensions"),
        (softmax_graph(shape=(1, 4096)), "it has 4096 classes, more than 4095"),
        (softmax_graph(beta=0.0), "its beta 0 and its input's scale 0.1 are too small"),
        (softmax_graph(beta=-1.0), "its beta -1 and"),
        (softmax_graph(beta=float("inf")), "its beta is inf"),
        (softmax_graph(shape=(2, 0)), "it has a tensor without elements"),
    ],
)
def test_softmax_says_what_it_cannot_do(graph: Graph, reason: str) -> None:
    problems = operators()["SOFTMAX"].problems(graph, graph.operations[0])
    assert any(reason in problem for problem in problems), problems
