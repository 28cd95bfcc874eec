# SPDX-License-Identifier: Apache-2.0
"""Resource variables: VAR_HANDLE, CALL_ONCE and what they stand for, as states of the graph.

In the file a variable is a name. VAR_HANDLE gives a handle for the name, READ_VARIABLE and
ASSIGN_VARIABLE take the handle, and CALL_ONCE runs a subgraph that assigns the first values. In a
Graph the handle's tensor is the variable itself, a state; the handles and the first call are gone.
TFLM's signal operators remember within themselves; in a Graph that is a state, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import UnsupportedError
from toolkit.ir.graph import (
    DTYPE_BYTES,
    SUBGRAPH_OPTIONS,
    Graph,
    Operation,
    Tensor,
    subgraph_index,
)
from toolkit.ir.rules import describe, id_problems
from toolkit.tflite.hidden import HIDDEN_STATES

RESOURCE = "resource"
_LARGEST_STATE = 1 << 24
_BOOKKEEPING = ("VAR_HANDLE", "CALL_ONCE")
_HINT = "Try: variables of one shape and type each, with constants as first values"

Key = tuple[object, object]
Values = Mapping[Key, NDArray[np.generic]]


def with_states(graph: Graph) -> Graph:
    """Return graph with a state for each variable and without what only names variables.

    A graph that is damaged stays as it is. Raises UnsupportedError for first values that are computed,
    and for variables of its subgraphs.
    """
    if any(id_problems(each) for each in graph.all_graphs()):
        return graph
    handles = _handles(graph)
    if handles:
        graph = _with_variables(graph, handles)
    graph = _with_hidden_states(graph)
    for other in graph.all_graphs()[1:]:
        if any(tensor.is_state or tensor.dtype == RESOURCE for tensor in other.tensors):
            raise _unsupported(other, "it has variables and is not the main graph")
    return graph


def _with_hidden_states(graph: Graph) -> Graph:
    """Return graph with states as last inputs of each operator that remembers within itself."""
    operations = []
    for operation in graph.operations:
        if operation.kind in HIDDEN_STATES and operation.outputs:
            name = graph.tensors[operation.outputs[0]].name
            for shape, dtype in HIDDEN_STATES[operation.kind](graph, operation):
                state = Tensor(len(graph.tensors), f"state of {name}", shape, dtype)
                graph = graph.with_tensor(replace(state, state=first_value(state, graph.name)))
                operation = replace(operation, inputs=(*operation.inputs, state.id))
        operations.append(operation)
    return replace(graph, operations=tuple(operations))


def _with_variables(graph: Graph, handles: Mapping[int, Key]) -> Graph:
    first: dict[Key, int] = {}
    for tensor_id, key in handles.items():
        first.setdefault(key, tensor_id)
    values: dict[Key, NDArray[np.generic]] = {}
    for operation in graph.operations:
        if operation.kind == "CALL_ONCE":
            values |= _first_values(graph.called_graphs(operation)[0])
    same = {tensor_id: first[key] for tensor_id, key in handles.items()}
    graph = _without_bookkeeping(graph, same)
    for key, tensor_id in first.items():
        graph = graph.with_tensor(_variable(graph, tensor_id, values.get(key)))
    return graph


def _without_bookkeeping(graph: Graph, same: Mapping[int, int]) -> Graph:
    """Return graph with one handle for each name, and only the subgraphs that still run."""
    kept = [_renamed(o, same) for o in graph.operations if o.kind not in _BOOKKEEPING]
    runs = {subgraph_index(o, name) for o in kept for name in SUBGRAPH_OPTIONS.get(o.kind, ())}
    subgraphs = {number: called for number, called in graph.subgraphs.items() if number in runs}
    return replace(graph, operations=tuple(kept), subgraphs=subgraphs)


def first_value(tensor: Tensor, model: str) -> NDArray[np.generic]:
    """Return what a variable of model holds that nothing was assigned to: 0 as the tensor is quantized.

    Raises UnsupportedError for one that no board could hold, before memory is taken for it here.
    """
    if tensor.bytes > _LARGEST_STATE:
        raise UnsupportedError(
            f"{model}: variable {tensor.name!r} has {tensor.bytes:,} bytes, more than {_LARGEST_STATE:,}.",
            hint="Try: a model that remembers less",
        )
    points = tensor.quantization.zero_points if tensor.quantization and tensor.dtype == "int8" else (0,)
    return np.full(tensor.shape, points[0], tensor.dtype)


def _handles(graph: Graph) -> dict[int, Key]:
    """Return the name behind each handle."""
    return {
        i: (operation.options.get("container"), operation.options.get("shared_name"))
        for operation in graph.operations
        if operation.kind == "VAR_HANDLE"
        for i in operation.outputs[:1]
    }


def _first_values(graph: Graph) -> Values:
    """Return what a subgraph that is called once assigns, which must be constants."""
    handles, values = _handles(graph), {}
    for operation in graph.operations:
        if operation.kind == "VAR_HANDLE":
            continue
        inputs = graph.input_tensors(operation)
        if operation.kind != "ASSIGN_VARIABLE" or len(inputs) != 2 or operation.inputs[0] not in handles:
            raise _unsupported(graph, f"{describe(operation)} in a subgraph that is called once")
        value = inputs[1]
        if value is None or value.data is None:
            raise _unsupported(graph, f"{describe(operation)} assigns a first value that is not constant")
        values[handles[operation.inputs[0]]] = value.data
    return values


def _renamed(operation: Operation, same: Mapping[int, int]) -> Operation:
    return replace(operation, inputs=tuple(same.get(i, i) for i in operation.inputs))


def _variable(graph: Graph, tensor_id: int, value: NDArray[np.generic] | None) -> Tensor:
    """Return the state for a variable, of the shape and type of what is read from it or assigned to it."""
    seen = [
        graph.tensors[i]
        for operation in graph.operations
        if tensor_id in operation.inputs[:1]
        for i in (*operation.inputs[1:], *operation.outputs)
        if i >= 0
    ]
    if not seen or seen[0].dtype not in DTYPE_BYTES:
        return Tensor(tensor_id, graph.tensors[tensor_id].name, (0,), "int8")
    like = replace(seen[0], id=tensor_id, name=graph.tensors[tensor_id].name, storage=tensor_id, data=None)
    start = first_value(like, graph.name) if value is None else value
    if (start.shape, start.dtype.name) != (like.shape, like.dtype):
        raise _unsupported(graph, f"variable {like.name!r} has a first value of another shape or type")
    return replace(like, state=start)


def _unsupported(graph: Graph, what: str) -> UnsupportedError:
    return UnsupportedError(f"{graph.name}: {what}, which is not supported.", hint=_HINT)
