# SPDX-License-Identifier: Apache-2.0
"""Whether a model that is fed hop by hop gives what its file gives for each whole window.

Random rows go through the generated C one hop after the other. From the moment that a window is full, the
outputs must be those of TensorFlow Lite Micro for it, and each layer's new columns those that the file's
graph has in their places, evaluated in NumPy over the whole window.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.compiler.compile import CompiledModel
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate_tensors
from toolkit.reference.oracle import (
    Expected,
    Rows,
    expected_outputs,
    may_stop_tflm,
    split_inputs,
    why_not_tflm,
)
from toolkit.reference.tflm_worker import join_outputs
from toolkit.verify.layers import LayerDifference, first_layer_difference
from toolkit.verify.native import NativeModel, NativeRun
from toolkit.verify.verdict import Difference, compare
from toolkit.verify.windows import Sliding, windows_in_a_row

_REFERENCE = "NumPy reference"
# After the first full window: all rows of all windows have gone by several times in usual models.
_MOST_HOPS = 96
# NumPy evaluates every layer of the whole window; where it is alone it says of more of them.
_IN_NUMPY, _IN_NUMPY_ALONE = 8, 32


@dataclass(frozen=True)
class Streamed:
    """What was compared: windows, with the oracles against; where is the first difference, None for none."""

    windows: int
    against: tuple[str, ...]
    oracle: str = ""
    where: LayerDifference | Difference | None = None


def verify_stream(
    compiled: CompiledModel, native: NativeModel, model: bytes, graph: Graph, rows: Rows
) -> Streamed:
    """Compare the C with the file's graph on windows (n, bytes) that come one after the other."""
    stream = compiled.graph.stream
    assert stream is not None
    sliding = windows_in_a_row(rows, graph.tensors[graph.inputs[0]], stream, _MOST_HOPS)
    runs, full = native.run_sequence(sliding.new_rows()), list(sliding.full)
    has_tflm = _has_tflm(graph)
    chosen = _some(full, _IN_NUMPY if has_tflm else _IN_NUMPY_ALONE)
    layer = _first_layer(compiled, graph, sliding, runs, chosen)
    if layer is not None:
        return Streamed(len(chosen), (_REFERENCE,), _REFERENCE, layer)
    if not has_tflm:
        return Streamed(len(chosen), (_REFERENCE,))
    expected = expected_outputs(model, graph, sliding.windows(full))
    _, difference = compare(compiled.graph, expected, [runs[hop].outputs.tobytes() for hop in full])
    return Streamed(len(full), (_REFERENCE, expected.oracle), expected.oracle, difference)


def _has_tflm(graph: Graph) -> bool:
    is_there = importlib.util.find_spec("tflite_micro") is not None
    return is_there and not why_not_tflm(graph) and not may_stop_tflm(graph)


def _some(hops: Sequence[int], most: int) -> list[int]:
    """Return at most so many of hops, the first and the last among them, evenly apart."""
    places = np.linspace(0, len(hops) - 1, min(most, len(hops))).round().astype(int)
    return [hops[place] for place in dict.fromkeys(places.tolist())]


def _first_layer(
    compiled: CompiledModel, graph: Graph, sliding: Sliding, runs: Sequence[NativeRun], hops: Sequence[int]
) -> LayerDifference | Difference | None:
    for hop, window in zip(hops, sliding.windows(hops), strict=True):
        truth = evaluate_tensors(graph, split_inputs(graph, window))
        found = first_layer_difference(compiled.graph, truth, runs[hop].tensors, hop)
        if found is not None:
            return found
        outputs = Expected(join_outputs([truth[i] for i in graph.outputs])[np.newaxis], _REFERENCE)
        _, difference = compare(compiled.graph, outputs, [runs[hop].outputs.tobytes()])
        if difference is not None:
            return difference
    return None
