# SPDX-License-Identifier: Apache-2.0
"""ABS, ELU, HARD_SWISH, LEAKY_RELU and RSQRT against TFLM, all 256 values of the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph, OptionValue
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators

CASES = breadth(60, here=20)
EVERY_BYTE: list[list[Array]] = [[np.arange(-128, 128, dtype=np.int8).reshape(1, 256)]]


def graph_of(
    kind: str,
    source: tuple[float | None, int] = (0.1, 0),
    result: tuple[float | None, int] = (0.1, 0),
    shape: tuple[int, ...] = (1, 256),
    **options: OptionValue,
) -> Graph:
    builder = GraphBuilder()
    x = builder.tensor(shape, scale=source[0], zero_point=source[1])
    y = builder.tensor(shape, scale=result[0], zero_point=result[1])
    builder.operation(kind, [x], [y], **options)
    return builder.graph([x], [y])


def zero_point(rng: np.random.Generator) -> int:
    return int(rng.choice([-128, 0, 127, rng.integers(-128, 128)]))


def problems(graph: Graph) -> list[str]:
    (operation,) = graph.operations
    return operators()[operation.kind].problems(graph, operation)


@pytest.mark.parametrize("kind", ["ABS", "ELU", "HARD_SWISH", "LEAKY_RELU"])
def test_every_byte_equals_tflm_over_scales(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(51)
    spread = (-1, 2) if kind == "HARD_SWISH" else (-3, 2)
    cases = []
    for number in range(CASES):
        old = 10 ** rng.uniform(-5, 1)
        new = old if number % 6 == 0 else old * 10 ** rng.uniform(*spread)
        if kind == "HARD_SWISH":
            new = max(new, old / 100)
        alpha = [0.0, 1.0, 0.2, rng.uniform(0, 1.5)][number % 4]
        options: dict[str, OptionValue] = {"alpha": float(np.float32(alpha))} if kind == "LEAKY_RELU" else {}
        graph = graph_of(kind, (old, zero_point(rng)), (new, zero_point(rng)), **options)
        cases.append(Case(f"{kind} {number}", graph, EVERY_BYTE))
    check_cases(cases, tmp_path, seed=51)


def test_elu_equals_tflm_where_it_bends(tmp_path: Path) -> None:
    rng = np.random.default_rng(52)
    cases = []
    for number in range(CASES):
        source = (10 ** rng.uniform(-2.5, -0.5), zero_point(rng))
        graph = graph_of("ELU", source, (1 / 127, int(rng.integers(-128, 128))))
        cases.append(Case(f"ELU {number}", graph, EVERY_BYTE))
    check_cases(cases, tmp_path, seed=52)


def test_rsqrt_equals_tflm_on_every_byte(tmp_path: Path) -> None:
    rng = np.random.default_rng(53)
    cases = []
    for number in range(CASES):
        old = 10 ** rng.uniform(-6, 2)
        new = old**-0.5 * 10 ** rng.uniform(-4, 1)
        graph = graph_of("RSQRT", (old, -128), (new, zero_point(rng)))
        cases.append(Case(f"RSQRT {number}", graph, EVERY_BYTE))
    check_cases(cases, tmp_path, seed=53)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (graph_of("ABS", (1.0, 0), (1e-9, 0)), "the scale of its input is 1e+09 times that of its output"),
        (graph_of("ELU", (None, 0)), "its input is not quantized"),
        (graph_of("HARD_SWISH", (1.0, 0), (1e-3, 0)), "its output's scale is too small for its input's"),
        (graph_of("HARD_SWISH", (1e4, 0), (1e4, 0)), "its input's scale 10000 is too large"),
        (graph_of("LEAKY_RELU", alpha=-0.5), "its alpha is -0.5, which is negative or too large"),
        (graph_of("LEAKY_RELU", alpha=float("nan")), "its alpha is nan"),
        (graph_of("LEAKY_RELU", (1.0, 0), (1e-9, 0), alpha=0.1), "the scale of its input is 1e+09 times"),
        (graph_of("RSQRT"), "its input's zero point is 0, not -128: TFLM stops at a negative number"),
        (graph_of("RSQRT", (1e-9, -128), (1e-9, 0)), "its output's scale is too small for its input's"),
        (graph_of("RSQRT", (1e-30, -128), (1e-38, 0)), "its output's scale is too small for its input's"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    assert any(reason in problem for problem in problems(graph)), problems(graph)
