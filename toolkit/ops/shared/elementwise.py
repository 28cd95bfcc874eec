# SPDX-License-Identifier: Apache-2.0
"""What operators on two operands that broadcast share: the demands, and the kernel's call."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import activation_problems
from toolkit.ops.shared.broadcast import MOST_DIMENSIONS, broadcast_plan, broadcast_problems
from toolkit.ops.shared.channel_flow import ChannelFlow, alike
from toolkit.ops.shared.operands import count_problems, quantized_problems
from toolkit.ops.shared.operator import (
    ConstantArgument,
    KernelCall,
    Operator,
    ParamValue,
    TensorArgument,
    Walk,
)
from toolkit.ops.shared.scaling import has_dsp_kernels
from toolkit.ops.shared.tabulate import table_call
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.targets.target import Target


class ElementwiseOperator(Operator):
    """Two tensors that broadcast; with a constant number on one side it is a table, where that pays."""

    is_elementwise = True

    @abstractmethod
    def call(self, graph: Graph, operation: Operation) -> KernelCall:
        """Return the kernel call for two tensors, as lower() does."""

    def dsp_call(self, graph: Graph, operation: Operation) -> KernelCall | None:
        """Return the call of a kernel of ARMv7E-M for two tensors, None if none computes the same."""
        return None

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        found = table_call(self, graph, operation)
        if found is None and has_dsp_kernels(target):
            found = self.dsp_call(graph, operation)
        return found or self.call(graph, operation)

    def is_pixelwise(self, graph: Graph, operation: Operation) -> bool:
        return True

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        return alike(graph.input_tensors(operation), graph.tensors[operation.outputs[0]])

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)


def elementwise_problems(
    graph: Graph,
    operation: Operation,
    most_dimensions: int = MOST_DIMENSIONS,
    dtypes: Sequence[str] = ("int8",),
) -> list[str]:
    """Return why this is not two tensors of one of dtypes that broadcast to an output of that type."""
    problems = count_problems(graph, operation, inputs=2)
    if problems:
        return problems
    left, right = (graph.tensors[i] for i in operation.inputs)
    result = graph.tensors[operation.outputs[0]]
    problems = [
        *quantized_problems("first input", left, dtypes),
        *quantized_problems("second input", right, (left.dtype,) if left.dtype in dtypes else dtypes),
        *quantized_problems("output", result, (left.dtype,) if left.dtype in dtypes else dtypes),
        *broadcast_problems(left.shape, right.shape, result.shape, most_dimensions),
    ]
    return problems or activation_problems(operation, result)


def elementwise_call(
    graph: Graph, name: str, inputs: tuple[int, int], output: int, params: Mapping[str, ParamValue]
) -> KernelCall:
    """Return the call of tm_<name>_s8, or of tm_<name>_broadcast_s8 where a plan is needed."""
    left, right = (graph.tensors[i] for i in inputs)
    sized = {"elements": graph.tensors[output].elements, **params}
    first, second, result = TensorArgument(inputs[0]), TensorArgument(inputs[1]), TensorArgument(output)
    if left.elements == right.elements == graph.tensors[output].elements:
        return KernelCall(f"tm_{name}_s8", sized, (first, second, result))
    return planned_call(graph, f"tm_{name}_broadcast_s8", inputs, output, sized)


def planned_call(
    graph: Graph, kernel: str, inputs: tuple[int, int], output: int, params: Mapping[str, ParamValue]
) -> KernelCall:
    """Return the call of a kernel that walks its operands by a plan, whatever their shapes."""
    left, right = (graph.tensors[i] for i in inputs)
    plan = ConstantArgument("plan", broadcast_plan(left.shape, right.shape))
    tensors = TensorArgument(inputs[0]), TensorArgument(inputs[1]), TensorArgument(output)
    return KernelCall(kernel, params, (*tensors[:2], plan, tensors[2]))
