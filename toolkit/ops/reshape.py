# SPDX-License-Identifier: Apache-2.0
"""RESHAPE: the same bytes in another shape; a pass may let both tensors share their storage."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.channel_flow import ChannelFlow, regrouped
from toolkit.ops.shared.operands import constant_integers
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.targets.target import Target


class Reshape(Operator):
    """The new shape is the output tensor's; a second input that repeats it is not read."""

    kind = "RESHAPE"
    is_rising = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        ids = (*operation.inputs[:1], *operation.outputs)
        if len(operation.inputs) not in (1, 2) or len(operation.outputs) != 1:
            return [f"it has {len(operation.inputs)} inputs and {len(operation.outputs)} outputs"]
        if not all(0 <= i < len(graph.tensors) for i in ids):
            return ["its input or output is left out"]
        source, result = (graph.tensors[i] for i in ids)
        problems = ["its output is a constant"] if result.is_constant else []
        if source.dtype != result.dtype:
            problems.append(f"its input is {source.dtype}, its output {result.dtype}")
        if source.elements != result.elements:
            problems.append(
                f"its input {list(source.shape)} has not the size of its output {list(result.shape)}"
            )
        if len(operation.inputs) == 2 and operation.inputs[1] != -1:
            shape = operation.inputs[1]
            if not 0 <= shape < len(graph.tensors) or not graph.tensors[shape].is_constant:
                problems.append("its shape is not constant")
            elif not problems and not _agrees(graph.tensors[shape], result.shape):
                found = constant_integers(graph.tensors[shape])
                problems.append(f"its shape is {list(found or ())}, that of its output {list(result.shape)}")
        return problems

    def keeps_bytes(self, graph: Graph, operation: Operation) -> bool:
        return True

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        return regrouped(graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]])

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        return KernelCall(
            "tm_reshape_s8", {"bytes": source.bytes}, (TensorArgument(source.id), TensorArgument(result.id))
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        assert inputs[0] is not None
        return [inputs[0].reshape(graph.tensors[operation.outputs[0]].shape)]


def _agrees(given: Tensor, shape: tuple[int, ...]) -> bool:
    """Return whether a constant gives a shape of as many elements, or nothing that says otherwise."""
    sizes = constant_integers(given)
    if sizes is None or len(given.shape) != 1 or min(sizes, default=0) == 0:
        return True
    return len(sizes) == len(shape) and all(
        size in (-1, side) for size, side in zip(sizes, shape, strict=True)
    )


OPERATOR = Reshape()
