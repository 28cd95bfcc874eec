# SPDX-License-Identifier: Apache-2.0
"""WHILE and IF: what their subgraphs do comes in their place, and computes what TFLM computes."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.host_model import HostModel
from support.loops import branching, recurrent
from support.tflite_writer import write_tflite
from support.tflm import run_graph

from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError, UnsupportedError
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.passes import unroll
from toolkit.verify.generated_c import verify_model


def bytes_for(graph: Graph, count: int) -> list[list[np.ndarray]]:
    rng = np.random.default_rng(8)
    shapes = [graph.tensors[i].shape for i in graph.inputs]
    return [[rng.integers(-128, 128, shape).astype(np.int8) for shape in shapes] for _ in range(count)]


def refusal(graph: Graph) -> str:
    with pytest.raises(UnsupportedError) as caught:
        compile_model(write_tflite(graph), "m")
    return caught.value.message


def with_subgraph(graph: Graph, number: int, changed: Graph) -> Graph:
    return replace(graph, subgraphs={**graph.subgraphs, number: changed})


@pytest.mark.parametrize(
    "graph", [recurrent(4), recurrent(1), branching(True), branching(False)], ids=lambda graph: graph.name
)
def test_loops_and_branches_compute_what_tflm_computes(graph: Graph, tmp_path: Path) -> None:
    samples = bytes_for(graph, 200)
    data = write_tflite(graph)
    compiled = compile_model(data, "m")

    found = HostModel(compiled, tmp_path).run(samples)

    verify_model(compiled, data)
    assert not compiled.graph.subgraphs
    for sample, truth, (got,) in zip(samples, run_graph(graph, samples), found, strict=True):
        np.testing.assert_array_equal(got, truth[0].reshape(got.shape))
        np.testing.assert_array_equal(got, evaluate(graph, sample)[0])


def test_all_turns_use_the_same_weights() -> None:
    few, many = (compile_model(write_tflite(recurrent(steps)), "m") for steps in (4, 40))

    # Each turn has the four bytes of its number, for the row that it takes.
    assert many.weights_bytes - few.weights_bytes <= 4 * 36


def test_a_hundred_turns_compile_in_time() -> None:
    started = time.process_time()

    compiled = compile_model(write_tflite(recurrent(100)), "m")

    assert time.process_time() - started < 6
    assert compiled.arena_bytes < 100 * 3 + 128


def test_a_loop_that_does_not_end_is_refused_in_time() -> None:
    graph = recurrent(2**31 - 1 >> 8)
    rows = replace(graph.tensors[2], shape=(4, 1, 3))
    started = time.process_time()

    message = refusal(unroll_shapes(graph, rows.shape))

    assert "operation 0 (WHILE): its turns have more than 2,000 operations in all; fix the number" in message
    assert time.process_time() - started < 3


def unroll_shapes(graph: Graph, rows: tuple[int, ...]) -> Graph:
    """A graph whose rows have another shape, everywhere."""

    def changed(each: Graph) -> Graph:
        shaped = tuple(replace(t, shape=rows) if len(t.shape) == 3 else t for t in each.tensors)
        return replace(each, tensors=shaped)

    return replace(changed(graph), subgraphs={n: changed(g) for n, g in graph.subgraphs.items()})


def test_a_count_that_only_the_device_knows_is_refused() -> None:
    graph = recurrent(4)

    message = refusal(
        replace(graph.with_tensor(replace(graph.tensors[0], data=None)), inputs=(0, *graph.inputs))
    )

    assert "operation 0 (WHILE): how often it runs does not follow from constants; fix the number" in message


def test_what_is_carried_at_another_scale_is_refused() -> None:
    graph = recurrent(4)
    state = graph.tensors[1]
    assert state.quantization is not None
    moved = replace(state, quantization=replace(state.quantization, scales=(0.25,)))

    message = refusal(graph.with_tensor(moved))

    assert re.search(
        r"\(WHILE\): \S+ \S+ \S+ gets '.+' in another shape, type or scale than it takes", message
    )


@pytest.mark.parametrize("graph", [recurrent(4), branching(True)], ids=["loop", "branch"])
def test_what_is_given_at_another_scale_is_refused(graph: Graph) -> None:
    """TFLM goes on with the bytes at the scale outside, not at that of the body or branch."""
    result = graph.tensors[graph.operations[0].outputs[-2:][0]]
    assert result.quantization is not None
    moved = replace(result, quantization=replace(result.quantization, scales=(0.25,)))

    message = refusal(graph.with_tensor(moved))

    assert "it gives 'tensor_" in message
    assert "in another shape, type or scale than that has" in message


def test_a_choice_that_only_the_device_knows_is_refused() -> None:
    graph = branching(True)

    message = refusal(
        replace(graph.with_tensor(replace(graph.tensors[0], data=None)), inputs=(0, *graph.inputs))
    )

    assert "operation 0 (IF): which branch it takes does not follow from constants; make the" in message


def test_a_loop_left_in_float_is_refused_with_what_to_do() -> None:
    graph = recurrent(4)
    body = graph.subgraphs[2]
    held = body.operations[2].outputs[0]
    floating = body.with_tensor(replace(body.tensors[held], dtype="float32", quantization=None))

    with pytest.raises(UnsupportedError, match=r"m, subgraph 2: the converter left .* in float32") as caught:
        compile_model(write_tflite(with_subgraph(graph, 2, floating)), "m")

    assert "unroll=True" in str(caught.value.hint)


def test_what_a_loop_computes_for_nobody_is_refused_if_it_cannot_be_computed() -> None:
    """TFLM would run it, and so would the check of the generated C."""
    graph = recurrent(4)
    (loop,), body = graph.operations, graph.subgraphs[2]
    held = body.operations[2]
    unknown = replace(
        body, operations=(*body.operations[:2], replace(held, kind="SIN"), *body.operations[3:])
    )
    only_rows = replace(with_subgraph(graph, 2, unknown), outputs=loop.outputs[2:])

    message = refusal(only_rows)

    assert "operation 0 (SIN) and 3 more alike: the operator is not supported" in message


def test_a_loop_that_gives_less_than_it_carries_is_refused() -> None:
    graph = recurrent(4)
    (loop,) = graph.operations
    short = replace(graph, operations=(replace(loop, outputs=loop.outputs[:-1]),), outputs=loop.outputs[:1])

    with pytest.raises(InputError, match=r"operation 0 \(WHILE\) carries 3 tensors and gives 2"):
        compile_model(write_tflite(short), "m")


def test_a_graph_without_subgraphs_stays_the_same() -> None:
    graph = recurrent(4).subgraphs[2]

    assert unroll.run(graph) is graph
