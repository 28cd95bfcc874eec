# SPDX-License-Identifier: Apache-2.0
"""STREAM_COUNT: runs since the start, up to those that fill a window; made by --stream, in no file."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.targets.target import Target


class StreamCount(Operator):
    """The input is the count, a state of one int32; the option most is where it stays."""

    kind = "STREAM_COUNT"
    state_inputs = (0,)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1, outputs=0)
        if problems:
            return problems
        count, most = graph.tensors[operation.inputs[0]], operation.options.get("most")
        if not count.is_state or count.dtype != "int32" or count.elements != 1:
            return ["its input is not a state of one int32"]
        if not isinstance(most, int) or not 1 <= most < 2**31:
            return [f"its most, {most}, is not a number from 1 to 2147483647"]
        return []

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        return KernelCall(
            "tm_stream_count", {"most": _most(operation)}, (TensorArgument(operation.inputs[0]),)
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        (count,) = inputs
        assert count is not None
        count[...] = min(int(count.reshape(-1)[0]) + 1, _most(operation))
        return []


def _most(operation: Operation) -> int:
    most = operation.options["most"]
    assert isinstance(most, int)
    return most


OPERATOR = StreamCount()
