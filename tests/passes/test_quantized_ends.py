# SPDX-License-Identifier: Apache-2.0
"""Float32 ends that are quantized at once are no part of the compiled model; every byte stays the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.firmware import skip_without
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.ir.dump import graph_text
from toolkit.ir.graph import Graph
from toolkit.ops.shared.ends import as_file_gives, as_graph_gives, as_graph_takes
from toolkit.passes.quantized_ends import run
from toolkit.reference.oracle import expected_outputs
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.verify.any_model import try_samples
from toolkit.verify.generated_c import verify_model
from toolkit.verify.native import NativeModel
from toolkit.verify.on_device import Place, Samples

# Halves, whose rounding is what differs, what saturates, a zero with a sign, and next to nothing.
EDGES = [0.5, -0.5, 1.5, -1.5, 0.25, -0.25, 0.75, 1e9, -1e9, 63.5, -64.5, -0.0, 1e-45]
EDGES += [1e-3, 64.0, -3.3]


def float_ends(dtype: str = "int8", zero_point: int = 0, *, and_also: bool = False) -> Graph:
    """float32 -> QUANTIZE -> RELU -> DEQUANTIZE -> float32; and_also makes the quantized an output."""
    b = GraphBuilder("ends")
    x, y = (b.tensor((1, 4, 4, 1), "float32") for _ in range(2))
    q, r = (b.tensor((1, 4, 4, 1), dtype, scale=0.5, zero_point=zero_point) for _ in range(2))
    b.operation("QUANTIZE", [x], [q])
    b.operation("RELU", [q], [r])
    b.operation("DEQUANTIZE", [r], [y])
    return b.graph([x], [y, q] if and_also else [y])


def rows_of(values: list[float], count: int = 1) -> np.ndarray:
    return np.tile(np.array(values, np.float32).view(np.int8), (count, 1))


def test_the_quantized_tensors_are_the_ends_and_keep_their_scales() -> None:
    compiled = compile_model(write_tflite(float_ends(zero_point=3)), "ends")
    graph = compiled.graph

    assert [o.kind for o in graph.operations] == ["RELU"]
    ends = [graph.tensors[i] for i in (*graph.inputs, *graph.outputs)]
    assert [(t.dtype, t.quantization.scale, t.quantization.zero_point) for t in ends] == [
        ("int8", 0.5, 3)
    ] * 2
    assert [graph.tensors[i].dtype for i in (*graph.given, *graph.asked)] == ["float32", "float32"]
    assert compiled.arena_bytes == 16
    assert "in the file: inputs %0, outputs %1" in graph_text(graph)
    assert "ENDS_INPUT_BYTES 16u" in "".join(compiled.sources.values())


def test_an_end_that_something_else_needs_stays() -> None:
    graph = run(float_ends(and_also=True))
    assert graph.tensors[graph.inputs[0]].dtype == "float32"
    assert graph.tensors[graph.outputs[0]].dtype == "int8"
    assert "QUANTIZE" in [o.kind for o in graph.operations]


def test_what_only_goes_to_integers_and_back_keeps_what_it_computes() -> None:
    b = GraphBuilder("there_and_back")
    x, y = (b.tensor((1, 4), "float32") for _ in range(2))
    q = b.tensor((1, 4), scale=0.5)
    b.operation("QUANTIZE", [x], [q])
    b.operation("DEQUANTIZE", [q], [y])
    graph = b.graph([x], [y])
    assert [o.kind for o in run(graph).operations] == ["DEQUANTIZE"]
    data = write_tflite(graph)
    assert verify_model(compile_model(data, "there_and_back"), data).samples


@pytest.mark.parametrize(("dtype", "zero_point"), [("int8", 3), ("int8", -128), ("int16", 0)])
def test_every_byte_is_as_the_file_computes_it(dtype: str, zero_point: int, tmp_path: Path) -> None:
    data = write_tflite(float_ends(dtype, zero_point))
    compiled, graph = compile_model(data, "ends"), read_graph(data, "ends")
    rows = rows_of(EDGES)
    expected = expected_outputs(data, graph, rows)
    skip_without("host", "gcc")

    native = NativeModel(compiled, tmp_path).run(rows[0])

    assert native.outputs.tobytes() == expected.outputs.tobytes()


def test_several_inputs_are_split_where_the_file_splits_them() -> None:
    b = GraphBuilder("two")
    x, y = b.tensor((1, 2), "float32"), b.tensor((1, 4))
    q, s, t = (b.tensor((1, 2), scale=0.5), b.tensor((1, 4)), b.tensor((1, 2), scale=0.5))
    b.operation("QUANTIZE", [x], [q])
    b.operation("RELU", [q], [t])
    b.operation("RELU", [y], [s])
    graph = run(b.graph([y, x], [s, t]))
    row = np.concatenate([np.array([1, 2, 3, 4], np.int8), rows_of([1.0, -2.25])[0]])[np.newaxis]
    assert as_graph_takes(graph, row).tolist() == [[1, 2, 3, 4, 2, -5]]
    assert as_file_gives(graph, row) is row


def test_outputs_of_the_file_lead_back_to_every_integer() -> None:
    for dtype in ("int8", "int16"):
        graph = compile_model(write_tflite(float_ends(dtype, 0)), "ends").graph
        limits = np.iinfo(dtype)
        values = np.linspace(limits.min, limits.max, 1 << 12).round().astype(dtype)
        rows = values.reshape(-1, 16).view(np.int8)
        assert np.array_equal(as_graph_gives(graph, as_file_gives(graph, rows)), rows)


@pytest.mark.xdist_group("firmware")
@pytest.mark.parametrize("board", ["host", "nano33ble"])
def test_a_firmware_takes_the_quantized_bytes_and_is_equal(board: str) -> None:
    skip_without(board, "gcc")
    data = write_tflite(float_ends(zero_point=3))
    samples = Samples(rows_of(EDGES, 2))

    trial = try_samples(compile_model(data, "ends"), data, samples, load_board(board), Place())

    assert trial.checked.verdict.passed
    assert trial.checked.transcript.info.input_bytes == 16
    assert trial.outputs().shape == (2, 64)
