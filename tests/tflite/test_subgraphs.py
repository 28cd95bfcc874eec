# SPDX-License-Identifier: Apache-2.0
"""Files of more than one subgraph: read with what they lead to, or refused with the reason."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from support.loops import recurrent
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.errors import InputError
from toolkit.ir.dump import graph_text
from toolkit.ir.graph import Graph
from toolkit.tflite.reader import read_graph


def calling(*numbers: int) -> Graph:
    """A graph that does nothing but run these subgraphs."""
    builder = GraphBuilder()
    for number in numbers:
        builder.operation("CALL_ONCE", [], [], init_subgraph_index=number)
    return builder.graph([], [])


def file_of(*calls: tuple[int, ...]) -> bytes:
    """A file in which subgraph i runs those of calls[i], and the first one does a RELU as well."""
    builder = GraphBuilder()
    x, y = (builder.tensor((1, 4), scale=0.5) for _ in range(2))
    builder.operation("RELU", [x], [y])
    others = {number: calling(*called) for number, called in enumerate(calls)}
    graph = builder.graph([x], [y], {number: others[number] for number in range(1, len(calls))})
    return write_tflite(replace(graph, operations=(*graph.operations, *others[0].operations)))


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_graph(data, "m.tflite")
    return caught.value.message


def loop(**options: int) -> bytes:
    """A file with a WHILE whose options are changed."""
    graph = recurrent()
    operation = replace(graph.operations[0], options={**graph.operations[0].options, **options})
    return write_tflite(replace(graph, operations=(operation,)))


def test_subgraphs_read_back_as_they_were_written() -> None:
    graph = recurrent()

    found = read_graph(write_tflite(graph), "m")

    assert found.called_graphs(found.operations[0]) == [found.subgraphs[1], found.subgraphs[2]]
    for number, written in graph.subgraphs.items():
        read = found.subgraphs[number]
        assert (read.inputs, read.outputs) == (written.inputs, written.outputs)
        assert [o.kind for o in read.operations] == [o.kind for o in written.operations]


def test_the_text_of_a_graph_shows_its_subgraphs() -> None:
    text = graph_text(read_graph(write_tflite(recurrent()), "m"))

    assert [line for line in text.splitlines() if line.startswith("graph ")] == [
        "graph 'm'",
        "graph 'm, subgraph 1'",
        "graph 'm, subgraph 2'",
    ]


def test_a_subgraph_that_several_run_is_read_once() -> None:
    graph = read_graph(file_of((1, 2), (3,), (3,), ()), "m")

    assert graph.subgraphs[1].subgraphs[3] is graph.subgraphs[2].subgraphs[3]
    assert len(graph.all_graphs()) == 4


def test_a_subgraph_that_nothing_runs_is_left_out() -> None:
    assert len(read_graph(file_of((), (9,)), "m").all_graphs()) == 1


@pytest.mark.parametrize("number", [3, -1, 2**31 - 1])
def test_a_subgraph_that_there_is_not_is_an_error(number: int) -> None:
    assert f"it runs subgraph {number} of 3" in refusal(loop(body_subgraph_index=number))


@pytest.mark.parametrize(("calls", "number"), [([(0,)], 0), ([(1,), (1,)], 1), ([(1,), (2,), (1,)], 1)])
def test_a_subgraph_that_runs_itself_is_an_error(calls: list[tuple[int, ...]], number: int) -> None:
    assert f"subgraph {number} runs itself" in refusal(file_of(*calls))


@pytest.mark.parametrize("first", [(1,), tuple(range(40, 0, -1))], ids=["from outside", "from inside"])
def test_subgraphs_that_run_each_other_too_deep_are_an_error(first: tuple[int, ...]) -> None:
    calls = [first, *((number + 1,) for number in range(1, 40)), ()]

    assert "more than 16 deep" in refusal(file_of(*calls))


def test_many_ways_to_the_same_subgraph_take_no_time() -> None:
    calls = [tuple(range(number + 1, 16)) for number in range(16)]
    started = time.process_time()

    assert len(read_graph(file_of(*calls), "m").all_graphs()) == 16
    assert time.process_time() - started < 2


def test_a_condition_of_two_outputs_is_an_error() -> None:
    message = refusal(loop(cond_subgraph_index=2))

    assert "operation 0 (WHILE) needs a subgraph of 3 inputs and 1 outputs; 2 has 3 and 3" in message


def test_damage_in_a_subgraph_says_in_which() -> None:
    graph = recurrent()
    body = graph.subgraphs[2]
    body = replace(body, operations=body.operations[1:])
    data = write_tflite(replace(graph, subgraphs={**graph.subgraphs, 2: body}))

    assert "m.tflite, subgraph 2: operation 0 (FULLY_CONNECTED) reads tensor 3 before" in refusal(data)
