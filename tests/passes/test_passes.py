# SPDX-License-Identifier: Apache-2.0
"""Each pass on graphs made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder

from toolkit.ir.dump import graph_text
from toolkit.ir.graph import Graph
from toolkit.ir.rules import graph_problems
from toolkit.passes import drop_dead, fold_constants, share_reshape, static_reshape
from toolkit.passes.sequence import clean, improve


def kinds(graph: Graph) -> list[str]:
    return [operation.kind for operation in graph.operations]


def reshapes(*shapes: tuple[int, ...]) -> GraphBuilder:
    """Return a builder with one tensor for each shape and a reshape from each to the next."""
    builder = GraphBuilder()
    for shape in shapes:
        builder.tensor(shape, scale=0.5)
    for source in range(len(shapes) - 1):
        builder.operation("RESHAPE", [source], [source + 1], new_shape=shapes[source + 1])
    return builder


def test_operations_that_nothing_needs_are_dropped() -> None:
    graph = replace(small_graph(), outputs=(5,))

    assert kinds(drop_dead.run(graph)) == ["CONV_2D", "RELU", "ADD"]


def test_nothing_is_dropped_from_a_graph_without_dead_operations() -> None:
    assert kinds(drop_dead.run(small_graph())) == kinds(small_graph())


def test_a_pass_leaves_its_graph_alone() -> None:
    graph = small_graph()
    before = graph_text(graph)

    improve(clean(graph))

    assert graph_text(graph) == before


def test_a_reshape_becomes_shared_storage() -> None:
    graph = share_reshape.run(small_graph())

    assert "RESHAPE" not in kinds(graph)
    assert graph.tensors[7].storage == 5
    assert graph_problems(graph) == []


def test_reshapes_in_a_row_share_the_first_one_s_storage() -> None:
    graph = share_reshape.run(reshapes((2, 6), (3, 4), (12,), (1, 12)).graph([0], [3]))

    assert kinds(graph) == []
    assert [tensor.storage for tensor in graph.tensors] == [0, 0, 0, 0]
    assert graph_problems(graph) == []


def test_the_reshape_of_an_input_that_is_an_output_as_well_is_shared() -> None:
    graph = share_reshape.run(reshapes((2, 6), (12,)).graph([0], [0, 1]))

    assert kinds(graph) == []
    assert graph_problems(graph) == []


def test_the_reshape_of_a_constant_becomes_a_constant() -> None:
    builder = reshapes((2, 2), (4,))
    builder.tensors[0] = replace(builder.tensors[0], data=np.arange(4, dtype=np.int8).reshape(2, 2))
    builder.operation("RELU", [1], [builder.tensor((4,), scale=0.5)])

    graph = share_reshape.run(builder.graph([], [2]))

    assert kinds(graph) == ["RELU"]
    assert graph.tensors[1].data is not None
    assert graph.tensors[1].data.tolist() == [0, 1, 2, 3]
    assert graph_problems(graph) == []


def test_a_constant_that_is_an_output_is_still_copied() -> None:
    builder = reshapes((2, 2), (4,))
    builder.tensors[0] = replace(builder.tensors[0], data=np.zeros((2, 2), np.int8))

    assert kinds(share_reshape.run(builder.graph([], [1]))) == ["RESHAPE"]


def test_a_reshape_that_changes_the_size_is_left_to_its_operator() -> None:
    assert kinds(share_reshape.run(reshapes((2, 6), (13,)).graph([0], [1]))) == ["RESHAPE"]


def computed_shape(*shape: int) -> GraphBuilder:
    """Return a builder of SHAPE -> RELU -> RESHAPE of 0 to 3: a shape that the model computes."""
    builder = GraphBuilder()
    x = builder.tensor((1, 2, 6), scale=0.5)
    first, second = (builder.tensor((2,), "int32") for _ in range(2))
    y = builder.tensor(shape, scale=0.5)
    builder.operation("SHAPE", [x], [first])
    builder.operation("RELU", [first], [second])
    builder.operation("RESHAPE", [x, second], [y])
    return builder


def test_a_shape_that_the_model_computes_is_forgotten_with_what_computed_it() -> None:
    graph = clean(computed_shape(1, 12).graph([0], [3]))

    assert [(o.kind, o.inputs) for o in graph.operations] == [("RESHAPE", (0,))]


def test_a_computed_shape_of_another_size_is_left_alone() -> None:
    assert kinds(clean(computed_shape(1, 13).graph([0], [3]))) == ["SHAPE", "RELU", "RESHAPE"]


def test_a_constant_shape_and_one_left_out_are_left_alone() -> None:
    builder = reshapes((2, 6), (12,))
    builder.operations[0] = replace(builder.operations[0], inputs=(0, -1))
    graph = builder.graph([0], [1])

    assert static_reshape.run(graph).operations == graph.operations
    assert static_reshape.run(small_graph()).operations == small_graph().operations


def shape_of_an_input() -> GraphBuilder:
    """Return a builder of x (0), and of its last two sizes swapped and packed with 1 (constant 8)."""
    builder = GraphBuilder()
    x = builder.tensor((1, 2, 3), scale=0.5)
    shape = builder.tensor((3,), "int32")
    begin, end = (builder.tensor((1,), "int32", data=[n]) for n in (1, 3))
    step = builder.tensor((1,), "int32", data=[1])
    tail, swapped = builder.tensor((2,), "int32"), builder.tensor((2,), "int32")
    axis = builder.tensor((1,), "int32", data=[0])
    builder.operation("SHAPE", [x], [shape], out_type="INT32")
    builder.operation("STRIDED_SLICE", [shape, begin, end, step], [tail])
    builder.operation("REVERSE_V2", [tail, axis], [swapped])
    return builder


def test_what_follows_from_shapes_and_constants_is_computed() -> None:
    builder = shape_of_an_input()
    builder.operation("FILL", [6, builder.tensor((), data=7)], [builder.tensor((3, 2))])

    graph = fold_constants.run(builder.graph([0], [9]))

    assert kinds(graph) == ["FILL"]
    assert graph.tensors[6].data is not None
    assert graph.tensors[6].data.tolist() == [3, 2]
    assert graph_problems(graph) == []


def test_an_output_of_the_graph_is_not_folded() -> None:
    assert kinds(fold_constants.run(shape_of_an_input().graph([0], [6]))) == ["REVERSE_V2"]


def test_a_constant_much_larger_than_what_it_comes_from_is_computed_on_the_device() -> None:
    builder = GraphBuilder()
    value = builder.tensor((), data=3)
    for size in (200, 2000):
        shape = builder.tensor((1,), "int32", data=[size])
        builder.operation("FILL", [shape, value], [builder.tensor((size,))])
    graph = builder.graph([], [builder.tensor((1,))])

    assert [o.outputs for o in fold_constants.run(graph).operations] == [(4,)]


def test_what_cannot_be_compiled_is_not_folded() -> None:
    builder = GraphBuilder()
    shape = builder.tensor((2,), "int32", data=[2, -3])
    builder.operation("FILL", [shape, builder.tensor((), data=3)], [builder.tensor((2, 3))])
    builder.operation("NO_SUCH_OPERATOR", [shape], [builder.tensor((2,), "int32")])

    assert kinds(fold_constants.run(builder.graph([], [2]))) == ["FILL", "NO_SUCH_OPERATOR"]


def test_a_transpose_that_moves_no_byte_shares_its_input_s_memory() -> None:
    builder = GraphBuilder()
    x, y, z = (builder.tensor(shape, scale=0.5) for shape in ((1, 5, 3), (5, 1, 3), (3, 1, 5)))
    builder.operation("TRANSPOSE", [x, builder.tensor((3,), "int32", data=[1, 0, 2])], [y])
    builder.operation("TRANSPOSE", [y, builder.tensor((3,), "int32", data=[2, 1, 0])], [z])

    graph = share_reshape.run(builder.graph([x], [z]))

    assert [o.outputs for o in graph.operations] == [(z,)]
    assert graph.tensors[y].storage == x
