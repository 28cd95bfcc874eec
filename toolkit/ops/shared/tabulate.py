# SPDX-License-Identifier: Apache-2.0
"""An operation on an int8 tensor and a constant number as a table: x * 3, max(x, 0), 1 - x."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation, Tensor
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument

_TABLE_BYTES = 256


def table_call(operator: Operator, graph: Graph, operation: Operation) -> KernelCall | None:
    """Return the lookup that does for operation; None if it needs more than a table.

    It does where all inputs but one are a constant number, one for all elements, and the output has as many
    bytes as the table or more.
    """
    varying = [i for i in operation.inputs if not graph.tensors[i].is_constant]
    constants = [graph.tensors[i] for i in operation.inputs if graph.tensors[i].is_constant]
    result = graph.tensors[operation.outputs[0]]
    if len(varying) != 1 or not all(map(is_one_number, constants)):
        return None
    source = graph.tensors[varying[0]]
    if source.elements != result.elements:
        return None
    if source.dtype != "int8" or DTYPE_BYTES[result.dtype] != 1 or result.elements < _TABLE_BYTES:
        return None
    every_byte = np.arange(_TABLE_BYTES, dtype=np.uint8).view(np.int8)
    inputs = [every_byte if i == source.id else number_of(graph.tensors[i]) for i in operation.inputs]
    (table,) = operator.reference(graph, operation, inputs)
    return KernelCall(
        kernel="tm_lookup_s8",
        params={"elements": result.elements},
        arguments=(
            TensorArgument(source.id),
            ConstantArgument("table", table.view(np.int8)),
            TensorArgument(result.id),
        ),
    )


def is_one_number(tensor: Tensor) -> bool:
    """Return whether a tensor is a constant of one number, be it once or at all places."""
    data = tensor.data
    return data is not None and data.size > 0 and bool((data == data.flat[0]).all())


def number_of(tensor: Tensor) -> Array:
    """Return the number that is_one_number() found, ()."""
    assert tensor.data is not None
    return np.asarray(tensor.data.flat[0])
