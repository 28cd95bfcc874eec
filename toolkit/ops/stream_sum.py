# SPDX-License-Identifier: Apache-2.0
"""STREAM_SUM: a MEAN or SUM over a window that slides, by running sums; made by --stream, in no file."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.mean import OPERATOR as MEAN
from toolkit.ops.shared.movement import axis_of
from toolkit.ops.shared.operands import count_problems, quantization_of
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.reduction import gone_axes, reduced_count
from toolkit.ops.shared.requantize import requantize
from toolkit.ops.shared.sums import SumOperator
from toolkit.ops.sum import OPERATOR as SUM
from toolkit.targets.target import Target

_WHOLE: dict[object, SumOperator] = {each.kind: each for each in (MEAN, SUM)}
_INPUTS = 4


def can_run(graph: Graph, operation: Operation, axis: int) -> bool:
    """Return whether running sums can do an operation over a window whose columns lie along axis.

    It must be a MEAN or SUM of int8 over all but the last axis, which the columns follow each other in.
    """
    if operation.kind not in _WHOLE:
        return False
    source = graph.tensors[operation.inputs[0]]
    gone, last = gone_axes(graph, operation), len(source.shape) - 1
    is_all = all(i in gone or size == 1 for i, size in enumerate(source.shape[:last]))
    return source.dtype == "int8" and is_all and last not in gone and prod(source.shape[:axis]) == 1


class StreamSum(Operator):
    """Inputs are the window's columns and the sums, states both, the new columns, and the axes that go.

    The option axis says along which the columns lie, of says what is made of the sums: MEAN or SUM. The
    sums are one for each channel and the place of the oldest column.
    """

    kind = "STREAM_SUM"
    state_inputs = (0, 1)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=_INPUTS)
        if problems:
            return problems
        kept, sums, new = (graph.tensors[i] for i in operation.inputs[:3])
        axis = axis_of(operation.options.get("axis"), len(kept.shape))
        if not kept.is_state or not sums.is_state or sums.dtype != "int32":
            return ["its first two inputs are not states, the second one of int32"]
        if axis is None or operation.options.get("of") not in _WHOLE:
            return [f"it is a {operation.options.get('of')} along axis {operation.options.get('axis')}"]
        whole = _whole(operation)
        problems = _WHOLE[whole.kind].problems(graph, whole)
        if problems:
            return problems
        if not can_run(graph, whole, axis):
            return ["it does not add up all but the last axis of int8"]
        if sums.elements != kept.shape[-1] + 1:
            return [f"it has {sums.elements} sums for {kept.shape[-1]} channels"]
        others = [size for place, size in enumerate(new.shape) if place != axis]
        if new.dtype != "int8" or others != [size for i, size in enumerate(kept.shape) if i != axis]:
            return [f"its new columns {list(new.shape)} do not fit into {list(kept.shape)}"]
        return [] if 1 <= new.shape[axis] < kept.shape[axis] else ["all its columns are new"]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        kept, sums, new = (graph.tensors[i] for i in operation.inputs[:3])
        result, whole = graph.tensors[operation.outputs[0]], _whole(operation)
        axis, channels = _axis(graph, operation), kept.shape[-1]
        multiplier, shift = _WHOLE[whole.kind].scale(graph, whole)
        params = {
            "columns": kept.shape[axis],
            "added": new.shape[axis],
            "rows": kept.elements // kept.shape[axis] // channels,
            "channels": channels,
            "start": -quantization_of(kept).zero_point * reduced_count(graph, whole),
            "multiplier": multiplier,
            "shift": shift,
            "zero_point": quantization_of(result).zero_point,
        }
        places = (new, kept, sums, result)
        return KernelCall("tm_stream_sum_s8", params, tuple(TensorArgument(t.id) for t in places))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        kept, sums, new = inputs[:3]
        assert kept is not None and sums is not None and new is not None
        axis, result, whole = _axis(graph, operation), graph.tensors[operation.outputs[0]], _whole(operation)
        columns = np.moveaxis(kept, axis, 0)  # a view: what is written there is kept
        place = int(sums[-1])
        for column in np.moveaxis(new, axis, 0):
            gone = column.astype(np.int32) - columns[place]
            sums[:-1] = sums[:-1] + gone.reshape(-1, kept.shape[-1]).sum(axis=0)
            columns[place] = column
            place = (place + 1) % len(columns)
        sums[-1] = place
        zero = quantization_of(graph.tensors[operation.inputs[0]]).zero_point
        real = sums[:-1].astype(np.int64) - zero * reduced_count(graph, whole)
        scaled = requantize(real, *_WHOLE[whole.kind].scale(graph, whole))
        numbers = np.clip(scaled + quantization_of(result).zero_point, -128, 127)
        return [numbers.astype(np.int8).reshape(result.shape)]


def _whole(operation: Operation) -> Operation:
    """Return the operation over all columns that this one is by running sums."""
    kept, _, _, axes = operation.inputs
    options = {"keep_dims": operation.options.get("keep_dims", False)}
    return Operation(
        operation.index, str(operation.options["of"]), 1, (kept, axes), operation.outputs, options
    )


def _axis(graph: Graph, operation: Operation) -> int:
    return axis_of(operation.options.get("axis"), len(graph.tensors[operation.inputs[0]].shape)) or 0


OPERATOR = StreamSum()
