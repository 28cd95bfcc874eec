# SPDX-License-Identifier: Apache-2.0
"""RESIZE_NEAREST_NEIGHBOR: every pixel is one of the input's; the toolkit knows which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.resizing import Side, resize_problems, sides_of
from toolkit.targets.target import Target

_TYPES = ("int8", "int16", "float32")
_LARGEST_SIDE = 65535


class ResizeNearestNeighbor(Operator):
    """Inputs are the images and the size."""

    kind = "RESIZE_NEAREST_NEIGHBOR"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = resize_problems(graph, operation, _TYPES)
        if problems:
            return problems
        if max(side.size for side in sides_of(graph, operation)) > _LARGEST_SIDE:
            return [f"its input has sides of more than {_LARGEST_SIDE}"]
        return []

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        height, width = sides_of(graph, operation)
        return KernelCall(
            "tm_resize_nearest_neighbor",
            {
                "batches": source.shape[0],
                "in_h": height.size,
                "in_w": width.size,
                "out_h": height.new,
                "out_w": width.new,
                "run": source.shape[3] * DTYPE_BYTES[source.dtype],
            },
            (
                TensorArgument(source.id),
                ConstantArgument("rows", _nearest(operation, height)),
                ConstantArgument("columns", _nearest(operation, width)),
                TensorArgument(result.id),
            ),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        rows, columns = (_nearest(operation, side) for side in sides_of(graph, operation))
        assert inputs[0] is not None
        return [inputs[0][:, rows][:, :, columns]]


def _nearest(operation: Operation, side: Side) -> NDArray[np.uint16]:
    """Return where each pixel of a side comes from, in float32 as TFLM computes it."""
    aligned = bool(operation.options.get("align_corners", False))
    half = bool(operation.options.get("half_pixel_centers", False))
    ends = aligned and side.new > 1
    scale = np.float32(side.size - ends) / np.float32(side.new - ends)
    places = (np.arange(side.new, dtype=np.float32) + np.float32(0.5 if half else 0)) * scale
    # Half up, exactly: places are never negative.
    chosen = np.floor(places.astype(np.float64) + (0.5 if aligned else 0.0))
    found: NDArray[np.uint16] = np.minimum(chosen, side.size - 1).astype(np.uint16)
    return found


OPERATOR = ResizeNearestNeighbor()
