# SPDX-License-Identifier: Apache-2.0
"""SPACE_TO_DEPTH: blocks of pixels become channels."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.blocks import block_grid, block_problems, block_size
from toolkit.ops.shared.movement import Copy, Movement
from toolkit.ops.shared.operator import Array


class SpaceToDepth(Movement):
    """Images (batches, height, width, channels)."""

    kind = "SPACE_TO_DEPTH"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return block_problems(graph, operation, to_depth=True)

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        (source,), (result,) = operation.inputs, operation.outputs
        sizes, deep, wide = block_grid(graph.tensors[source], block_size(operation))
        return [Copy(source, result, sizes, in_steps=wide, out_steps=deep)]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        result, block = graph.tensors[operation.outputs[0]], block_size(operation)
        assert inputs[0] is not None
        batch, height, width, depth = result.shape
        cut = inputs[0].reshape(batch, height, block, width, block, depth // block**2)
        return [cut.transpose(0, 1, 3, 2, 4, 5).reshape(result.shape)]


OPERATOR = SpaceToDepth()
