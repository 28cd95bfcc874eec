# SPDX-License-Identifier: Apache-2.0
"""A model that ends in float32, ended where its integers end: the same file with other outputs."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError
from toolkit.ir.graph import Graph, Operation
from toolkit.tflite.flatfile import FlatFile
from toolkit.tflite.reader import read_graph

# Where the tables of a .tflite file have their fields. Source: TFLite's schema.fbs, as flatc lays it out.
_SIGNATURES, _OUTPUTS, _OPERATORS = 18, 8, 10
_HINT = "Try: tinyml inspect MODEL, which shows its layers"


@dataclass(frozen=True, eq=False)
class FloatEnd:
    """The last operations of a graph, all in float32, and the outputs that it has without them."""

    operations: tuple[Operation, ...]
    outputs: tuple[int, ...]


def float_end(graph: Graph) -> FloatEnd | None:
    """Return the float32 end of a graph of integers; None where it has none, or begins it in float32."""
    others, end = set[int](), list[Operation]()
    for operation in reversed(graph.operations):
        is_float = all(graph.tensors[i].dtype == "float32" for i in operation.outputs)
        if is_float and not others.intersection(operation.outputs):
            end.append(operation)
        else:
            others.update(operation.inputs)
    made = {i for operation in end for i in operation.outputs}
    read = dict.fromkeys(i for o in reversed(end) for i in o.inputs if i >= 0 and i not in made)
    computed = [i for i in read if not graph.tensors[i].is_constant]
    is_whole = not others or any(graph.tensors[i].dtype == "float32" or i in graph.inputs for i in computed)
    if not end or is_whole:
        return None
    kept = [i for i in graph.outputs if i not in made]
    return FloatEnd(tuple(reversed(end)), tuple(dict.fromkeys((*kept, *computed))))


def without_float_end(data: bytes, name: str) -> tuple[bytes, FloatEnd]:
    """Return a .tflite file's bytes with its float32 end left out, and what that was.

    Only the lists of outputs and operations change, so a file can have no more outputs than it had. Raises
    InputError for a model without such an end, and as read_graph does.
    """
    graph = read_graph(data, name)
    end = float_end(graph)
    if end is None:
        raise InputError(f"{name} has no float32 layers at its end, behind layers of integers.", hint=_HINT)
    if len(end.outputs) > len(graph.outputs):
        what = f"would end in {len(end.outputs)} tensors, and its list of outputs has room for"
        raise InputError(f"{name} {what} {len(graph.outputs)}.", hint=_HINT)
    first = min(operation.index for operation in end.operations)
    count = sum(operation.index >= first for operation in graph.operations)
    return _written(data, name, end.outputs, first if count == len(end.operations) else None), end


def _written(data: bytes, name: str, outputs: Sequence[int], operations: int | None) -> bytes:
    """Return data with these outputs and only so many operations, without the names that outputs had."""
    changed, model = bytearray(data), FlatFile(data, name).root()
    subgraph = model.Subgraphs(0)
    place = _vector(subgraph, _OUTPUTS)
    struct.pack_into(f"<I{len(outputs)}i", changed, place, len(outputs), *outputs)
    if operations is not None:
        struct.pack_into("<I", changed, _vector(subgraph, _OPERATORS), operations)
    if not model.SignatureDefsIsNone():
        struct.pack_into("<I", changed, _vector(model, _SIGNATURES), 0)
    read = read_graph(bytes(changed), name)
    is_shorter = operations is None or all(operation.index < operations for operation in read.operations)
    if tuple(read.outputs) != tuple(outputs) or not is_shorter:
        raise InputError(f"{name} has lists that share their place in the file.", hint=_HINT)
    return bytes(changed)


def _vector(table: Any, field: int) -> int:
    """Return where a vector of a table stands: its length, then its elements."""
    return int(table._tab.Vector(table._tab.Offset(field))) - 4
