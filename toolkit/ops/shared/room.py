# SPDX-License-Identifier: Apache-2.0
"""Whether there is room for the working memory of a faster kernel."""

from __future__ import annotations

from dataclasses import replace

from toolkit.ir.graph import Graph, Operation

# An option of operations that is in no file: take the kernel that needs the least working memory.
_LEAN = "lean"
# So much is always there, and so much more than the largest tensor.
_ALWAYS_BYTES = 1024
_ABOVE = 1.125


def has_room(graph: Graph, operation: Operation, scratch_bytes: int) -> bool:
    """Return whether an operation may have so much scratch: about what a step with a larger tensor needs.

    A lean operation may have none.
    """
    if is_lean(operation):
        return False
    largest = max(_largest(graph, each) for each in graph.operations)
    return scratch_bytes <= max(_ALWAYS_BYTES, _ABOVE * largest - _largest(graph, operation))


def is_lean(operation: Operation) -> bool:
    """Return whether an operation is to have the kernel with the least working memory."""
    return bool(operation.options.get(_LEAN, False))


def lean(operation: Operation) -> Operation:
    """Return the operation with the wish for the kernel with the least working memory."""
    return replace(operation, options={**operation.options, _LEAN: True})


def _largest(graph: Graph, operation: Operation) -> int:
    """Return the bytes of the largest tensor of an operation that stands in the arena."""
    tensors = (graph.tensors[i] for i in (*operation.inputs, *operation.outputs) if i >= 0)
    return max((tensor.bytes for tensor in tensors if not tensor.is_constant), default=0)
