# SPDX-License-Identifier: Apache-2.0
"""Let parts of a tensor use its memory, and drop the copy: slices, splits and concatenations.

A slice whose bytes lie side by side in its source is read where it is; what a concatenation puts
side by side is written there in the first place. This is not always less memory: a small slice keeps
all of its source. So whoever compiles tries a graph with and without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation, Tensor
from toolkit.ops.shared.movement import Copy, Movement
from toolkit.ops.shared.registry import operators

# Kernels may load four bytes at once; where a tensor begins must not make that slow.
_ALIGNMENT = 4


@dataclass(frozen=True)
class _Run:
    """A copy of elements that lie side by side in both tensors."""

    source: int
    result: int
    elements: int
    in_start: int
    out_start: int


def run(graph: Graph) -> Graph:
    """Return graph without the copies that tensors stored in each other make needless."""
    kept = []
    for operation in graph.operations:
        shared = _shared(graph, operation)
        if shared is None:
            kept.append(operation)
        else:
            graph = shared
    return replace(graph, operations=tuple(kept))


def _shared(graph: Graph, operation: Operation) -> Graph | None:
    """Return graph with the operation's tensors in one storage, or None if it has to be run."""
    operator = operators()[operation.kind]
    if not isinstance(operator, Movement):
        return None
    runs = [_run(copy) for copy in operator.copies(graph, operation)]
    found = [r for r in runs if r is not None]
    sources = [graph.tensors[r.source] for r in found]
    if len(found) != len(runs) or any(t.is_constant or t.is_state for t in sources):
        return None
    if len({r.source for r in found}) == 1 and _is_slices(graph, operation, found):
        return _with_slices(graph, found)
    if len(operation.outputs) == 1 and _is_joint(graph, operation, found):
        return _with_joint(graph, found)
    return None


def _run(copy: Copy) -> _Run | None:
    """Return a copy as a run, None if it is not one."""
    step = 1
    for size, in_step, out_step in reversed(
        list(zip(copy.sizes, copy.in_steps, copy.out_steps, strict=True))
    ):
        if size != 1 and (in_step, out_step) != (step, step):
            return None
        step *= size
    return _Run(copy.source, copy.result, prod(copy.sizes), copy.in_start, copy.out_start)


def _is_slices(graph: Graph, operation: Operation, runs: Sequence[_Run]) -> bool:
    """Whether each output is one run of the source, at a place where it may begin."""
    source = graph.tensors[runs[0].source]
    size = DTYPE_BYTES[source.dtype]
    return sorted(r.result for r in runs) == sorted(operation.outputs) and all(
        r.elements == graph.tensors[r.result].elements
        and _is_aligned(source.storage_offset + r.in_start * size, source)
        for r in runs
    )


def _with_slices(graph: Graph, runs: Sequence[_Run]) -> Graph:
    for r in runs:
        source = graph.tensors[r.source]
        offset = source.storage_offset + r.in_start * DTYPE_BYTES[source.dtype]
        graph = _moved(graph, r.result, source.storage, offset)
    return graph


def _is_joint(graph: Graph, operation: Operation, runs: Sequence[_Run]) -> bool:
    """Whether the output is made of whole tensors that can be written in their places in it."""
    result = graph.tensors[operation.outputs[0]]
    sources = [graph.tensors[r.source] for r in runs]
    size = DTYPE_BYTES[result.dtype]
    is_all = sum(r.elements for r in runs) == result.elements
    return (
        is_all
        and len({t.id for t in sources}) == len(sources)
        and all(
            r.elements == t.elements
            and t.storage == t.id
            and t.id not in graph.inputs
            and _is_aligned(r.out_start * size, result)
            for r, t in zip(runs, sources, strict=True)
        )
    )


def _with_joint(graph: Graph, runs: Sequence[_Run]) -> Graph:
    for r in runs:
        graph = _moved(graph, r.source, r.result, r.out_start * DTYPE_BYTES[graph.tensors[r.source].dtype])
    return graph


def _moved(graph: Graph, home: int, storage: int, offset: int) -> Graph:
    """Return graph with the tensor home, and all that is stored in it, stored in storage from offset on."""
    for tensor in [t for t in graph.tensors if t.storage == home]:
        place = tensor.storage_offset + offset
        graph = graph.with_tensor(replace(tensor, storage=storage, storage_offset=place))
    return graph


def _is_aligned(offset: int, tensor: Tensor) -> bool:
    return offset % max(_ALIGNMENT, DTYPE_BYTES[tensor.dtype]) == 0
