# SPDX-License-Identifier: Apache-2.0
"""What survives from one run to the next: what it is at the start, and the calls that set it so."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Tensor
from toolkit.ops.shared.filling import fill_call
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, TensorArgument

States = dict[int, Array]
"""The values of a graph's states by tensor id; operators' references change them in place."""


def start_states(graph: Graph) -> States:
    """Return the states of graph as they are before the first run."""
    return {i: _start(graph.tensors[i]).copy() for i in graph.states}


def reset_calls(graph: Graph) -> tuple[KernelCall, ...]:
    """Return the kernel calls that set each state to what it is at the start."""
    return tuple(_reset_call(graph.tensors[i]) for i in graph.states)


def _start(tensor: Tensor) -> Array:
    assert tensor.state is not None
    return tensor.state


def _reset_call(tensor: Tensor) -> KernelCall:
    values = _start(tensor).reshape(-1)
    if np.all(values.view(np.uint8).reshape(len(values), -1) == values[:1].view(np.uint8)):
        return fill_call(tensor, ConstantArgument(f"start{tensor.id}", values[:1]))
    start = ConstantArgument(f"start{tensor.id}", values, is_weights=True)
    return KernelCall("tm_reshape_s8", {"bytes": tensor.bytes}, (start, TensorArgument(tensor.id)))
