# SPDX-License-Identifier: Apache-2.0
"""Operators with several kernels for one target, and which of them an operation gets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import ONLY, KernelCall, Operator, Variant, Walk
from toolkit.targets.target import Target

# An option of operations that is in no file: the name of the variant that the compiler chose.
_CHOSEN = "variant"
# So much scratch is always there, and so much more than the largest tensor.
_ALWAYS_BYTES = 2048
_ABOVE = 1.125


class VariedOperator(Operator):
    """An operator whose lower() and walks() are those of the variant that was chosen."""

    @abstractmethod
    def variants(self, graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
        """Return the variants as Operator.variants says."""

    def lower(
        self, graph: Graph, operation: Operation, target: Target
    ) -> KernelCall | tuple[KernelCall, ...]:
        return chosen_variant(graph, operation, self.variants(graph, operation, target)).lower()

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return chosen_variant(graph, operation, self.variants(graph, operation, target)).walks()


def chosen_variant(graph: Graph, operation: Operation, variants: Sequence[Variant]) -> Variant:
    """Return the variant that an operation was given by with_variant(), if it is among variants.

    Otherwise the first that is worthwhile and has room for its scratch: about what a step with a larger
    tensor needs. The last one where none has.
    """
    name = operation.options.get(_CHOSEN)
    given = next((each for each in variants if each.name == name), None)
    if given or len(variants) == 1:
        return given or variants[0]
    usable = with_room(graph, operation, variants)
    return next((each for each in usable if each.is_worthwhile), usable[-1])


def with_small_tables(variants: Sequence[Variant]) -> list[Variant]:
    """Return variants without those of which a smaller one is among them."""
    names = {variant.name for variant in variants}
    return [variant for variant in variants if variant.larger_of not in names]


def with_room(graph: Graph, operation: Operation, variants: Sequence[Variant]) -> Sequence[Variant]:
    """Return the variants whose scratch an operation has room for, or else the one with the least."""
    room = _room(graph, operation) if len(variants) > 1 else 0
    least = min(variants, key=lambda v: v.scratch_bytes)
    return [each for each in variants if each.scratch_bytes <= room] or [least]


def with_variant(operation: Operation, name: str) -> Operation:
    """Return the operation with the wish for the variant called name; as it is where there is but one."""
    if name == ONLY:
        return operation
    return replace(operation, options={**operation.options, _CHOSEN: name})


def with_variants(graph: Graph, variants: Iterable[Variant]) -> Graph:
    """Return graph with a variant for each of its operations."""
    pairs = zip(graph.operations, variants, strict=True)
    return replace(graph, operations=tuple(with_variant(o, variant.name) for o, variant in pairs))


def _room(graph: Graph, operation: Operation) -> float:
    """Return the bytes that an operation may have as scratch."""
    largest = max(_largest(graph, each) for each in graph.operations)
    return max(_ALWAYS_BYTES, _ABOVE * largest - _largest(graph, operation))


def _largest(graph: Graph, operation: Operation) -> int:
    """Return the bytes of the largest tensor of an operation that stands in the arena."""
    tensors = (graph.tensors[i] for i in (*operation.inputs, *operation.outputs) if i >= 0)
    return max((tensor.bytes for tensor in tensors if not tensor.is_constant), default=0)
