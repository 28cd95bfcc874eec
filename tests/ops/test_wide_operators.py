# SPDX-License-Identifier: Apache-2.0
"""ADD, SUB and MUL on int16 against TFLM."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases
from support.random_layers import add_input, add_mean, add_pool
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators

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
    for number in range(breadth(40, here=14)):
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
        (graph_of(types=("int32", "int32", "int8")), "its first input is int32, not int8 or int16"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    (operation,) = graph.operations
    found = operators()[operation.kind].problems(graph, operation)
    assert any(reason in problem for problem in found), found


UNARY = {
    "RELU": {},
    "RELU6": {},
    "ABS": {},
    "LEAKY_RELU": {"alpha": float(np.float32(0.3))},
    "LOGISTIC": {},
    "TANH": {},
    "SOFTMAX": {"beta": 1.0},
}
_IN_FIXED_STEPS = ("LOGISTIC", "TANH", "SOFTMAX")
ALL_NUMBERS = np.arange(-32768, 32768).astype(np.int16).reshape(1, 256, 256)


def unary_graph(
    kind: str,
    shape: Shape,
    scales: tuple[float, float],
    types: tuple[str, str] = ("int16", "int16"),
    **more: float,
) -> Graph:
    builder = GraphBuilder()
    points = [0, 0] if "int8" not in types else [7 * (name == "int8") for name in types]
    x, y = (
        builder.tensor(shape, name, scale=None if name == "float32" else scale, zero_point=point)
        for scale, name, point in zip(scales, types, points, strict=True)
    )
    builder.operation(kind, [x], [y], **{**UNARY.get(kind, {}), **more})
    return builder.graph([x], [y])


@pytest.mark.parametrize("kind", UNARY)
def test_unary_int16_operators_equal_tflm_on_every_number(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(96)
    scales = [2.0**-12, 2.0**-11, 2.0**-13, 2.0**-11 * (1 - 3e-4), *(10 ** rng.uniform(-6, 0, 12))]
    cases = []
    for scale in scales:
        out = 2.0**-15 if kind in _IN_FIXED_STEPS else scale * 10 ** rng.uniform(-1, 2)
        cases.append(Case(f"{kind} {scale}", unary_graph(kind, (1, 256, 256), (scale, out)), [[ALL_NUMBERS]]))
    check_cases(cases, tmp_path, seed=96)


@pytest.mark.parametrize("classes", [1, 2, 3, 10, 600])
def test_softmax_on_int16_equals_tflm(classes: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(classes)
    cases = []
    for number in range(12):
        graph = unary_graph(
            "SOFTMAX", (30, classes), (10 ** rng.uniform(-5, -1), 2.0**-15), beta=1 - number / 32
        )
        spread = 10 ** rng.uniform(1, 4.5, 20)
        samples = [
            rng.integers(-most, most + 1, (30, classes)).clip(-32768, 32767) for most in spread.astype(int)
        ]
        cases.append(Case(f"SOFTMAX {number}", graph, [[sample.astype(np.int16)] for sample in samples]))
    check_cases(cases, tmp_path, seed=97)


TYPES = [
    *(("int16", "int8"), ("int8", "int16"), ("int16", "int16"), ("float32", "int16"), ("int16", "float32")),
    *(("int16", "int32"), ("int8", "int32"), ("int32", "int8"), ("int32", "int16")),
]


@pytest.mark.parametrize("types", TYPES, ids="-".join)
def test_wide_integers_to_and_from_other_types_equal_tflm(types: tuple[str, str], tmp_path: Path) -> None:
    rng = np.random.default_rng(98)
    cases = []
    for number in range(12):
        scale = 10 ** rng.uniform(-5, 0)
        ratio = 10 ** rng.uniform(0.001 if types[0] == "int32" else -2, 9 if types[0] == "int32" else 3)
        graph = unary_graph(
            "DEQUANTIZE" if types[1] == "float32" else "QUANTIZE",
            (1, 256, 256) if number < 3 else (3, 50),
            (scale, scale * ratio),
            types,
        )
        whole = number < 3 and types[0] == "int16"
        cases.append(Case(f"{types} {number}", graph, [[ALL_NUMBERS]] if whole else None))
    check_cases(cases, tmp_path, seed=98, samples=20)


@pytest.mark.parametrize("kind", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_pools_of_int16_equal_tflm(kind: str, tmp_path: Path) -> None:
    cases = []
    for seed in range(breadth(40, here=14)):
        rng = np.random.default_rng(seed)
        builder = GraphBuilder()
        source = add_input(builder, rng, tuple(int(n) for n in rng.integers(1, 9, 4)), "int16")
        result = add_pool(builder, rng, source, kind)
        cases.append(Case(f"{kind} {seed}", builder.graph([source], [result])))
    check_cases(cases, tmp_path, seed=99, samples=30)


def test_a_pool_of_int16_whose_sums_exceed_32_bits_is_refused() -> None:
    builder = GraphBuilder()
    x, y = (builder.tensor((1, side, side, 1), "int16", scale=0.1) for side in (256, 1))
    options = {"padding": "VALID", "filter_height": 256, "filter_width": 256, "stride_h": 1, "stride_w": 1}
    builder.operation("AVERAGE_POOL_2D", [x], [y], **options)
    graph = builder.graph([x], [y])
    found = operators()["AVERAGE_POOL_2D"].problems(graph, graph.operations[0])
    assert found == ["its sums can exceed 32 bits"]


@pytest.mark.parametrize("kind", ["MEAN", "SUM"])
def test_sums_of_int16_equal_tflm(kind: str, tmp_path: Path) -> None:
    cases = []
    for seed in range(breadth(40, here=14)):
        rng = np.random.default_rng(seed)
        builder = GraphBuilder()
        source = add_input(builder, rng, tuple(int(n) for n in rng.integers(1, 9, 4)), "int16")
        result = add_mean(builder, rng, source, kind)
        cases.append(Case(f"{kind} {seed}", builder.graph([source], [result])))
    check_cases(cases, tmp_path, seed=100, samples=30)


@pytest.mark.parametrize("kind", ["MINIMUM", "MAXIMUM", "SQUARED_DIFFERENCE"])
def test_two_int16_operands_equal_tflm(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(101)
    cases = []
    for number in range(24):
        shapes = ((1, 64), (1, 64)) if number % 2 else BROADCASTS[number // 2 % 3]
        first, second, _ = random_scales("SUB", number, rng)
        scales = (first, second, max(first, second) ** 2 * 4 * 10 ** rng.uniform(0.01, 6))
        scales = scales if kind == "SQUARED_DIFFERENCE" else (first, first, first)
        graph = graph_of(kind, shapes, scales)
        cases.append(Case(f"{kind} {number}", graph))
    check_cases(cases, tmp_path, seed=101, samples=30)


def test_select_of_int16_equals_tflm(tmp_path: Path) -> None:
    cases = []
    for condition, left, right in [((6,), (6,), (6,)), ((2, 1), (1, 5), (2, 5)), ((1,), (3, 4), (4,))]:
        builder = GraphBuilder()
        c = builder.tensor(condition, "bool")
        x, y = (builder.tensor(shape, "int16", scale=1e-3) for shape in (left, right))
        z = builder.tensor(np.broadcast_shapes(condition, left, right), "int16", scale=1e-3)
        builder.operation("SELECT_V2", [c, x, y], [z])
        cases.append(Case(f"{condition}", builder.graph([c, x, y], [z])))
    check_cases(cases, tmp_path, seed=102, samples=20)


_ZERO_POINTS = {"int8": (0, 5, -128), "int16": (0, 7, -32768, 32767), "int32": (0,), "float32": (0,)}
_TYPES_OF_QUANTIZE = [
    ("int8", "int16"), ("int16", "int8"), ("int16", "int16"), ("int16", "int32"), ("int32", "int16"),
    ("float32", "int16"),
]  # fmt: skip


@pytest.mark.parametrize("types", _TYPES_OF_QUANTIZE)
def test_quantize_equals_tflm_with_zero_points_of_int16(types: tuple[str, str], tmp_path: Path) -> None:
    cases = []
    for old_point, new_point in product(*(_ZERO_POINTS[name] for name in types)):
        for ratio in (0.4, 0.9) if "int32" in types[:1] else (0.003, 1.0, 30.0):
            builder = GraphBuilder()
            x = builder.tensor(
                (1, 512), types[0], scale=None if types[0] == "float32" else 0.01, zero_point=old_point
            )
            y = builder.tensor((1, 512), types[1], scale=0.01 / ratio, zero_point=new_point)
            builder.operation("QUANTIZE", [x], [y])
            cases.append(Case(f"{types} {old_point} {new_point} {ratio}", builder.graph([x], [y])))
    check_cases(cases, tmp_path, seed=97, samples=24)
