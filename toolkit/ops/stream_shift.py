# SPDX-License-Identifier: Apache-2.0
"""STREAM_SHIFT: new columns behind those that are kept, of which as many go; made by --stream, in no file."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation
from toolkit.ops.shared.movement import axis_of
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.targets.target import Target


class StreamShift(Operator):
    """Inputs are the columns that are kept, a state, and the new ones; the option axis says along which."""

    kind = "STREAM_SHIFT"
    state_inputs = (0,)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2, outputs=0)
        if problems:
            return problems
        kept, new = (graph.tensors[i] for i in operation.inputs)
        axis = axis_of(operation.options.get("axis"), len(kept.shape))
        if not kept.is_state:
            return ["its first input is not a state"]
        if axis is None or len(new.shape) != len(kept.shape):
            return [f"its axis {operation.options.get('axis')} is not one of its inputs'"]
        if new.dtype != kept.dtype or "int4" in (new.dtype, kept.dtype):
            return [f"it keeps {kept.dtype}, and {new.dtype} is new"]
        others = [size for place, size in enumerate(new.shape) if place != axis]
        if others != [size for place, size in enumerate(kept.shape) if place != axis]:
            return [f"its new columns {list(new.shape)} do not fit into {list(kept.shape)}"]
        if not 1 <= new.shape[axis] < kept.shape[axis]:
            return [f"{new.shape[axis]} of the {kept.shape[axis]} columns that it keeps are new"]
        return []

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        kept, new = (graph.tensors[i] for i in operation.inputs)
        axis = _axis(graph, operation)
        column = prod(kept.shape[axis + 1 :]) * DTYPE_BYTES[kept.dtype]
        params = {
            "rows": prod(kept.shape[:axis]),
            "kept": (kept.shape[axis] - new.shape[axis]) * column,
            "added": new.shape[axis] * column,
        }
        return KernelCall("tm_stream_shift", params, (TensorArgument(new.id), TensorArgument(kept.id)))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        kept, new = inputs
        assert kept is not None and new is not None
        axis = _axis(graph, operation)
        both = np.concatenate([kept, new], axis=axis)
        kept[...] = np.take(both, range(new.shape[axis], both.shape[axis]), axis=axis)
        return []


def _axis(graph: Graph, operation: Operation) -> int:
    return axis_of(operation.options.get("axis"), len(graph.tensors[operation.inputs[0]].shape)) or 0


OPERATOR = StreamShift()
