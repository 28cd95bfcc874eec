# SPDX-License-Identifier: Apache-2.0
"""BATCH_TO_SPACE_ND: batches become the pixels at their place in a block, and edges are cropped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import Copy, Movement
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.space_batch import blocks_of, every_block, space_batch_problems


class BatchToSpaceNd(Movement):
    """Inputs are batches (batches, height, width, channels), or without width, the block, the crops."""

    kind = "BATCH_TO_SPACE_ND"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return space_batch_problems(graph, operation, to_batch=False)

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        blocks = blocks_of(graph, operation, operation.outputs[0])
        return [
            Copy(
                operation.inputs[0],
                operation.outputs[0],
                grid.sizes,
                grid.batch_steps,
                grid.space_steps,
                grid.batch_start,
                grid.space_start,
            )
            for grid in (blocks.grids() if blocks else ())
        ]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, block, edges = inputs
        assert values is not None
        assert block is not None
        assert edges is not None
        steps, sizes = block.ravel().tolist(), values.shape[1:-1]
        batches = values.shape[0] // int(np.prod(steps))
        whole = [n * step for n, step in zip(sizes, steps, strict=True)]
        space = np.zeros((batches, *whole, values.shape[-1]), values.dtype)
        for number, place in enumerate(np.ndindex(*steps)):
            part = values[number * batches : (number + 1) * batches]
            space[every_block(place, block)] = part
        crops = edges.reshape(-1, 2).tolist()
        kept = [slice(low, n - high) for n, (low, high) in zip(whole, crops, strict=True)]
        return [space[tuple([slice(None), *kept])]]


OPERATOR = BatchToSpaceNd()
