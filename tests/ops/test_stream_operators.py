# SPDX-License-Identifier: Apache-2.0
"""What --stream puts between layers: columns that shift, and a count; kernels against plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder

from toolkit.compiler.compile import compile_layout
from toolkit.ir.graph import Graph, Operation
from toolkit.memory.layout import lay_out_in_order
from toolkit.ops.shared.evaluate import evaluate
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.state import start_states
from toolkit.reference.oracle import split_inputs
from toolkit.targets.target import PORTABLE
from toolkit.verify.native import NativeModel

SHAPES = (((1, 5, 1, 3), 1, 2), ((2, 3, 7, 1), 2, 3), ((6, 4), 0, 5))


def shift_graph(shape: Sequence[int], axis: int, added: int, dtype: str = "int8") -> Graph:
    builder = GraphBuilder()
    new = [added if place == axis else size for place, size in enumerate(shape)]
    x = builder.tensor(new, dtype, scale=0.5)
    kept = builder.tensor(shape, dtype, scale=0.5, state=0)
    y = builder.tensor(shape, dtype, scale=0.5)
    builder.operation("STREAM_SHIFT", [kept, x], [], axis=axis)
    builder.operation("READ_VARIABLE", [kept], [y])
    return builder.graph([x], [y])


def count_graph(most: int) -> Graph:
    builder = GraphBuilder()
    x, y = (builder.tensor((1,), "int32") for _ in range(2))
    count = builder.tensor((1,), "int32", state=0)
    builder.operation("STREAM_COUNT", [count], [], most=most)
    builder.operation("READ_VARIABLE", [count], [y])
    return builder.graph([x], [y])


def sum_graph(kind: str, shape: Sequence[int], axis: int, added: int) -> Graph:
    builder = GraphBuilder()
    new = [added if place == axis else size for place, size in enumerate(shape)]
    x = builder.tensor(new, scale=0.5, zero_point=7)
    kept = builder.tensor(shape, scale=0.5, zero_point=7, state=0)
    sums = builder.tensor((shape[-1] + 1,), "int32", state=0)
    axes = builder.tensor((len(shape) - 2,), "int32", data=range(1, len(shape) - 1))
    y = builder.tensor((1, shape[-1]), scale=0.5 if kind == "MEAN" else 8.0, zero_point=-9)
    builder.operation("STREAM_SUM", [kept, sums, x, axes], [y], axis=axis, of=kind, keep_dims=False)
    return builder.graph([x], [y])


def problems(graph: Graph) -> list[str]:
    return operators()[graph.operations[0].kind].problems(graph, graph.operations[0])


def in_c(graph: Graph, folder: Path, rows: Array) -> Array:
    compiled = compile_layout(lay_out_in_order(graph, PORTABLE), b"", "stream")
    runs = NativeModel(compiled, folder).run_sequence(rows)
    return np.stack([run.outputs for run in runs])


def in_numpy(graph: Graph, rows: Array) -> Array:
    states = start_states(graph)
    outputs = [evaluate(graph, split_inputs(graph, row), states)[0] for row in rows]
    return np.stack([np.ravel(value).view(np.int8) for value in outputs])


@pytest.mark.parametrize(("shape", "axis", "added"), SHAPES)
def test_the_last_columns_stay_and_the_new_ones_stand_behind_them(
    shape: tuple[int, ...], axis: int, added: int, tmp_path: Path
) -> None:
    graph = shift_graph(shape, axis, added, "int16" if axis == 2 else "int8")
    assert problems(graph) == []
    x = graph.tensors[graph.inputs[0]]
    rows = np.random.default_rng(axis).integers(-128, 128, (12, x.bytes)).astype(np.int8)
    values = rows.view(x.dtype).reshape(12, *x.shape)

    truth = in_numpy(graph, rows)

    every = np.concatenate([np.zeros(shape, x.dtype), *values], axis=axis)
    size = shape[axis]
    for run in range(12):
        there = np.take(every, range((run + 1) * added, (run + 1) * added + size), axis)
        assert np.ascontiguousarray(there).tobytes() == truth[run].tobytes()
    np.testing.assert_array_equal(in_c(graph, tmp_path, rows), truth)


def test_runs_are_counted_up_to_the_most(tmp_path: Path) -> None:
    graph = count_graph(3)
    assert problems(graph) == []
    rows = np.zeros((5, 4), np.int8)

    truth = in_numpy(graph, rows)

    assert truth.view(np.int32).ravel().tolist() == [1, 2, 3, 3, 3]
    np.testing.assert_array_equal(in_c(graph, tmp_path, rows), truth)


@pytest.mark.parametrize(
    ("kind", "shape", "axis", "added"),
    [("SUM", (1, 5, 1, 3), 1, 1), ("MEAN", (1, 7, 2, 4), 1, 3), ("MEAN", (1, 1, 6, 5), 2, 4)],
)
def test_running_sums_are_those_of_the_window(
    kind: str, shape: tuple[int, ...], axis: int, added: int, tmp_path: Path
) -> None:
    graph = sum_graph(kind, shape, axis, added)
    assert problems(graph) == []
    x, operation = graph.tensors[graph.inputs[0]], graph.operations[0]
    rows = np.random.default_rng(axis).integers(-128, 128, (12, x.bytes)).astype(np.int8)

    truth = in_numpy(graph, rows)

    whole = Operation(0, kind, 1, (operation.inputs[0], operation.inputs[3]), operation.outputs)
    values = np.concatenate([np.zeros(shape, np.int8), *rows.reshape(12, *x.shape)], axis=axis)
    for run in range(12):
        end = (run + 1) * added + shape[axis]
        window = np.take(values, range(end - shape[axis], end), axis)
        (right,) = operators()[kind].reference(graph, whole, [window, None])
        assert np.ravel(right).tolist() == truth[run].tolist()
    np.testing.assert_array_equal(in_c(graph, tmp_path, rows), truth)


def test_sums_that_do_not_fit_their_window_have_a_reason() -> None:
    assert problems(sum_graph("MEAN", (1, 4, 3), 1, 4)) == ["all its columns are new"]
    assert "it is a MAX along axis 1" in problems(sum_graph("MAX", (1, 4, 3), 1, 1))[0]
    assert "it does not add up all but the last" in problems(sum_graph("MEAN", (1, 2, 4, 3), 2, 1))[0]


def test_what_does_not_fit_together_has_a_reason() -> None:
    assert "1 of the 1 columns that it keeps are new" in problems(shift_graph((1, 1, 3), 1, 1))[0]
    assert "its axis 3 is not one of its inputs'" in problems(shift_graph((1, 4, 3), 3, 1))[0]
    assert "its most, 0, is not a number from 1" in problems(count_graph(0))[0]
