# SPDX-License-Identifier: Apache-2.0
"""Merge elementwise operations between two 8-bit tensors into one table of 256 bytes.

QUANTIZE after QUANTIZE, a TANH with its input scaled, x * min(max(x + 3, 0), 6) / 6 spelled out: where every
byte of a tensor follows from one byte of another one, what lies between is computed for all 256 of them by
the operators' own references. A table that changes nothing is a copy, which share_reshape drops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation
from toolkit.ops.shared.merged import can_merge, source_of, varying_inputs
from toolkit.ops.shared.operator import ConstantArgument, KernelCall, kernel_calls
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import PORTABLE

_TABLE_BYTES = 256
_SOURCES = ("int8", "uint8")
_BYTES_A_VALUE = 4


def run(graph: Graph) -> Graph:
    """Return graph with such operations as one LOOKUP, which has them as its parts."""
    places = _Places.of(graph)
    merged: dict[int, tuple[Operation, ...]] = {}
    gone: set[int] = set()
    for place in reversed(range(len(graph.operations))):
        parts = () if place in gone else _parts_before(graph, place, places)
        lookup = _lookup(graph, [graph.operations[i] for i in parts])
        if lookup is not None:
            graph, merged[place] = _with_shape(graph, lookup)
            gone.update(parts)
    kept = [merged.get(i, (o,)) for i, o in enumerate(graph.operations) if i in merged or i not in gone]
    return replace(graph, operations=tuple(operation for group in kept for operation in group))


@dataclass(frozen=True)
class _Places:
    """Which operation makes a tensor, and which read it, by their places."""

    makers: Mapping[int, int]
    readers: Mapping[int, frozenset[int]]

    @classmethod
    def of(cls, graph: Graph) -> _Places:
        makers = {i: place for place, o in enumerate(graph.operations) for i in o.outputs}
        readers: dict[int, set[int]] = {}
        for place, operation in enumerate(graph.operations):
            for i in operation.inputs:
                readers.setdefault(i, set()).add(place)
        return cls(makers, {i: frozenset(found) for i, found in readers.items()})


def _parts_before(graph: Graph, last: int, places: _Places) -> tuple[int, ...]:
    """Return the most operations up to the one at last that all follow from one 8-bit tensor, in their order.

    Nothing else reads what they make, and none at either end is a mere reshape. () if there are none.
    """
    found: tuple[int, ...] = ()
    operation = graph.operations[last]
    if not _is_work(graph, operation) or DTYPE_BYTES[graph.tensors[operation.outputs[0]].dtype] != 1:
        return found
    parts, needed = {last}, varying_inputs(graph, operation)
    while needed:
        latest = max(needed, key=lambda i: places.makers.get(i, -1))
        maker = places.makers.get(latest, -1)
        if len(needed) == 1 and graph.tensors[latest].dtype in _SOURCES:
            found = tuple(sorted(parts)) if _is_work(graph, graph.operations[min(parts)]) else found
        if maker < 0 or latest in graph.outputs or not places.readers[latest] <= parts:
            break
        if not can_merge(graph, graph.operations[maker]):
            break
        parts.add(maker)
        needed = needed - {latest} | varying_inputs(graph, graph.operations[maker])
    return found


def _is_work(graph: Graph, operation: Operation) -> bool:
    """Whether an operation can be merged and is no mere reshape."""
    return can_merge(graph, operation) and not operators()[operation.kind].keeps_bytes(graph, operation)


def _lookup(graph: Graph, parts: list[Operation]) -> Operation | None:
    """Return the LOOKUP for parts where it is less to do, or less to store, or nothing at all."""
    if not parts:
        return None
    last = parts[-1]
    source = source_of(graph, parts).id
    lookup = Operation(last.index, "LOOKUP", 1, (source,), last.outputs, parts=tuple(parts))
    if operators()["LOOKUP"].keeps_bytes(graph, lookup):
        return lookup
    work = [o for o in parts if _is_work(graph, o)]
    if len(work) < 2:
        return None
    is_long = graph.tensors[last.outputs[0]].elements >= _TABLE_BYTES
    return lookup if is_long or sum(_stored_bytes(graph, o) for o in work) >= _TABLE_BYTES else None


def _with_shape(graph: Graph, lookup: Operation) -> tuple[Graph, tuple[Operation, ...]]:
    """Return graph and lookup with a reshape before it where one was among its parts."""
    source, result = graph.tensors[lookup.inputs[0]], graph.tensors[lookup.outputs[0]]
    if source.shape == result.shape:
        return graph, (lookup,)
    home = len(graph.tensors)
    shaped = replace(source, id=home, storage=home, storage_offset=0, shape=result.shape, kept=None)
    reshape = Operation(lookup.parts[0].index, "RESHAPE", 1, (source.id,), (home,))
    return graph.with_tensor(shaped), (reshape, replace(lookup, inputs=(home,)))


def _stored_bytes(graph: Graph, operation: Operation) -> int:
    """Return the bytes of an operation's tables and parameters."""
    calls = kernel_calls(operators()[operation.kind].lower(graph, operation, PORTABLE))
    return sum(_call_bytes(call) for call in calls)


def _call_bytes(call: KernelCall) -> int:
    tables = sum(a.data.nbytes for a in call.arguments if isinstance(a, ConstantArgument))
    return tables + _BYTES_A_VALUE * len(call.params)
