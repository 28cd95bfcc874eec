# SPDX-License-Identifier: Apache-2.0
"""EXP, LOG, NEG, SQRT, RELU_N1_TO_1 and TILE: TFLM does not have them, TFLite's reference kernels do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.fuzz_seeds import seeds
from support.kernel_runner import Case, check_cases, check_kernels
from support.tflite_reference import run_graph_on_tflite
from support.tflite_writer import GraphBuilder
from support.tflm import run_graph

from toolkit.errors import InputError
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate_tensors
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators
from toolkit.reference.oracle import ROUNDED_OTHERWISE, split_inputs
from toolkit.reference.tflite import run_tflite_tensors
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import random_rows
from toolkit.verify.layers import first_layer_difference

CASES = breadth(60, here=20)
FUNCTIONS = ("EXP", "GELU", "LOG", "NEG", "SQRT", "RELU_N1_TO_1")
BYTES: list[list[Array]] = [[np.arange(-128, 128, dtype=np.int8).reshape(1, 256)]]
TYPES = ("int8", "uint8", "int32", "int64", "float32", "bool")

Quantized = tuple[float, int]


def function_graph(kind: str, source: Quantized = (0.1, 0), result: Quantized = (0.1, 0)) -> Graph:
    builder = GraphBuilder()
    x = builder.tensor((1, 256), scale=source[0], zero_point=source[1])
    y = builder.tensor((1, 256), scale=result[0], zero_point=result[1])
    builder.operation(kind, [x], [y])
    return builder.graph([x], [y])


def function_cases(kind: str) -> list[Case]:
    """Scales over many orders, among them such that results lie on whole and half steps."""
    rng = np.random.default_rng(31)
    cases = []
    for number in range(CASES):
        scales = 2.0 ** rng.uniform(-12, 3, 2)
        if number % 4 == 0:
            scales = np.array([1.0, 0.5]) * 2.0 ** rng.integers(-4, 3)
        points = [int(rng.choice([-128, 0, 127, rng.integers(-128, 128)])) for _ in range(2)]
        points[0] = {"SQRT": -128, "NEG": 0}.get(kind, points[0])
        source = (float(scales[0]), points[0])
        result = source if kind == "NEG" else (float(scales[1]), points[1])
        cases.append(Case(f"{kind} {source} {result}", function_graph(kind, source, result), BYTES))
    return cases


def tile_graph(
    shape: tuple[int, ...], often: tuple[int, ...], dtype: str = "int8", to: tuple[int, ...] | None = None
) -> Graph:
    builder = GraphBuilder()
    scale = 0.1 if dtype in ("int8", "uint8", "int16") else None
    x = builder.tensor(shape, dtype, scale=scale)
    repeats = builder.tensor((len(often),), "int32", data=often)
    made = tuple(n * m for n, m in zip(shape, often, strict=False)) if to is None else to
    y = builder.tensor(made, dtype, scale=scale)
    builder.operation("TILE", [x, repeats], [y])
    return builder.graph([x], [y])


def tile_cases() -> list[Case]:
    rng = np.random.default_rng(32)
    cases = [Case(f"TILE {t}", tile_graph((2, 3), (3, 2), t)) for t in TYPES]
    for _ in range(30):
        rank = int(rng.integers(1, 6))
        shape, often = (tuple(int(n) for n in rng.integers(1, 4, rank)) for _ in range(2))
        graph = tile_graph(shape, often, str(rng.choice(TYPES)))
        if not problems(graph):
            cases.append(Case(f"TILE {shape} {often}", graph))
    return cases


def problems(graph: Graph) -> list[str]:
    (operation,) = graph.operations
    return operators()[operation.kind].problems(graph, operation)


@pytest.mark.train
@pytest.mark.parametrize("kind", FUNCTIONS)
def test_a_function_equals_tflite_on_every_byte(kind: str, tmp_path: Path) -> None:
    check_cases(function_cases(kind), tmp_path, seed=31, truth=run_graph_on_tflite)


@pytest.mark.train
def test_tile_equals_tflite(tmp_path: Path) -> None:
    cases = tile_cases()
    assert len(cases) > 25
    check_cases(cases, tmp_path, seed=32, samples=3, truth=run_graph_on_tflite)


def test_kernels_equal_the_references_without_tensorflow_too(tmp_path: Path) -> None:
    cases = [case for kind in FUNCTIONS for case in function_cases(kind)[:10]]
    check_kernels([*cases, *tile_cases()], tmp_path, seed=33, samples=3)


def test_tile_is_what_numpy_calls_tile() -> None:
    graph = tile_graph((2, 3), (2, 3))
    value = np.arange(6, dtype=np.int8).reshape(2, 3)
    (found,) = operators()["TILE"].reference(graph, graph.operations[0], [value, np.array([2, 3])])
    assert found.tolist() == [[0, 1, 2] * 3, [3, 4, 5] * 3] * 2


def test_tflm_still_refuses_what_is_said_to_be_tflites() -> None:
    """When TFLM learns one of them, its bytes become the truth."""
    kinds = [kind for kind, operator in operators().items() if operator.oracle == "TFLite"]
    assert kinds == sorted([*FUNCTIONS, "TILE"])
    for kind in kinds:
        graph = tile_graph((2, 3), (1, 2)) if kind == "TILE" else function_graph(kind, (0.1, -128))
        with pytest.raises(RuntimeError):
            run_graph(graph, [[np.zeros(graph.tensors[0].shape, np.int8)]])


@pytest.mark.train
def test_what_tflite_computes_in_another_way_than_tflm_is_known() -> None:
    """Where TFLite cannot stand in for TFLM: on one operation, or at the first that differs."""
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    differing = set()
    for name, model in seeds().items():
        graph = read_graph(model, name)
        wanted = [i for operation in graph.operations for i in operation.outputs]
        for row in random_rows(graph, 60 if graph.operations[0].kind == "FULLY_CONNECTED" else 6):
            inputs = split_inputs(graph, row)
            try:
                theirs = run_tflite_tensors(model, [inputs], wanted)
            except InputError:
                break  # TFLite does not have it: the oracle goes on to the NumPy reference
            found = first_layer_difference(graph, evaluate_tensors(graph, inputs), theirs)
            differing |= {found.kind} if found else set()
    assert differing == set(ROUNDED_OTHERWISE)


def twice(graph: Graph) -> Graph:
    """Return a graph of a function with one input more than it takes."""
    builder = GraphBuilder()
    x, y = (builder.tensor((1, 4), scale=0.1) for _ in range(2))
    builder.operation(graph.operations[0].kind, [x, x], [y])
    return builder.graph([x], [y])


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (function_graph("NEG", (0.1, 3), (0.1, 3)), "its input's zero point is 3, not 0, which TFLite ign"),
        (function_graph("NEG", (0.1, 0), (0.2, 0)), "its input and its output are quantized differently"),
        (function_graph("SQRT", (0.1, 0)), "its input's zero point is 0, not -128: TFLite stops at a nega"),
        (function_graph("SQRT", (1e20, -128), (1e-20, 0)), "its output's scale is too small for its inp"),
        (function_graph("RELU_N1_TO_1", (1e9, 0), (1e-3, 0)), "the scale of its input is 1e+12 times"),
        (function_graph("RELU_N1_TO_1", (1e-12, 0), (1e-12, 0)), "of its output is too small for RELU_N1"),
        (tile_graph((2, 3), (2, 2), "int16"), "its input is int16, not int8 or uint8 or int32"),
        (tile_graph((2, 3), (2,)), "its multiples are not an integer constant of 1 or more for each axis"),
        (tile_graph((2, 3), (0, 2), to=(2, 3)), "its multiples are not an integer constant of 1 or more"),
        (tile_graph((2, 3), (2, 2), to=(4, 5)), "its output has the shape [4, 5], not [4, 6]"),
        (tile_graph((2, 3, 2, 3), (2, 2, 2, 2)), "it repeats along more axes than 5 loops can walk"),
        *((twice(function_graph(kind)), "it has 2 inputs, not 1") for kind in FUNCTIONS),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    assert any(reason in problem for problem in problems(graph)), problems(graph)
