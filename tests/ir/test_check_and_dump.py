# SPDX-License-Identifier: Apache-2.0
"""The graph's checker and its text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.random_states import LstmShape, lstm_graph
from support.small_model import small_graph

from toolkit.errors import TinymlError
from toolkit.ir.dump import graph_text, used_tensors
from toolkit.ir.graph import Graph, Tensor
from toolkit.ir.rules import check_graph, graph_problems


def changed(tensor: int, **changes: object) -> Graph:
    graph = small_graph()
    return graph.with_tensor(replace(graph.tensors[tensor], **changes))


def test_a_good_graph_has_no_problems() -> None:
    assert graph_problems(small_graph()) == []
    check_graph(small_graph(), "nothing")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"state": np.zeros((1, 3), np.int8)}, "tensor 3 has data of another shape or type than its own"),
        ({"storage": 4}, "tensor 3 is kept from run to run, but has no memory of its own"),
        ({}, "operation 0 (CONV_2D) writes tensor 3, which has a value already"),
    ],
)
def test_a_state_has_a_value_and_a_place_of_its_own_and_no_writer(
    changes: dict[str, object], problem: str
) -> None:
    start = np.zeros(small_graph().tensors[3].shape, np.int8)

    assert problem in graph_problems(changed(3, **{"state": start, **changes}))


def test_nothing_is_stored_in_a_state() -> None:
    graph = small_graph()
    home = Tensor(
        12, "state", graph.tensors[3].shape, "int8", state=np.zeros(graph.tensors[3].shape, np.int8)
    )
    graph = graph.with_tensor(home).with_tensor(replace(graph.tensors[3], storage=12))

    assert "tensor 3 is stored in 12, which is kept from run to run" in graph_problems(graph)


def test_a_state_is_told_from_other_tensors_in_the_text() -> None:
    (operation,) = lstm_graph(LstmShape(), np.random.default_rng(1)).operations
    text = graph_text(lstm_graph(LstmShape(), np.random.default_rng(1)))

    states = [line.split()[0] for line in text.splitlines() if " state " in line]
    assert states == [f"%{operation.inputs[18]}", f"%{operation.inputs[19]}"]


def test_a_wrong_graph_after_a_pass_is_a_bug_of_ours_and_names_the_pass() -> None:
    graph = replace(small_graph(), outputs=(99,))

    with pytest.raises(
        TinymlError, match=r"wrong after share: the graph refers to tensor 99 of 12"
    ) as caught:
        check_graph(graph, "share")

    assert caught.value.exit_code == 70


def test_ids_must_be_places() -> None:
    graph = small_graph()
    swapped = replace(graph, tensors=(graph.tensors[1], graph.tensors[0], *graph.tensors[2:]))

    assert "tensor 0 has the id 1" in graph_problems(swapped)


def test_a_graph_needs_outputs() -> None:
    assert graph_problems(replace(small_graph(), outputs=())) == ["the graph has no outputs"]


def test_an_input_twice_is_a_problem() -> None:
    assert "the graph has the same input twice" in graph_problems(replace(small_graph(), inputs=(0, 0)))


def test_an_input_that_is_a_constant_is_a_problem() -> None:
    graph = replace(small_graph(), inputs=(0, 1))

    assert graph_problems(graph) == ["input 1 of the graph is a constant"]


def test_an_input_stored_elsewhere_is_a_problem() -> None:
    assert "input 0 of the graph is stored in another tensor" in graph_problems(
        replace(small_graph().with_tensor(Tensor(12, "x", (32,), "int8")), inputs=(0, 12)).with_tensor(
            replace(small_graph().tensors[0], storage=12)
        )
    )


def test_an_output_that_nobody_writes_is_a_problem() -> None:
    graph = small_graph()

    assert graph_problems(replace(graph, operations=graph.operations[:-1])) == [
        "output 11 of the graph is never written"
    ]


def test_data_must_have_the_tensor_s_shape_and_type() -> None:
    problem = "tensor 2 has data of another shape or type than its own"

    assert graph_problems(changed(2, data=np.zeros(4, np.int32))) == [problem]
    assert graph_problems(changed(2, data=np.zeros(3, np.int64))) == [problem]


def test_an_unknown_type_is_a_problem() -> None:
    assert graph_problems(changed(3, dtype="int2"))[0] == "tensor 3 is int2[1, 2, 2, 3]"


def test_int4_is_for_constants() -> None:
    assert graph_problems(changed(3, dtype="int4"))[0] == "tensor 3 is int4 and not a constant"


def test_storage_must_hold_the_tensor_and_be_nobody_else_s() -> None:
    assert "tensor 7 has the storage 12" in graph_problems(changed(7, storage=12))
    assert "tensor 7 shares the storage of 6, which cannot hold it" in graph_problems(changed(7, storage=6))
    assert "tensor 6 shares storage with a constant" in graph_problems(changed(6, storage=4))


def test_a_tensor_stored_in_another_has_no_writer_of_its_own() -> None:
    assert graph_problems(changed(7, storage=5)) == [
        "operation 3 (RESHAPE) writes tensor 7, which has a value already"
    ]


def test_the_text_names_operations_tensors_constants_and_storage() -> None:
    graph = changed(7, storage=5)

    text = graph_text(graph)

    assert "   2  %5 = ADD(%3, %4) v1 #2 fused_activation_function='NONE'" in text
    assert "  %0 'tensor_0' int8[1, 4, 4, 2] scale 0.5 zero 3" in text
    assert "scales 0.0500000007 to 0.200000003 (3 along axis 0) constant " in text
    assert "  %7 'tensor_7' int8[1, 12] scale 1.5 zero -10 stored in %5" in text


def test_a_name_with_a_line_break_stays_on_its_line() -> None:
    lines = graph_text(changed(3, name="a\nb")).splitlines()

    assert sum("'a\\nb'" in line for line in lines) == 1
    assert len(lines) == len(graph_text(small_graph()).splitlines())


def test_the_text_leaves_out_what_is_not_used() -> None:
    graph = small_graph().with_tensor(Tensor(12, "left over", (1,), "int8"))

    assert 12 not in used_tensors(graph)
    assert "left over" not in graph_text(graph)


def test_an_input_left_out_is_said_so() -> None:
    graph = small_graph()
    dense = replace(graph.operations[4], inputs=(7, 8, -1))
    operations = (*graph.operations[:4], dense, graph.operations[5])

    assert "FULLY_CONNECTED(%7, %8, none)" in graph_text(replace(graph, operations=operations))
