# SPDX-License-Identifier: Apache-2.0
"""Slices read in place and concatenations written in place: which copies go, and which have to stay."""

from __future__ import annotations

import numpy as np
import pytest
from support.kernel_runner import random_samples
from support.random_networks import random_network
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph
from toolkit.memory.layout import lay_out
from toolkit.ops.shared.evaluate import evaluate
from toolkit.passes.sequence import clean, forms, improve
from toolkit.targets.target import Target

Shape = tuple[int, ...]


def builder_with(*shapes: Shape) -> GraphBuilder:
    builder = GraphBuilder()
    for shape in shapes:
        builder.tensor(shape, scale=0.5)
    return builder


def add_slice(builder: GraphBuilder, source: int, begin: Shape, size: Shape) -> int:
    result = builder.tensor(size, scale=0.5)
    places = [builder.tensor((len(begin),), "int32", data=values) for values in (begin, size)]
    builder.operation("SLICE", [source, *places], [result])
    return result


def add_concatenation(builder: GraphBuilder, parts: list[int], axis: int) -> int:
    shape = list(builder.tensors[parts[0]].shape)
    shape[axis] = sum(builder.tensors[i].shape[axis] for i in parts)
    result = builder.tensor(shape, scale=0.5)
    builder.operation("CONCATENATION", parts, [result], axis=axis, fused_activation_function="NONE")
    return result


def add_relu(builder: GraphBuilder, source: int) -> int:
    result = builder.tensor(builder.tensors[source].shape, scale=0.5)
    builder.operation("RELU", [source], [result])
    return result


def kinds(graph: Graph) -> list[str]:
    return [operation.kind for operation in graph.operations]


def shared(graph: Graph) -> Graph:
    """Return the form in which parts share storage; it computes what the other one computes."""
    found, *others = forms(graph)
    for sample in random_samples(graph, np.random.default_rng(1), 5):
        for expected, value in zip(evaluate(graph, sample), evaluate(found, sample), strict=True):
            np.testing.assert_array_equal(value, expected)
    assert [kinds(g) for g in others] in ([], [kinds(improve(graph))])
    return found


def test_rows_of_an_image_are_read_where_they_are() -> None:
    builder = builder_with((1, 8, 3, 4))
    rows = add_slice(builder, 0, (0, 2, 0, 0), (1, 5, 3, 4))
    graph = shared(builder.graph([0], [add_relu(builder, rows)]))

    assert kinds(graph) == ["RELU"]
    assert (graph.tensors[rows].storage, graph.tensors[rows].storage_offset) == (0, 24)


def test_a_slice_of_a_slice_adds_up() -> None:
    builder = builder_with((1, 8, 4))
    first = add_slice(builder, 0, (0, 2, 0), (1, 6, 4))
    second = add_slice(builder, first, (0, 3, 0), (1, 2, 4))

    graph = shared(builder.graph([0], [add_relu(builder, second)]))

    assert graph.tensors[second].storage_offset == 8 + 12


@pytest.mark.parametrize(
    ("begin", "size", "why"),
    [
        ((0, 0, 4), (1, 8, 4), "columns are not side by side"),
        ((0, 1, 0), (1, 1, 8), "nothing, these are"),
        ((0, 0, 1), (1, 1, 4), "byte 1 is no place for a tensor"),
    ],
)
def test_only_what_lies_side_by_side_and_aligned_is_shared(begin: Shape, size: Shape, why: str) -> None:
    builder = builder_with((1, 8, 8))
    part = add_slice(builder, 0, begin, size)

    graph = shared(builder.graph([0], [add_relu(builder, part)]))

    assert ("SLICE" in kinds(graph)) == (not why.startswith("nothing")), why


def test_both_halves_of_a_split_and_an_output_are_parts_of_the_input() -> None:
    builder = builder_with((1, 4, 4), (1, 2, 4), (1, 2, 4))
    axis = builder.tensor((), "int32", data=1)
    builder.operation("SPLIT", [axis, 0], [1, 2], num_splits=2)

    graph = shared(builder.graph([0], [2, add_relu(builder, 1)]))

    assert kinds(graph) == ["RELU"]
    assert (graph.tensors[2].storage, graph.tensors[2].storage_offset) == (0, 8)


def test_parts_of_a_concatenation_are_written_in_their_places() -> None:
    builder = builder_with((1, 2, 4))
    parts = [add_relu(builder, 0), add_relu(builder, 0)]
    whole = add_concatenation(builder, parts, axis=1)

    graph = shared(builder.graph([0], [whole]))

    assert kinds(graph) == ["RELU", "RELU"]
    assert [(graph.tensors[i].storage, graph.tensors[i].storage_offset) for i in parts] == [
        (whole, 0),
        (whole, 8),
    ]


def test_a_concatenation_in_a_concatenation_takes_its_parts_along() -> None:
    builder = builder_with((1, 2, 4))
    inner = add_concatenation(builder, [add_relu(builder, 0), add_relu(builder, 0)], axis=1)
    after = add_relu(builder, inner)
    whole = add_concatenation(builder, [after, inner], axis=1)

    graph = shared(builder.graph([0], [whole]))

    assert kinds(graph) == ["RELU"] * 3
    assert graph.tensors[inner].storage_offset == 16
    assert {graph.tensors[i].storage for i in (1, 2, inner, after)} == {whole}


def test_the_copy_stays_for_an_input_a_constant_and_a_tensor_that_comes_twice() -> None:
    for kind in ("input", "constant", "twice"):
        builder = builder_with((1, 2, 4))
        first = add_relu(builder, 0)
        constant = builder.tensor((1, 2, 4), scale=0.5, data=np.ones((1, 2, 4)))
        other = {"input": 0, "constant": constant, "twice": first}[kind]
        whole = add_concatenation(builder, [first, other], axis=1)

        assert "CONCATENATION" in kinds(shared(builder.graph([0], [whole]))), kind


def test_channels_are_joined_by_a_copy() -> None:
    builder = builder_with((1, 2, 4))
    whole = add_concatenation(builder, [add_relu(builder, 0), add_relu(builder, 0)], axis=2)

    assert "CONCATENATION" in kinds(shared(builder.graph([0], [whole])))


@pytest.mark.parametrize("seed", range(6))
def test_the_form_that_needs_least_is_chosen_as_if_each_were_searched_alone(seed: int) -> None:
    found = forms(clean(random_network(seed)))

    alone = [lay_out([form], Target()).plan.arena_bytes for form in found]

    assert lay_out(found, Target()).plan.arena_bytes == min(alone)
