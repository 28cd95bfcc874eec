# SPDX-License-Identifier: Apache-2.0
"""DEPTH_TO_SPACE: channels become blocks of pixels."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.blocks import block_grid, block_problems, block_size
from toolkit.ops.shared.movement import Copy, Movement
from toolkit.ops.shared.operator import Array


class DepthToSpace(Movement):
    """Images (batches, height, width, channels)."""

    kind = "DEPTH_TO_SPACE"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return block_problems(graph, operation, to_depth=False)

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        (source,), (result,) = operation.inputs, operation.outputs
        sizes, deep, wide = block_grid(graph.tensors[result], block_size(operation))
        return [Copy(source, result, sizes, in_steps=deep, out_steps=wide)]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, block = graph.tensors[operation.inputs[0]], block_size(operation)
        assert inputs[0] is not None
        batch, height, width, depth = source.shape
        cut = inputs[0].reshape(batch, height, width, block, block, depth // block**2)
        return [cut.transpose(0, 1, 3, 2, 4, 5).reshape(graph.tensors[operation.outputs[0]].shape)]


OPERATOR = DepthToSpace()
