# SPDX-License-Identifier: Apache-2.0
"""What a model's outputs must be, to the bit, and who says so."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.ir.graph import Graph
from toolkit.ops.evaluate import evaluate

Rows = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Expected:
    """outputs: (samples, output bytes) int8, all outputs of a sample one after the other."""

    outputs: Rows
    oracle: str


def expected_outputs(model: bytes, graph: Graph, samples: Rows) -> Expected:
    """Return what every sample must give; samples is (n, input bytes), inputs one after the other.

    The oracle is the TensorFlow Lite Micro interpreter; without it TFLite's reference kernels;
    without these the toolkit's own NumPy reference. Expected.oracle names the one that was used.
    Raises InputError if the oracle refuses the model.
    """
    if importlib.util.find_spec("tflite_micro"):
        return Expected(_run_tflm(model, graph, samples), f"TFLM interpreter {version('tflite-micro')}")
    if importlib.util.find_spec("tensorflow"):
        from toolkit.quantization.reference_runner import run_tflite_reference

        return Expected(run_tflite_reference(model, samples), "TFLite reference kernels (no tflite-micro)")
    return Expected(_run_numpy(graph, samples), "NumPy reference (no tflite-micro, no tensorflow)")


def split_inputs(graph: Graph, row: Rows) -> list[NDArray[Any]]:
    """Return one sample's bytes as the graph's input arrays."""
    tensors = [graph.tensors[i] for i in graph.inputs]
    ends = np.cumsum([t.bytes for t in tensors])
    parts = np.split(row, ends[:-1])
    return [
        part.view(tensor.dtype).reshape(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)
    ]


def _join(outputs: Sequence[NDArray[Any]]) -> Rows:
    return np.concatenate([np.ascontiguousarray(o).reshape(-1).view(np.int8) for o in outputs])


def _run_tflm(model: bytes, graph: Graph, samples: Rows) -> Rows:
    from tflite_micro import runtime

    arena_bytes = 2 * sum(t.bytes for t in graph.tensors) + len(model) + (1 << 20)
    try:
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
    except RuntimeError as error:
        raise InputError(f"TensorFlow Lite Micro refuses {graph.name}: {error}.") from error
    rows = []
    for row in samples:
        for index, value in enumerate(split_inputs(graph, row)):
            interpreter.set_input(value, index)
        interpreter.invoke()
        rows.append(_join([interpreter.get_output(i) for i in range(len(graph.outputs))]))
    return _stack(rows, graph)


def _run_numpy(graph: Graph, samples: Rows) -> Rows:
    return _stack([_join(evaluate(graph, split_inputs(graph, row))) for row in samples], graph)


def _stack(rows: list[Rows], graph: Graph) -> Rows:
    width = sum(graph.tensors[i].bytes for i in graph.outputs)
    return np.stack(rows) if rows else np.zeros((0, width), np.int8)
