# SPDX-License-Identifier: Apache-2.0
"""RELU, RELU6, LOGISTIC, TANH, QUANTIZE and DEQUANTIZE against TFLM, all 256 values of the input."""

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

CASES = breadth(60, here=20)


def unary_graph(
    kind: str,
    source: tuple[float | None, int] = (0.1, 0),
    result: tuple[float | None, int] = (0.1, 0),
    *,
    dtypes: tuple[str, str] = ("int8", "int8"),
    shape: tuple[int, ...] = (1, 256),
) -> Graph:
    builder = GraphBuilder()
    x = builder.tensor(shape, dtypes[0], scale=source[0], zero_point=source[1])
    y = builder.tensor(shape, dtypes[1], scale=result[0], zero_point=result[1])
    builder.operation(kind, [x], [y])
    return builder.graph([x], [y])


def all_bytes(dtype: str) -> list[list[Array]]:
    return [[np.arange(256, dtype=np.uint8).view(dtype).reshape(1, 256)]]


def problems(graph: Graph) -> list[str]:
    (operation,) = graph.operations
    return operators()[operation.kind].problems(graph, operation)


def scale(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.float32(10 ** rng.uniform(low, high)))


def zero_point(rng: np.random.Generator) -> int:
    return int(rng.choice([-128, 0, 127, rng.integers(-128, 128)]))


@pytest.mark.parametrize("kind", ["RELU", "QUANTIZE"])
def test_rescaling_operators_equal_tflm_on_every_byte(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    cases = []
    for number in range(CASES):
        old = scale(rng, -6, 2)
        new = old * scale(rng, -3, 2) if number % 6 else old
        graph = unary_graph(kind, (old, zero_point(rng)), (new, zero_point(rng)))
        cases.append(Case(f"{kind} {number}", graph, all_bytes("int8")))
    check_cases(cases, tmp_path, seed=1)


def test_relu6_equals_tflm_on_every_byte(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    cases = []
    for number in range(CASES):
        point = zero_point(rng)
        old = (6 / 255, -128) if number == 0 else (scale(rng, -6, 2), point)
        graph = unary_graph("RELU6", old, (scale(rng, -3, 1), zero_point(rng)))
        cases.append(Case(f"RELU6 {number}", graph, all_bytes("int8")))
    check_cases(cases, tmp_path, seed=2)


@pytest.mark.parametrize(("kind", "result"), [("LOGISTIC", (1 / 256, -128)), ("TANH", (1 / 128, 0))])
def test_sigmoid_operators_equal_tflm_on_every_byte(
    kind: str, result: tuple[float, int], tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    usual = [(scale(rng, -4, 0), zero_point(rng)) for _ in range(CASES)]
    extreme = [(scale(rng, -8, 3), zero_point(rng)) for _ in range(CASES)]
    edges = [(s, 3) for s in (2.0**-28, 2.0**-20, 1.0, 3.75, 4.0, 7.5, 8.0, 15.0, 16.0, 1e6)]
    graphs = [unary_graph(kind, source, result) for source in usual + extreme + edges]
    cases = [Case(f"{kind} {n}", graph, all_bytes("int8")) for n, graph in enumerate(graphs)]
    check_cases(cases, tmp_path, seed=3)


@pytest.mark.parametrize("dtypes", [("int8", "uint8"), ("uint8", "int8")])
def test_quantize_changes_the_sign_of_a_type_as_tflm_does(dtypes: tuple[str, str], tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    offsets = [128 * (dtype == "uint8") for dtype in dtypes]
    cases = []
    for number in range(20):
        old = scale(rng, -3, 1)
        new = old * scale(rng, -1, 1) if number % 3 else old
        points = [zero_point(rng) + offset for offset in offsets]
        graph = unary_graph("QUANTIZE", (old, points[0]), (new, points[1]), dtypes=dtypes)
        cases.append(Case(f"{dtypes} {number}", graph, all_bytes(dtypes[0])))
    check_cases(cases, tmp_path, seed=4)


def test_quantize_of_floats_equals_tflm_on_values_and_ties(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    cases = []
    for number in range(CASES):
        step, point = scale(rng, -6, 3), zero_point(rng)
        graph = unary_graph("QUANTIZE", (None, 0), (step, point), dtypes=("float32", "int8"))
        ties = (rng.integers(-400, 400, (100, 1, 256)) + 0.5) * step
        near = np.nextafter(ties[:50], rng.choice([-np.inf, np.inf], (50, 1, 256)))
        far = rng.standard_normal((50, 1, 256)) * step * 10.0 ** rng.integers(-3, 7, (50, 1, 1))
        values = np.concatenate([ties, near, far]).astype(np.float32)
        cases.append(Case(f"float {number}", graph, [[row] for row in values]))
    check_cases(cases, tmp_path, seed=5)


def test_quantize_of_floats_saturates_at_infinity_and_on_what_is_no_number() -> None:
    graph = unary_graph("QUANTIZE", (None, 0), (1.0, 5), dtypes=("float32", "int8"), shape=(5,))
    values = np.array([np.inf, -np.inf, np.nan, 3e38, -3e38], np.float32)

    (result,) = operators()["QUANTIZE"].reference(graph, graph.operations[0], [values])

    assert result.tolist() == [127, -128, -128, 127, -128]


def test_dequantize_equals_tflm_on_every_byte(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    cases = []
    for number in range(CASES):
        source = (scale(rng, -30, 30) if number % 2 else scale(rng, -4, 2), zero_point(rng))
        graph = unary_graph("DEQUANTIZE", source, (None, 0), dtypes=("int8", "float32"))
        cases.append(Case(f"DEQUANTIZE {number}", graph, all_bytes("int8")))
    check_cases(cases, tmp_path, seed=6)


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (1, 2, 3, 4), (2, 1, 3, 1, 2)])
def test_shapes_do_not_matter_to_what_works_element_by_element(
    shape: tuple[int, ...], tmp_path: Path
) -> None:
    graphs = [
        unary_graph("RELU", shape=shape),
        unary_graph("QUANTIZE", (None, 0), (0.1, 3), dtypes=("float32", "int8"), shape=shape),
        unary_graph("DEQUANTIZE", (0.1, 3), (None, 0), dtypes=("int8", "float32"), shape=shape),
    ]
    check_cases([Case(g.operations[0].kind, g) for g in graphs], tmp_path, seed=7, samples=20)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (
            unary_graph("RELU", (1.0, 0), (1e-9, 0)),
            "the scale of its input is 1e+09 times that of its output",
        ),
        (unary_graph("QUANTIZE", (1.0, 0), (1e-9, 0)), "the scale of its input is 1e+09 times"),
        (unary_graph("RELU6", (1e-10, 0)), "its input's scale 1e-10 is too small"),
        (unary_graph("LOGISTIC", (1e-9, 0), (1 / 256, -128)), "its input's scale 1e-09 is too small"),
        (unary_graph("TANH", (1e-9, 0), (1 / 128, 0)), "its input's scale 1e-09 is too small"),
        (unary_graph("LOGISTIC", (0.1, 0), (1 / 256, 0)), "its output's zero point is 0, not -128"),
        (unary_graph("RELU", (None, 0)), "its input is not quantized"),
        (unary_graph("ELU", dtypes=("int16", "int8")), "its input is int16, not int8"),
        (unary_graph("RELU", dtypes=("int16", "int8")), "its output is int8, not int16"),
        (unary_graph("RELU", shape=(1, 0)), "it has a tensor without elements"),
        (unary_graph("RELU", (float("nan"), 0)), "the scale of its input is nan"),
        (unary_graph("RELU", (0.1, 128)), "the zero point 128 of its input is outside int8"),
        (
            unary_graph("QUANTIZE", dtypes=("int64", "int8")),
            "its input is int64, not float32, int8, uint8, int16, int32",
        ),
        (
            unary_graph("QUANTIZE", (0.1, 0), (0.1, 0), dtypes=("int32", "int8")),
            "the scale of its input is 1 times that of its output",
        ),
        (
            unary_graph("QUANTIZE", (0.1, 0), (0.1, 3), dtypes=("int16", "int32")),
            "it is on int32 with a zero point that is not 0",
        ),
        (unary_graph("QUANTIZE", dtypes=("uint8", "uint8")), "its input and output are both uint8"),
        (unary_graph("QUANTIZE", dtypes=("float32", "uint8")), "its output is uint8, not int8 or int16"),
        (unary_graph("DEQUANTIZE", dtypes=("int8", "int8")), "its output is int8, not float32"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    assert any(reason in problem for problem in problems(graph)), problems(graph)
