# SPDX-License-Identifier: Apache-2.0
"""Reading and assigning variables: the same bytes in another place."""

from __future__ import annotations

from toolkit.ir.graph import Graph, Tensor
from toolkit.ops.shared.operator import KernelCall, TensorArgument


def variable_problems(variable: Tensor, value: Tensor, name: str) -> list[str]:
    """Return why what is read from a variable, or assigned to it, is not what it holds."""
    if not variable.is_state:
        return ["its first input is not a variable"]
    if (value.dtype, value.shape) != (variable.dtype, variable.shape):
        held, found = f"{variable.dtype}{list(variable.shape)}", f"{value.dtype}{list(value.shape)}"
        return [f"its {name} is {found}, its variable {held}"]
    if value.quantization != variable.quantization:
        return [f"its {name} and its variable are quantized differently, which TFLM ignores"]
    return []


def copy_call(graph: Graph, source: int, result: int) -> KernelCall:
    """Return the call that copies a whole tensor to another one."""
    arguments = (TensorArgument(source), TensorArgument(result))
    return KernelCall("tm_reshape_s8", {"bytes": graph.tensors[source].bytes}, arguments)
