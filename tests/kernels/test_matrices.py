# SPDX-License-Identifier: Apache-2.0
"""TRANSPOSE_CONV and BATCH_MATMUL: random configurations byte for byte as TFLM, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases, random_samples
from support.random_matrices import batch_matmul, transpose_conv

from toolkit.ir.graph import Graph, Tensor
from toolkit.ops.shared.registry import operators

MAKERS = {"TRANSPOSE_CONV": transpose_conv, "BATCH_MATMUL": batch_matmul}


def _graph(kind: str, seed: int = 0, dtype: str = "int8") -> Graph:
    return MAKERS[kind](np.random.default_rng(seed), dtype)


def _problems(graph: Graph) -> str:
    (operation,) = graph.operations
    return "; ".join(operators()[operation.kind].problems(graph, operation))


def _with(graph: Graph, place: int, **changes: object) -> Graph:
    """Return graph with its operation's input (output, if place is -1) changed."""
    (operation,) = graph.operations
    tensor = graph.tensors[operation.outputs[0] if place < 0 else operation.inputs[place]]
    return graph.with_tensor(replace(tensor, **changes))  # type: ignore[arg-type]


def _with_inputs(graph: Graph, inputs: tuple[int, ...]) -> Graph:
    return replace(graph, operations=(replace(graph.operations[0], inputs=inputs),))


def _cut(tensor: Tensor, axis: int) -> tuple[int, ...]:
    return tuple(size + (i == axis % len(tensor.shape)) for i, size in enumerate(tensor.shape))


@pytest.mark.parametrize("kind", MAKERS)
def test_equals_tflm(tmp_path: Path, kind: str) -> None:
    cases = [Case(f"{kind} {seed}", _graph(kind, seed)) for seed in range(breadth(80, here=24))]
    check_cases(cases, tmp_path, seed=1, samples=60)


@pytest.mark.parametrize("kind", MAKERS)
def test_int16_equals_tflm(tmp_path: Path, kind: str) -> None:
    cases = [Case(f"{kind} {seed}", _graph(kind, seed, "int16")) for seed in range(breadth(40, here=14))]
    check_cases(cases, tmp_path, seed=2, samples=40)


def test_transpose_conv_refuses_an_output_that_its_strides_do_not_make() -> None:
    graph = _graph("TRANSPOSE_CONV")
    result = graph.tensors[graph.outputs[0]]
    other = _with(graph, -1, shape=(result.shape[0], 99, *result.shape[2:]))
    assert "as a convolution from its output to its input" in _problems(other)


def test_transpose_conv_refuses_another_shape_than_its_output_s() -> None:
    graph = _graph("TRANSPOSE_CONV")
    other = _with(graph, 0, data=np.array([1, 1, 1, 1], np.int32) * 77)
    assert "its output's shape is not the one that its output has" in _problems(other)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_transpose_conv_never_reads_a_shape_that_is_computed(dtype: str, tmp_path: Path) -> None:
    graph = _graph("TRANSPOSE_CONV", 1, dtype)
    shape, _, x = graph.operations[0].inputs[:3]
    graph = replace(_with(graph, 0, data=None), inputs=(shape, x))
    rng = np.random.default_rng(3)
    samples = [[rng.integers(-9, 9999, 4, np.int32), *random_samples(graph, rng, 4)[3][1:]] for _ in range(9)]

    check_cases([Case("shape", graph, samples)], tmp_path, seed=3)


def test_transpose_conv_refuses_channels_that_do_not_agree() -> None:
    graph = _graph("TRANSPOSE_CONV")
    source = graph.tensors[graph.inputs[0]]
    assert "channels in and" in _problems(_with(graph, 2, shape=_cut(source, -1)))


def test_transpose_conv_refuses_other_numbers_of_inputs() -> None:
    graph = _graph("TRANSPOSE_CONV")
    assert "it has 2 inputs" in _problems(_with_inputs(graph, graph.operations[0].inputs[:2]))


@pytest.mark.parametrize(
    ("place", "shape", "reason"),
    [
        (0, (4,), "1 dimensions, not 2 to 5"),
        (0, (1, 2, 3, 4, 5, 6), "6 dimensions, not 2 to 5"),
        (-1, (1, 77, 77), "its output has the shape [1, 77, 77], not"),
        (0, (1, 77, 78), "do not meet"),
        (0, (1, 70000, 70000), "its sums can exceed 32 bits"),
    ],
)
def test_batch_matmul_refuses_shapes_that_do_not_agree(
    place: int, shape: tuple[int, ...], reason: str
) -> None:
    assert reason in _problems(_with(_graph("BATCH_MATMUL", 3), place, shape=shape))


def test_batch_matmul_refuses_batches_that_do_not_broadcast() -> None:
    graph = _graph("BATCH_MATMUL", 3)
    left, right = graph.input_tensors(graph.operations[0])
    assert left is not None and right is not None
    graph = _with(graph, 0, shape=(5, *left.shape[-2:]))
    graph = _with(graph, 1, shape=(7, *right.shape[-2:]), data=None)
    assert "do not broadcast" in _problems(graph)
