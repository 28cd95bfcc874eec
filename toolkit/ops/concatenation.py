# SPDX-License-Identifier: Apache-2.0
"""CONCATENATION along any axis, inputs and output quantized alike."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of, straight
from toolkit.ops.shared.movement import WORDS, Copy, Movement, alike_problems
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.parts import ids_problems

_MOST_INPUTS = 10
_TYPES = (*WORDS, "int64", "bool")


class Concatenation(Movement):
    """Any number of inputs from 1 to 10, TFLM's limit."""

    kind = "CONCATENATION"
    is_rising = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        count = len(operation.inputs)
        if not 1 <= count <= _MOST_INPUTS or len(operation.outputs) != 1:
            return [
                f"it has {count} inputs and {len(operation.outputs)} outputs, not 1 to {_MOST_INPUTS} and 1"
            ]
        problems = ids_problems(graph, operation, inputs=count, outputs=1)
        if problems:
            return problems
        if operation.options.get("fused_activation_function", "NONE") != "NONE":
            return ["it has a fused activation, which TFLM refuses"]
        return _shape_problems(graph, operation)

    def is_pixelwise(self, graph: Graph, operation: Operation) -> bool:
        return _axis(graph, operation) == 3

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        axis, sources = _axis(graph, operation), [graph.tensors[i] for i in operation.inputs]
        counts = [channels_of(source) for source in sources]
        is_last = axis == len(sources[0].shape) - 1
        starts = [sum(counts[:place]) if is_last else 0 for place in range(len(counts))]
        return tuple(map(straight, range(len(counts)), counts, starts))

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        result, axis = graph.tensors[operation.outputs[0]], _axis(graph, operation)
        rows, row = prod(result.shape[:axis]), prod(result.shape[axis:])
        copies, start = [], 0
        for i in operation.inputs:
            length = prod(graph.tensors[i].shape[axis:])
            copies.append(Copy(i, result.id, (rows, length), (length, 1), (row, 1), out_start=start))
            start += length
        return copies

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values = [value for value in inputs if value is not None]
        return [np.concatenate(values, axis=_axis(graph, operation))]


def _axis(graph: Graph, operation: Operation) -> int:
    axis = operation.options.get("axis", 0)
    rank = len(graph.tensors[operation.outputs[0]].shape)
    if not isinstance(axis, int) or not -rank <= axis < rank:
        return -1
    return axis % rank


def _shape_problems(graph: Graph, operation: Operation) -> list[str]:
    result, axis = graph.tensors[operation.outputs[0]], _axis(graph, operation)
    if axis < 0:
        return [f"its axis {operation.options.get('axis')} is not one of {len(result.shape)}"]
    problems, total = [], 0
    for place, i in enumerate(operation.inputs):
        shape = graph.tensors[i].shape
        total += shape[axis] if axis < len(shape) else 0
        if shape[:axis] + shape[axis + 1 :] != result.shape[:axis] + result.shape[axis + 1 :]:
            problems.append(f"its input {place} {list(shape)} does not fit into {list(result.shape)}")
        problems += alike_problems(graph.tensors[i], result, _TYPES, f"input {place}")
    if not problems and total != result.shape[axis]:
        problems.append(f"its inputs have {total} in axis {axis}, its output {result.shape[axis]}")
    return problems


OPERATOR = Concatenation()
