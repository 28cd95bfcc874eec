# SPDX-License-Identifier: Apache-2.0
"""The truth: the TensorFlow Lite Micro interpreter from PyPI."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support.tflite_writer import write_tflite

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Array

Sample = Sequence[Array]


def run_tflm(
    model: bytes, samples: Sequence[Sample], *, outputs: int = 1, arena_bytes: int = 1 << 20
) -> list[list[Array]]:
    """Return the outputs of every sample; a sample is one array for each input of the model.

    Skips the test where tflite-micro is not installed. Raises RuntimeError if TFLM refuses the model.
    """
    package = pytest.importorskip(
        "tflite_micro", reason="tflite-micro is missing: pip install 'tinyml-toolkit[tflm]'"
    )
    interpreter = package.runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
    results = []
    for sample in samples:
        for index, value in enumerate(sample):
            interpreter.set_input(np.asarray(value, order="C"), index)
        interpreter.invoke()
        results.append([np.array(interpreter.get_output(index)) for index in range(outputs)])
    return results


def run_graph(graph: Graph, samples: Sequence[Sample]) -> list[list[Array]]:
    """Return what TFLM computes for a graph made by hand."""
    needed = 4 * sum(tensor.bytes for tensor in graph.tensors) + (1 << 18)
    return run_tflm(write_tflite(graph), samples, outputs=len(graph.outputs), arena_bytes=needed)
