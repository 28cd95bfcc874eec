# SPDX-License-Identifier: Apache-2.0
"""Two int32 tensors that are not quantized: TFLM's plain arithmetic, which wraps around at 32 bits."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.broadcast import MOST_DIMENSIONS, broadcast_problems
from toolkit.ops.shared.elementwise import ElementwiseOperator, planned_call
from toolkit.ops.shared.lookup import Int64
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall
from toolkit.targets.target import Target

_INT32 = np.iinfo(np.int32)
_RANGES = {
    "NONE": (int(_INT32.min), int(_INT32.max)),
    "RELU": (0, int(_INT32.max)),
    "RELU6": (0, 6),
    "RELU_N1_TO_1": (-1, 1),
}
_PLAIN = ("NONE",)


@dataclass(frozen=True)
class Function:
    """number is what kernels/tm_arithmetic_s32.h calls it; of works on int64.

    activations are those that TFLM heeds.
    """

    number: int
    of: Callable[[Int64, Int64], Int64]
    activations: Sequence[str] = tuple(_RANGES)


def _quotient(x: Int64, y: Int64) -> Int64:
    """Return x / y towards 0."""
    return np.asarray(np.sign(x) * np.sign(y) * (np.abs(x) // np.abs(y)), np.int64)


def _squared_difference(x: Int64, y: Int64) -> Int64:
    """Return (x - y)**2, the difference wrapped as well."""
    return np.asarray((x - y).astype(np.int32).astype(np.int64) ** 2, np.int64)


FUNCTIONS: Mapping[str, Function] = {
    "ADD": Function(0, np.add, _PLAIN),  # TFLM leaves the others away
    "SUB": Function(1, np.subtract),
    "MUL": Function(2, np.multiply),
    "DIV": Function(3, _quotient),
    "MINIMUM": Function(4, np.minimum, _PLAIN),
    "MAXIMUM": Function(5, np.maximum, _PLAIN),
    "SQUARED_DIFFERENCE": Function(6, _squared_difference),
}


class WholeOperator(ElementwiseOperator):
    """One of FUNCTIONS: on int32 that is not quantized, and on what the subclass says."""

    most_dimensions = MOST_DIMENSIONS

    @abstractmethod
    def quantized_problems(self, graph: Graph, operation: Operation) -> list[str]:
        """Return what problems() does, if the output is not int32."""

    @abstractmethod
    def quantized_reference(
        self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """Return what reference() does, if the output is not int32."""

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        if _is_whole(graph, operation):
            return self._whole_problems(graph, operation)
        return self.quantized_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        if not _is_whole(graph, operation):
            return super().lower(graph, operation, target)
        left, right = operation.inputs
        least, most = _RANGES[_activation(operation)]
        params = {"function": FUNCTIONS[self.kind].number, "least": least, "most": most}
        return planned_call(graph, "tm_arithmetic_s32", (left, right), operation.outputs[0], params)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        if not _is_whole(graph, operation):
            return self.quantized_reference(graph, operation, inputs)
        left, right = inputs
        assert left is not None and right is not None
        numbers = FUNCTIONS[self.kind].of(left.astype(np.int64), right.astype(np.int64)).astype(np.int32)
        return [np.clip(numbers, *map(np.int32, _RANGES[_activation(operation)]))]

    def _whole_problems(self, graph: Graph, operation: Operation) -> list[str]:
        left, right = (graph.tensors[i] for i in operation.inputs)
        result = graph.tensors[operation.outputs[0]]
        problems = broadcast_problems(left.shape, right.shape, result.shape, self.most_dimensions)
        for name, tensor in (("first input", left), ("second input", right), ("output", result)):
            if tensor.dtype != "int32":
                problems.append(f"its {name} is {tensor.dtype}, not int32 as the output")
            elif tensor.quantization is not None:
                problems.append(f"its {name} is int32 and quantized, which TFLM refuses or ignores")
        activation, known = _activation(operation), FUNCTIONS[self.kind].activations
        if activation not in known:
            problems.append(f"its fused activation on int32 is {activation}, not {' or '.join(known)}")
        if self.kind == "DIV" and (right.data is None or np.isin(right.data, (0, -1)).any()):
            problems.append("it divides int32 by what is no constant, or is 0 or -1, where TFLM may stop")
        return problems


def _is_whole(graph: Graph, operation: Operation) -> bool:
    return graph.tensors[operation.outputs[0]].dtype == "int32"


def _activation(operation: Operation) -> str:
    return str(operation.options.get("fused_activation_function", "NONE"))
