# SPDX-License-Identifier: Apache-2.0
"""Operators that remember, against TFLM: sequences of runs, by one interpreter and by one program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.host_model import HostModel
from support.kernel_runner import Case, check_cases, random_samples
from support.random_states import (
    LstmShape,
    SvdfShape,
    lstm_graph,
    random_lstm,
    random_svdf,
    svdf_graph,
    variable_graph,
)
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import run_graph, run_tflm

from toolkit.compiler.compile import compile_model
from toolkit.errors import UnsupportedError
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.sigmoid_table import sigmoid, tanh
from toolkit.ops.shared.state import start_states
from toolkit.tflite.reader import read_graph


def reasons(graph: Graph) -> list[str]:
    (operation,) = graph.operations
    return operators()[operation.kind].problems(graph, operation)


def on_the_edge(rng: np.random.Generator) -> Graph | None:
    """Return an LSTM whose outputs tell whether the scales of its sums are products of float32 or float64.

    Sums are biases alone, just where the two round to different numbers; None if there are none.
    """
    small = float(10.0 ** rng.uniform(-6, -5))
    shape = LstmShape(
        times=1, in_len=1, cells=6, bits=15, hidden=(2.0**-15, 0), source=(small, 0), weights_scale=small
    )
    graph = lstm_graph(shape, rng)
    inputs = graph.operations[0].inputs
    for place in (*range(1, 9), 12, 13, 14, 15):
        tensor = graph.tensors[inputs[place]]
        assert tensor.data is not None
        graph = graph.with_tensor(replace(tensor, data=np.zeros_like(tensor.data)))
    scales = [q.scale for i in (0, 3) if (q := graph.tensors[inputs[i]].quantization) is not None]
    exact, rounded = scales[0] * scales[1], float(np.float32(scales[0]) * np.float32(scales[1]))
    halves = ((np.arange(-15, 15) + 0.5) / (exact * 2**12)).astype(np.int64)
    sums = (halves[:, None] + np.arange(-60, 61)).ravel()
    one, other = (requantize(sums, *quantize_multiplier(scale * 2**12)) for scale in (exact, rounded))
    chosen = sums[(one != other) & (np.abs(sums) < 2**30)][:6]
    if len(chosen) < shape.cells:
        return None
    return graph.with_tensor(replace(graph.tensors[inputs[14]], data=chosen.astype(np.int32)))


@pytest.mark.parametrize("kind", ["LOGISTIC", "TANH"])
@pytest.mark.parametrize("bits", [9, 12, 14])
def test_the_gates_functions_are_tflm_s_of_int16_on_every_number(kind: str, bits: int) -> None:
    numbers = np.arange(-(2**15), 2**15).astype(np.int16).reshape(1, -1)
    builder = GraphBuilder()
    x = builder.tensor(numbers.shape, "int16", scale=2.0**-bits)
    y = builder.tensor(numbers.shape, "int16", scale=2.0**-15)
    builder.operation(kind, [x], [y])
    ((truth,),) = run_graph(builder.graph([x], [y]), [[numbers]])

    ours = (sigmoid if kind == "LOGISTIC" else tanh)(numbers.astype(np.int64), bits)

    assert np.array_equal(truth, ours)


class TestUnidirectionalSequenceLstm:
    def test_equals_tflm_over_shapes_scales_layouts_and_clips(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(131)
        shapes = [random_lstm(number, rng) for number in range(breadth(32, here=12))]
        graphs = [(shape, lstm_graph(shape, rng)) for shape in shapes]
        cases = [Case(str(shape), graph) for shape, graph in graphs if not reasons(graph)]

        assert len(cases) > breadth(24, here=9)
        check_cases(cases, tmp_path, seed=131, samples=20)

    @pytest.mark.parametrize(
        ("shape", "reason"),
        [
            (LstmShape(left_out=[1, 5, 12]), "its input gate is coupled to its forget gate"),
            (LstmShape(left_out=[9, 10, 11]), "it has peephole weights"),
            (LstmShape(left_out=[16]), "it has a projection"),
            (LstmShape(left_out=[20, 21, 22, 23]), "it has layer normalization"),
            (LstmShape(left_out=[13]), "it has no weights, bias or state for some gate"),
            (
                LstmShape(result=(0.01, 3)),
                "its hidden state and its output are quantized differently, which TFLM ignores; the",
            ),
            (LstmShape(options={"fused_activation_function": "RELU"}), "its activation is RELU, not TANH"),
            (LstmShape(options={"cell_clip": -1.0}), "it clips its cells at -1.0"),
            (LstmShape(options={"diagonal_recurrent_tensors": True}), "its recurrent matrices are diagonals"),
            (LstmShape(bits=8), "its cell state is not in steps of a power of two"),
            (LstmShape(without_state=[18]), "its states are not variables"),
            (LstmShape(source=(1e6, 0)), "the sums of its input gate can exceed 32 bits"),
            (LstmShape(hidden=(1e-10, 0)), "its output's scale is too small"),
        ],
    )
    def test_what_is_refused_and_why(self, shape: LstmShape, reason: str) -> None:
        found = reasons(lstm_graph(shape, np.random.default_rng(1)))

        assert any(phrase.startswith(reason) for phrase in found), found

    def test_scales_are_multiplied_in_float64_as_tflm_does(self, tmp_path: Path) -> None:
        graphs = [on_the_edge(np.random.default_rng(seed)) for seed in range(12)]
        cases = [Case("between two numbers", g, [[np.zeros((1, 1, 1), np.int8)]]) for g in graphs if g]

        assert len(cases) > 2
        check_cases(cases, tmp_path, seed=0)

    def test_what_does_not_fit_together_is_refused(self) -> None:
        graph = lstm_graph(LstmShape(), np.random.default_rng(1))
        (operation,) = graph.operations
        swapped = (*operation.inputs[:5], operation.inputs[1], *operation.inputs[6:])

        found = reasons(replace(graph, operations=(replace(operation, inputs=swapped),)))

        assert found == ["its recurrent weights have not the shape [5, 5]"]


class TestSvdf:
    def test_equals_tflm_over_shapes_scales_and_states(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(132)
        shapes = [random_svdf(number, rng) for number in range(breadth(40, here=14))]
        graphs = [(shape, svdf_graph(shape, rng)) for shape in shapes]
        cases = [Case(str(shape), graph) for shape, graph in graphs if not reasons(graph)]

        assert len(cases) > breadth(30, here=10)
        check_cases(cases, tmp_path, seed=132, samples=20)

    @pytest.mark.parametrize(
        ("shape", "reason"),
        [
            (SvdfShape(times="int8"), "its time matrix is int8, not int16"),
            (SvdfShape(has_state=False), "its state is not a variable"),
            (SvdfShape(options={"rank": 4}), "its 6 filters are not units of rank 4"),
            (SvdfShape(options={"rank": 0}), "its rank is 0"),
            (SvdfShape(activation="RELU"), "its activation RELU cuts off numbers that its output has"),
            (SvdfShape(activation="TANH"), "its fused activation is TANH"),
            (SvdfShape(scales=(0.02, 0.01, 0.005, 1e-9, 0.05)), "the sums over its input can exceed 32 bits"),
            (SvdfShape(scales=(0.02, 0.01, 5.0, 2.0, 0.05)), "its output's scale is too small"),
        ],
    )
    def test_what_is_refused_and_why(self, shape: SvdfShape, reason: str) -> None:
        found = reasons(svdf_graph(shape, np.random.default_rng(1)))

        assert any(phrase.startswith(reason) for phrase in found), found


class TestVariables:
    """VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE, as whole models."""

    @pytest.mark.parametrize("number", range(4))
    def test_a_sequence_equals_tflm(self, number: int, tmp_path: Path) -> None:
        rng = np.random.default_rng(400 + number)
        graph = variable_graph(number, rng)
        data = write_tflite(graph)
        samples = random_samples(graph, rng, 12)
        read = read_graph(data, "stream")
        states = start_states(read)

        truths = run_tflm(data, samples, outputs=2)
        ours = HostModel(compile_model(data, "stream"), tmp_path).run(samples)

        for truth, row, sample in zip(truths, ours, samples, strict=True):
            reference = evaluate(read, sample, states)
            for expected, got, plain in zip(truth, row, reference, strict=True):
                assert expected.tobytes() == got.tobytes() == plain.tobytes()

    def test_a_variable_is_a_state_with_its_first_value_and_its_handles_are_gone(self) -> None:
        graph = variable_graph(0, np.random.default_rng(2))
        (place,) = graph.states

        read = read_graph(write_tflite(graph), "stream")

        assert [o.kind for o in read.operations] == [o.kind for o in graph.operations]
        assert read.states == (place,)
        first, expected = read.tensors[place].state, graph.tensors[place].state
        assert first is not None and expected is not None
        assert np.array_equal(first, expected)

    def test_a_value_of_another_shape_or_scale_is_refused(self) -> None:
        graph = variable_graph(0, np.random.default_rng(2))
        assign = graph.operations[3]
        value = graph.tensors[assign.inputs[1]]
        operator = operators()["ASSIGN_VARIABLE"]

        for changed, reason in (
            (replace(value, quantization=None), "quantized differently, which TFLM ignores"),
            (replace(value, dtype="int16"), "its value is int16"),
        ):
            (found,) = operator.problems(graph.with_tensor(changed), assign)
            assert reason in found

    def test_no_other_operator_takes_a_variable(self) -> None:
        builder = GraphBuilder()
        x = builder.tensor((1, 4), scale=0.1, state=0)
        more = builder.tensor((1, 4), scale=0.1)
        y = builder.tensor((1, 4), scale=0.1)
        builder.operation("ADD", [more, x], [y], fused_activation_function="NONE")

        with pytest.raises(UnsupportedError, match="its input 1 is a variable"):
            compile_model(write_tflite(builder.graph([more], [y])), "m")
