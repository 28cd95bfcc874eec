# SPDX-License-Identifier: Apache-2.0
"""Put the operations of subgraphs in the place of the WHILE or IF that runs them.

A loop whose turns are counted by constants becomes its turns, one after the other: then there is no
control flow, and all that follows is as for any other graph. The weights of all turns are the same
tensors. What only the device can know, and what would be too long, stays as it is and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from toolkit.ir.graph import SUBGRAPH_OPTIONS, Graph, Operation, Tensor
from toolkit.ops.shared.control import WHY_KEPT
from toolkit.ops.shared.counting import counted

MOST_OPERATIONS = 2000
"""How many operations all turns may have. It also ends loops that a damaged file makes endless."""
_TOO_LONG = f"its turns have more than {MOST_OPERATIONS:,} operations in all"


def run(graph: Graph) -> Graph:
    """Return graph without the WHILEs and IFs of which the toolkit knows what they will do."""
    if not graph.subgraphs:
        return graph
    kept: list[Operation] = []
    unroller = _Unroller(graph)
    ids = {tensor.id: tensor.id for tensor in graph.tensors}
    for operation in graph.operations:
        operation = _renamed(operation, ids)
        made = unroller.results(graph, operation, operation.index)
        if made is None:
            kept.append(replace(operation, options={**operation.options, WHY_KEPT: unroller.why}))
        else:
            kept += made.operations
            ids |= dict(zip(operation.outputs, made.results, strict=True))
    outputs = tuple(ids[i] for i in graph.outputs)
    kinds = {operation.kind for operation in kept}
    subgraphs = graph.subgraphs if kinds.intersection(SUBGRAPH_OPTIONS) else {}
    return replace(
        graph,
        tensors=tuple(unroller.tensors),
        operations=tuple(kept),
        outputs=outputs,
        subgraphs=subgraphs,
    )


class _Made:
    """What came in the place of an operation, and the tensors that its outputs are now."""

    def __init__(self, operations: list[Operation], results: Sequence[int]) -> None:
        self.operations = operations
        self.results = results


class _Unroller:
    """tensors grows by those of each turn; left is how many operations there may still be.

    why is the reason for which results() gave None.
    """

    def __init__(self, graph: Graph) -> None:
        self.why = ""
        self.tensors = list(graph.tensors)
        self.constants: dict[tuple[int, int], int] = {}
        self.left = MOST_OPERATIONS

    def results(self, owner: Graph, operation: Operation, index: int) -> _Made | None:
        """Return what an operation of owner becomes, None if it stays; its inputs are in self.tensors."""
        made = None
        if operation.kind == "WHILE":
            made = self._loop(owner.called_graphs(operation), operation, index)
        elif operation.kind == "IF":
            made = self._branch(owner.called_graphs(operation), operation, index)
        if made is None:
            return None
        for place, tensor_id in zip(operation.outputs, made.results, strict=True):
            if not _is_alike(self.tensors[tensor_id], owner.tensors[place]):
                self.why = (
                    f"it gives {owner.tensors[place].name!r} in another shape, type or scale than that has"
                )
                return None
        return made

    def _loop(self, parts: Sequence[Graph], operation: Operation, index: int) -> _Made | None:
        condition, body = parts
        carried: Sequence[int] = operation.inputs
        operations: list[Operation] = []
        while True:
            asked = self._inlined(condition, carried, index)
            if asked is None:
                return None
            answer = self._truth(asked.results[0])
            if answer is None:
                self.why = "how often it runs does not follow from constants"
                return None
            if not answer:
                return _Made(operations, carried)
            turn = self._inlined(body, carried, index)
            if turn is None:
                return None
            operations += turn.operations
            carried = turn.results

    def _branch(self, branches: Sequence[Graph], operation: Operation, index: int) -> _Made | None:
        answer = self._truth(operation.inputs[0])
        if answer is None:
            self.why = "which branch it takes does not follow from constants"
            return None
        return self._inlined(branches[0 if answer else 1], operation.inputs[1:], index)

    def _truth(self, tensor_id: int) -> bool | None:
        data = self.tensors[tensor_id].data if tensor_id >= 0 else None
        return (
            bool(data.reshape(-1)[0]) if data is not None and data.dtype == np.bool_ and data.size else None
        )

    def _inlined(self, graph: Graph, arguments: Sequence[int], index: int) -> _Made | None:
        """Return a subgraph's operations on arguments, those left out that only count."""
        ids = {-1: -1}
        for place, tensor_id in zip(graph.inputs, arguments, strict=True):
            if tensor_id < 0 or not _is_alike(self.tensors[tensor_id], graph.tensors[place]):
                name = graph.tensors[place].name
                self.why = f"{graph.name} gets {name!r} in another shape, type or scale than it takes"
                return None
            ids[place] = tensor_id
        ids |= {t.id: self._constant(graph, t) for t in graph.tensors if t.is_constant}
        operations: list[Operation] = []
        for operation in graph.operations:
            self.left -= 1
            if self.left < 0:
                self.why = _TOO_LONG
                return None
            moved = replace(_renamed(operation, ids), index=index)
            values = [self.tensors[i].data if i >= 0 else None for i in moved.inputs]
            number = counted(graph, operation, values)
            made = self.results(graph, moved, index)
            if made is not None:
                operations += made.operations
                ids |= dict(zip(operation.outputs, made.results, strict=True))
                continue
            outputs = [self._add(graph.tensors[i]) for i in operation.outputs]
            ids |= dict(zip(operation.outputs, outputs, strict=True))
            if number is not None:
                self.tensors[outputs[0]] = replace(self.tensors[outputs[0]], data=number)
            elif operation.kind in SUBGRAPH_OPTIONS:
                return None
            else:
                operations.append(replace(moved, outputs=tuple(outputs)))
        self.left -= 1
        if self.left < 0:
            self.why = _TOO_LONG
            return None
        return _Made(operations, [ids[i] for i in graph.outputs])

    def _constant(self, graph: Graph, tensor: Tensor) -> int:
        """Return the id of a subgraph's constant, the same in all turns."""
        key = (id(graph), tensor.id)
        if key not in self.constants:
            self.constants[key] = self._add(tensor)
        return self.constants[key]

    def _add(self, tensor: Tensor) -> int:
        number = len(self.tensors)
        self.tensors.append(replace(tensor, id=number, storage=number))
        return number


def _renamed(operation: Operation, ids: Mapping[int, int]) -> Operation:
    return replace(operation, inputs=tuple(ids.get(i, i) for i in operation.inputs))


def _is_alike(given: Tensor, taken: Tensor) -> bool:
    """Whether the bytes of one tensor mean the same in the other."""
    return (given.shape, given.dtype, given.quantization) == (taken.shape, taken.dtype, taken.quantization)
