# SPDX-License-Identifier: Apache-2.0
"""Whether a graph is well formed: ids, order, one writer a tensor. Runs after every pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from toolkit.errors import TinymlError
from toolkit.ir.graph import DTYPE_BYTES, SUBGRAPH_OPTIONS, Graph, Operation, Tensor, subgraph_index

_LONGEST_CUSTOM_NAME = 50
_LONGEST_KINDS = 40


def check_graph(graph: Graph, after: str) -> None:
    """Raise TinymlError, which means a bug of the toolkit, if graph is not well formed.

    after names the step that made the graph. A graph from a file was checked by the reader.
    """
    problems = graph_problems(graph)
    if problems:
        raise TinymlError(f"{graph.name}: the graph is wrong after {after}: {'; '.join(problems)}.")


def graph_problems(graph: Graph) -> list[str]:
    """Return what is wrong with the structure of graph, each a phrase; [] if nothing is.

    Its subgraphs are checked as well, and that each gets and gives what the operation that runs it does.
    """
    problems = [] if graph.outputs else ["the graph has no outputs"]
    for each in graph.all_graphs():
        found = _structure_problems(each)
        problems += found if each is graph else [f"{each.name}: {problem}" for problem in found]
    return problems


def _structure_problems(graph: Graph) -> list[str]:
    problems = id_problems(graph)
    if problems:
        return problems
    problems = [problem for tensor in graph.tensors for problem in _tensor_problems(graph, tensor)]
    if any(t.dtype not in DTYPE_BYTES for t in graph.tensors):
        return problems
    return [*problems, *_input_problems(graph), *_order_problems(graph), *_call_problems(graph)]


def id_problems(graph: Graph) -> list[str]:
    """Return what makes it impossible to look up a tensor of graph by its id, each a phrase."""
    count = len(graph.tensors)
    problems = [f"tensor {i} has the id {t.id}" for i, t in enumerate(graph.tensors) if t.id != i]
    problems += [f"tensor {t.id} has the storage {t.storage}" for t in graph.tensors if t.storage >= count]

    def outside(ids: Iterable[int], lowest: int, owner: str) -> list[str]:
        return [f"{owner} refers to tensor {i} of {count}" for i in ids if not lowest <= i < count]

    problems += outside((*graph.inputs, *graph.outputs), 0, "the graph")
    for operation in graph.operations:
        problems += outside(operation.inputs, -1, describe(operation))
        problems += outside(operation.outputs, 0, describe(operation))
    return problems


def describe(operation: Operation) -> str:
    """Return how messages call an operation: operation 3 (CONV_2D)."""
    return f"operation {operation.index} ({kind_text(operation)})"


def kind_text(operation: Operation) -> str:
    """Return how messages call an operation's kind: a custom operator by the name that the file has,
    one that a pass made by its parts, TANH+MUL.
    """
    if operation.parts:
        return _joined([kind_text(part) for part in operation.parts])
    name = operation.options.get("custom_code")
    if operation.kind != "CUSTOM" or not name:
        return operation.kind
    shown = "".join(letter if letter.isprintable() else "?" for letter in str(name))
    return f"custom operator {shown[:_LONGEST_CUSTOM_NAME]}"


def _joined(kinds: Sequence[str]) -> str:
    text = "+".join(kinds)
    return text if len(text) <= _LONGEST_KINDS else f"{kinds[0]}+{len(kinds) - 1}_more"


def _tensor_problems(graph: Graph, tensor: Tensor) -> list[str]:
    if tensor.dtype not in DTYPE_BYTES or any(d < 0 for d in tensor.shape):
        return [f"tensor {tensor.id} is {tensor.dtype}{list(tensor.shape)}"]
    problems = []
    held_in = "int8" if tensor.dtype == "int4" else tensor.dtype
    if tensor.data is None and tensor.dtype == "int4":
        problems.append(f"tensor {tensor.id} is int4 and not a constant")
    for value in (tensor.data, tensor.state):
        if value is not None and (value.shape != tensor.shape or value.dtype.name != held_in):
            problems.append(f"tensor {tensor.id} has data of another shape or type than its own")
    if tensor.is_state and (tensor.is_constant or tensor.storage != tensor.id):
        problems.append(f"tensor {tensor.id} is kept from run to run, but has no memory of its own")
    home = graph.tensors[tensor.storage]
    end = tensor.storage_offset + tensor.bytes
    if tensor.storage_offset < 0 or end > home.bytes or home.storage != home.id:
        problems.append(f"tensor {tensor.id} shares the storage of {home.id}, which cannot hold it")
    if home is not tensor and (home.is_constant or tensor.is_constant):
        problems.append(f"tensor {tensor.id} shares storage with a constant")
    if home is not tensor and home.is_state:
        problems.append(f"tensor {tensor.id} is stored in {home.id}, which is kept from run to run")
    return problems


def _input_problems(graph: Graph) -> list[str]:
    problems = []
    if len(set(graph.inputs)) != len(graph.inputs):
        problems.append("the graph has the same input twice")
    for i in graph.inputs:
        if graph.tensors[i].is_constant or graph.tensors[i].is_state:
            what = "constant" if graph.tensors[i].is_constant else "variable"
            problems.append(f"input {i} of the graph is a {what}")
        if graph.tensors[i].storage != i:
            problems.append(f"input {i} of the graph is stored in another tensor")
    return problems


def _order_problems(graph: Graph) -> list[str]:
    """Return reads before writes and second writes, in the order in which operations run."""
    problems = []
    written = _Written(graph)

    def missing(ids: Iterable[int]) -> list[int]:
        return [i for i in ids if i >= 0 and not written.has_all(graph.tensors[i])]

    for operation in graph.operations:
        owner = describe(operation)
        problems += [f"{owner} reads tensor {i} before it is written" for i in missing(operation.inputs)]
        for i in operation.outputs:
            if written.has_some(graph.tensors[i]):
                problems.append(f"{owner} writes tensor {i}, which has a value already")
            written.add(graph.tensors[i])
    problems += [f"output {i} of the graph is never written" for i in missing(graph.outputs)]
    return problems


def _call_problems(graph: Graph) -> list[str]:
    """Return where an operation and a graph that it runs do not agree on how many tensors they pass."""
    problems = []
    for operation in graph.operations:
        taken, given = len(operation.inputs), len(operation.outputs)
        if operation.kind == "WHILE" and taken != given:
            problems.append(f"{describe(operation)} carries {taken} tensors and gives {given}")
        for option in SUBGRAPH_OPTIONS.get(operation.kind, ()):
            index = subgraph_index(operation, option)
            if index not in graph.subgraphs:
                problems.append(f"{describe(operation)} runs subgraph {index}, which there is not")
                continue
            inputs, outputs = _passed(operation, option)
            called = graph.subgraphs[index]
            if (len(called.inputs), len(called.outputs)) != (inputs, outputs):
                problems.append(
                    f"{describe(operation)} needs a subgraph of {inputs} inputs and {outputs} outputs; "
                    f"{index} has {len(called.inputs)} and {len(called.outputs)}"
                )
    return problems


def _passed(operation: Operation, option: str) -> tuple[int, int]:
    """Return how many tensors an operation gives a graph that it runs, and takes from it."""
    inputs, outputs = len(operation.inputs), len(operation.outputs)
    if operation.kind == "WHILE":
        return inputs, 1 if option == "cond_subgraph_index" else inputs
    return (inputs - 1, outputs) if operation.kind == "IF" else (0, 0)


class _Written:
    """What has a value: constants, states, and ranges of bytes of each storage, by their starts."""

    def __init__(self, graph: Graph) -> None:
        self.ids = {t.id for t in graph.tensors if t.is_constant}
        self.ranges: dict[int, list[tuple[int, int]]] = {}
        for i in (*graph.inputs, *(t.id for t in graph.tensors if t.is_state)):
            self.add(graph.tensors[i])

    def add(self, tensor: Tensor) -> None:
        self.ids.add(tensor.id)
        start = tensor.storage_offset
        ranges = [*self.ranges.get(tensor.storage, []), (start, start + tensor.bytes)]
        self.ranges[tensor.storage] = sorted(ranges)

    def has_all(self, tensor: Tensor) -> bool:
        end = tensor.storage_offset
        for low, high in self.ranges.get(tensor.storage, []):
            end = max(end, high) if low <= end else end
        is_whole = tensor.storage_offset + tensor.bytes <= end
        return tensor.id in self.ids or (is_whole and bool(tensor.bytes or tensor.storage in self.ids))

    def has_some(self, tensor: Tensor) -> bool:
        start, end = tensor.storage_offset, tensor.storage_offset + tensor.bytes
        ranges = self.ranges.get(tensor.storage, [])
        return tensor.id in self.ids or any(low < end and start < high for low, high in ranges)
