# SPDX-License-Identifier: Apache-2.0
"""An int8 .tflite in which some tensors are int16, and the operators around them 16x8.

The converter makes int8 or int16 of all tensors. Here an operator that reads or writes a tensor that is to be
wide computes in int16, with the weights that it has; QUANTIZE stands where int8 and int16 meet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.ir.graph import Graph
from toolkit.quantization.tables import Tables

WIDE_KINDS = frozenset(
    ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "MEAN", "RESHAPE", "MAX_POOL_2D")
)
"""Operators that become 16x8 by the types of their tensors alone; AVERAGE_POOL_2D and others stay int8."""
_MOST_INT16 = 32767
_QUANTIZE_VERSION = 3  # the first with int8 to int16 and back


@dataclass(frozen=True)
class Wide:
    """A tensor by its number and layer: its share of int8's error, and what 16 bits would cost.

    The share is what its 8 bits add to the mean square of the outputs, where all others have 16. ms is what
    an inference takes longer with 16 bits in this tensor alone. is_wide says that the model has them.
    """

    tensor: int
    layer: str
    share: float
    ms: float
    is_wide: bool = False


def widenable(graph: Graph) -> tuple[int, ...]:
    """Return the int8 tensors that an operator of WIDE_KINDS computes and only such ones read."""
    ends = {*graph.inputs, *graph.outputs}
    found = []
    for operation in graph.operations:
        for number in operation.outputs:
            readers = [each for each in graph.operations if number in each.inputs]
            around = {operation.kind, *(each.kind for each in readers)}
            if graph.tensors[number].dtype == "int8" and number not in ends and around <= WIDE_KINDS:
                found.append(number)
    return tuple(found)


def widened(content: bytes, wide: Collection[int]) -> bytes:
    """Return a .tflite of int8 with the tensors wide (widenable ones, of its first subgraph) as int16."""
    return _Widener(content, frozenset(wide)).run()


def price_lines(prices: Sequence[Wide]) -> list[str]:
    """Return the tensors as a table."""
    width = max((len(wide.layer) for wide in prices), default=0)
    return [
        f"{wide.layer:{width}}  {100 * wide.share:5.1f} % of the error, {wide.ms:+.3f} ms with 16 bits"
        f"{', which it has' if wide.is_wide else ''}"
        for wide in prices
    ]


class _Widener(Tables):
    def __init__(self, content: bytes, wide: frozenset[int]) -> None:
        super().__init__(content)
        self.wide = wide
        self.int8, self.int16 = self.schema.TensorType.INT8, self.schema.TensorType.INT16

    def run(self) -> bytes:
        for number in self.wide:
            self._make_wide(self.graph.tensors[number])
        operators: list[Any] = []
        for operator in self.graph.operators:
            numbers = [*operator.inputs, *operator.outputs]
            operators += self._around(operator) if self.wide.intersection(numbers) else [operator]
        self.graph.operators = operators
        return self.packed()

    def _around(self, operator: Any) -> list[Any]:
        """Return an operator made 16x8, with a QUANTIZE for each tensor of int8 before and behind it."""
        steps = self._scales(operator)
        before: list[Any] = []
        after: list[Any] = []
        inputs, outputs = list(operator.inputs), list(operator.outputs)
        for place, number in enumerate(inputs):
            if self._is_int8_value(number):
                inputs[place] = self._shadow(number)
                before.append(self._quantize(number, inputs[place]))
        for place, number in enumerate(outputs):
            if self._is_int8_value(number):
                outputs[place] = self._shadow(number)
                after.append(self._quantize(outputs[place], number))
        operator.inputs, operator.outputs = inputs, outputs
        if steps is not None and len(inputs) > 2 and inputs[2] >= 0:
            operator.inputs[2] = self._wide_bias(inputs[2], steps, self.graph.tensors[inputs[0]])
        if hasattr(operator.builtinOptions, "potScaleInt16"):
            operator.builtinOptions.potScaleInt16 = False
        return [*before, operator, *after]

    def _scales(self, operator: Any) -> Any:
        """Return the weights' scales of an operator that has such; None else."""
        weights = [int(number) for number in operator.inputs][1:2]
        if not weights or self.graph.tensors[weights[0]].type != self.int8:
            return None
        tensor = self.graph.tensors[weights[0]]
        is_constant = self.data_of(tensor) is not None
        return np.asarray(tensor.quantization.scale, np.float64) if is_constant else None

    def _is_int8_value(self, number: int) -> bool:
        tensor = self.graph.tensors[number] if number >= 0 else None
        return tensor is not None and tensor.type == self.int8 and self.data_of(tensor) is None

    def _make_wide(self, tensor: Any) -> None:
        """Give an int8 tensor's range to int16, which has no zero point."""
        scale, zero = float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
        most = scale * max(-128 - zero, 127 - zero, zero + 128, zero - 127)
        tensor.type = self.int16
        tensor.quantization = self.schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [most / _MOST_INT16], [0]

    def _shadow(self, number: int) -> int:
        """Return a new tensor, the same as int16."""
        old, tensor = self.graph.tensors[number], self.schema.TensorT()
        tensor.shape, tensor.shapeSignature = old.shape, old.shapeSignature
        tensor.quantization = old.quantization
        tensor.name = (old.name if isinstance(old.name, bytes) else old.name.encode()) + b"/int16"
        tensor.hasRank, tensor.buffer = old.hasRank, 0
        self._make_wide(tensor)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def _wide_bias(self, number: int, scales: Any, source: Any) -> int:
        """Return a new tensor with a bias of int64, in steps of the int16 input times the weights."""
        old = self.graph.tensors[number]
        data = self.data_of(old)
        assert data is not None
        real = data.view(np.int32) * np.asarray(old.quantization.scale, np.float64)
        steps = float(source.quantization.scale[0]) * scales
        values = np.rint(real / steps).astype(np.int64)
        each = np.broadcast_to(steps, len(old.quantization.scale))
        return self.constant_instead(number, self.schema.TensorType.INT64, values, each)

    def _quantize(self, source: int, target: int) -> Any:
        kind = self.schema.BuiltinOperator.QUANTIZE
        codes = self.model.operatorCodes
        found = [i for i, code in enumerate(codes) if code.builtinCode == kind and code.version >= 3]
        if not found:
            code = self.schema.OperatorCodeT()
            code.builtinCode = code.deprecatedBuiltinCode = kind
            code.version = _QUANTIZE_VERSION
            codes.append(code)
            found = [len(codes) - 1]
        operator = self.schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = found[0], [source], [target]
        return operator
