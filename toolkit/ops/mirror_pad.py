# SPDX-License-Identifier: Apache-2.0
"""MIRROR_PAD with constant paddings: the input, then axis by axis its edges turned round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import Copy, Movement, alike_problems, result_shape_problems
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.padding import inner_copy, paddings

_TYPES = ("int8", "float32")
_INTEGERS = ("int32", "int64")
_MOST_AXES = 5
# How far the first mirrored element is from the edge, and numpy's name for the mode.
_MODES = {"REFLECT": (1, "reflect"), "SYMMETRIC": (0, "symmetric")}


@dataclass(frozen=True)
class _Edge:
    """count places along an axis, mirrored from low on to those from to on; outside is where it starts."""

    outside: int
    count: int
    low: int
    to: int


class MirrorPad(Movement):
    """Inputs are the values and the paddings, (axes, 2): REFLECT leaves the edge out, SYMMETRIC does not.

    Only the first copy reads the input: the others take what the padded output has already.
    """

    kind = "MIRROR_PAD"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        mode, rank = operation.options.get("mode", "REFLECT"), len(source.shape)
        if mode not in _MODES:
            return [f"its mode is {mode}"]
        pairs = paddings(graph, operation, _INTEGERS)
        if not 1 <= rank <= _MOST_AXES or pairs is None:
            return [f"its paddings are not constants for 1 to {_MOST_AXES} axes"]
        most = [n - _MODES[str(mode)][0] for n in source.shape]
        if any(max(pair) > n for pair, n in zip(pairs, most, strict=True)):
            return [f"it pads {list(source.shape)} by {pairs}, more than there is to mirror"]
        padded = tuple(n + before + after for n, (before, after) in zip(source.shape, pairs, strict=True))
        return [*alike_problems(source, result, _TYPES), *result_shape_problems(result, padded)]

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        pairs = paddings(graph, operation, _INTEGERS) or []
        skip, _ = _MODES[str(operation.options.get("mode", "REFLECT"))]
        inner = inner_copy(graph, operation)
        copies, outside = [inner], inner.out_start
        for axis in reversed(range(len(pairs))):
            before, after = pairs[axis]
            outside -= before * inner.out_steps[axis]
            end = before + inner.sizes[axis]
            for edge in (
                _Edge(outside, before, before + skip, 0),
                _Edge(outside, after, end - skip - after, end),
            ):
                if edge.count:
                    copies.append(_mirrored(graph, inner, axis, edge))
        return copies

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, pairs = inputs[0], inputs[1]
        assert values is not None
        assert pairs is not None
        _, mode = _MODES[str(operation.options.get("mode", "REFLECT"))]
        # numpy's type of the mode is a choice of literals
        return [np.pad(values, pairs.reshape(-1, 2), mode=mode)]  # type: ignore[call-overload]


def _mirrored(graph: Graph, inner: Copy, axis: int, edge: _Edge) -> Copy:
    """Return the copy of an edge within the output, backwards.

    The axes inside are as wide as the output, those outside as the input.
    """
    shape, steps = graph.tensors[inner.result].shape, inner.out_steps
    return Copy(
        source=inner.result,
        result=inner.result,
        sizes=(*inner.sizes[:axis], edge.count, *shape[axis + 1 :]),
        in_steps=(*steps[:axis], -steps[axis], *steps[axis + 1 :]),
        out_steps=steps,
        in_start=edge.outside + (edge.low + edge.count - 1) * steps[axis],
        out_start=edge.outside + edge.to * steps[axis],
    )


OPERATOR = MirrorPad()
