# SPDX-License-Identifier: Apache-2.0
"""The real outputs of a .tflite for real inputs: by TFLite, by the oracle of a check, by a firmware."""

from __future__ import annotations

import numpy as np

from toolkit.compiler.compile import CompiledModel
from toolkit.ir.graph import Graph
from toolkit.ir.real_numbers import as_model_sees, dequantize_outputs, quantize_in_chunks, sample_rows
from toolkit.predict.answer import Real
from toolkit.reference.oracle import Rows, expected_outputs
from toolkit.reference.tflite import run_tflite_float
from toolkit.tflite.reader import read_graph
from toolkit.verify.on_device import Checked
from toolkit.verify.verdict import require_all

Computed = tuple[Real, str]
"""Outputs (n, outputs) and who computed them."""


def outputs_of_tflite(model: bytes, real: Real) -> Computed:
    """Return what a float model gives for real (n, ...). Needs TensorFlow."""
    return run_tflite_float(model, real), "TFLite, float32"


def outputs_of_oracle(model: bytes, compiled: CompiledModel, rows: Rows) -> Computed:
    """Return what a check expects for rows (n, bytes of a whole input): of TFLM, or of a NumPy reference."""
    graph = compiled.graph if compiled.hop is None else read_graph(model, compiled.name)
    expected = expected_outputs(model, graph, rows)
    return _real(expected.outputs, compiled.graph), expected.oracle


def outputs_of_firmware(checked: Checked, compiled: CompiledModel) -> Computed:
    """Return what a firmware gave. Raises CheckFailedError if its bytes are not those of the oracle."""
    verdict = checked.verdict
    require_all([verdict], {verdict.board: verdict.to_json()})
    outputs = checked.of_samples
    rows = np.frombuffer(b"".join(outputs), np.int8).reshape(len(outputs), -1)
    return _real(rows, compiled.graph), f"{verdict.board}, {verdict.runner}"


def quantize_inputs(real: Real, graph: Graph) -> Rows:
    """Return real (n, ...) as the bytes of the graph's input, whole windows: (n, input bytes)."""
    return sample_rows(quantize_in_chunks(real, graph.window))


def round_inputs(real: Real, graph: Graph) -> Real:
    """Return real (n, ...) as the graph's input holds it, rounded and saturated: (n, elements)."""
    return as_model_sees(real, graph.window)


def _real(rows: Rows, graph: Graph) -> Real:
    return dequantize_outputs(rows, graph.tensors[graph.outputs[0]])
