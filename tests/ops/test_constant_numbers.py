# SPDX-License-Identifier: Apache-2.0
"""An int8 tensor and a constant number: a table, where the tensor is as large as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import KernelCall
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import Target

KINDS = ["ADD", "SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM", "PRELU", "SQUARED_DIFFERENCE", "LESS", "EQUAL"]


def graph_of(
    kind: str, number: int, place: int = 1, shape: tuple[int, ...] = (2, 128), ones: tuple[int, ...] = ()
) -> Graph:
    """The graph of an operation on a tensor and a number, which is input number place."""
    builder = GraphBuilder()
    same = kind in ("MINIMUM", "MAXIMUM")
    x = builder.tensor(shape, scale=0.1, zero_point=5)
    scale, point = (0.1, 5) if same else (0.3, -7)
    constant = builder.tensor(ones, scale=scale, zero_point=point, data=np.full(ones, number))
    if kind in ("LESS", "EQUAL"):
        y = builder.tensor(shape, "bool")
    else:
        y = builder.tensor(shape, scale={"DIV": 0.004}.get(kind, 0.1), zero_point=5)
    builder.operation(kind, [x, constant] if place else [constant, x], [y])
    return builder.graph([x], [y])


def call_of(graph: Graph) -> KernelCall:
    (operation,) = graph.operations
    call = operators()[operation.kind].lower(graph, operation, Target())
    assert isinstance(call, KernelCall)
    return call


def test_every_number_on_either_side_equals_tflm(tmp_path: Path) -> None:
    every_byte = np.arange(-128, 128, dtype=np.int8).reshape(2, 128)
    cases = []
    for kind in KINDS:
        for number in (-128, -7, 0, 5, 127):
            for place in (0, 1) if kind not in ("PRELU", "DIV") else (1,):
                graph = graph_of(kind, number, place, ones=((), (1,), (1, 1))[number % 3])
                assert call_of(graph).kernel == "tm_lookup_s8"
                cases.append(Case(f"{kind} {number} {place}", graph, [[every_byte]]))
    check_cases(cases, tmp_path, seed=91)


@pytest.mark.parametrize("kind", KINDS)
def test_a_tensor_smaller_than_a_table_gets_none(kind: str) -> None:
    assert call_of(graph_of(kind, 3, shape=(1, 255))).kernel != "tm_lookup_s8"


def test_a_number_that_varies_gets_no_table() -> None:
    graph = graph_of("MUL", 3)
    builder = GraphBuilder()
    x, y, z = (builder.tensor(shape, scale=0.1) for shape in ((2, 128), (1,), (2, 128)))
    builder.operation("MUL", [x, y], [z])
    assert call_of(builder.graph([x, y], [z])).kernel == "tm_mul_broadcast_s8"
    assert call_of(graph).kernel == "tm_lookup_s8"
