# SPDX-License-Identifier: Apache-2.0
"""SPACE_TO_BATCH_ND: the pixels at each place in a block become batches of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import Copy, Movement
from toolkit.ops.shared.operands import constant_integers
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.space_batch import blocks_of, every_block, space_batch_problems


class SpaceToBatchNd(Movement):
    """Inputs are images (batches, height, width, channels), or without width, the block, no paddings."""

    kind = "SPACE_TO_BATCH_ND"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = space_batch_problems(graph, operation, to_batch=True)
        if problems:
            return problems
        if any(constant_integers(graph.tensors[operation.inputs[2]]) or ()):
            return ["it pads, which TFLM does with whatever it finds in memory"]
        return []

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        blocks = blocks_of(graph, operation, operation.inputs[0])
        return [
            Copy(
                operation.inputs[0],
                operation.outputs[0],
                grid.sizes,
                grid.space_steps,
                grid.batch_steps,
                grid.space_start,
                grid.batch_start,
            )
            for grid in (blocks.grids() if blocks else ())
        ]

    def is_undefined_in_tflm(self, graph: Graph, operation: Operation) -> bool:
        return any(constant_integers(graph.tensors[operation.inputs[2]]) or ())

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, block, edges = inputs
        assert values is not None
        assert block is not None
        assert edges is not None
        around = ((0, 0), *edges.reshape(-1, 2).tolist(), (0, 0))
        quantization = graph.tensors[operation.outputs[0]].quantization
        padding = 0 if quantization is None else quantization.zero_point
        values = np.pad(values, around, constant_values=padding)
        places = np.ndindex(*block.ravel().tolist())
        return [np.concatenate([values[every_block(place, block)] for place in places])]


OPERATOR = SpaceToBatchNd()
