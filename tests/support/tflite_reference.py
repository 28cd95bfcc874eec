# SPDX-License-Identifier: Apache-2.0
"""The truth for operators that TFLM does not have: TFLite's reference kernels, of the extra `train`."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.tflite_writer import write_tflite
from support.tflm import Sample

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Array
from toolkit.reference.tflite import run_tflite_tensors


def run_graph_on_tflite(graph: Graph, samples: Sequence[Sample]) -> list[list[Array]]:
    """Return what TFLite's reference kernels compute for a graph made by hand.

    Skips the test where TensorFlow is not installed: import it only in tests marked `train`.
    """
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    model = write_tflite(graph)
    found = [run_tflite_tensors(model, [list(sample)], graph.outputs) for sample in samples]
    return [[values[i] for i in graph.outputs] for values in found]
