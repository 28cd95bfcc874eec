# SPDX-License-Identifier: Apache-2.0
"""RESIZE_BILINEAR of int8 images, in steps of 1/1024 pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.resizing import Side, resize_problems, sides_of
from toolkit.targets.target import Target

_ONE = 1024
_LARGEST_SIDE = 1 << 16


class ResizeBilinear(Operator):
    """Inputs are the images and the size."""

    kind = "RESIZE_BILINEAR"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = resize_problems(graph, operation, ("int8",))
        if problems:
            return problems
        if operation.options.get("align_corners") and operation.options.get("half_pixel_centers"):
            return ["it has both aligned corners and half pixel centers, which TFLM refuses"]
        for side in sides_of(graph, operation):
            if max(side.size, side.new) > _LARGEST_SIDE:
                return [f"it resizes a side of {side.size} to {side.new}"]
            start, step = _walk(operation, side)
            if start + step * (side.new - 1) >= _ONE * side.size:
                return [f"TFLM reads beyond the edge when it resizes {side.size} to {side.new}"]
        return []

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        height, width = sides_of(graph, operation)
        (start_y, step_y), (start_x, step_x) = (_walk(operation, side) for side in (height, width))
        return KernelCall(
            "tm_resize_bilinear_s8",
            {
                "batches": source.shape[0],
                "channels": source.shape[3],
                "in_h": height.size,
                "in_w": width.size,
                "out_h": height.new,
                "out_w": width.new,
                "start_y": start_y,
                "step_y": step_y,
                "start_x": start_x,
                "step_x": step_x,
            },
            (TensorArgument(source.id), TensorArgument(result.id)),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        height, width = sides_of(graph, operation)
        assert inputs[0] is not None
        values = inputs[0].astype(np.int64)
        rows = np.einsum("yh,bhwc->bywc", _weights(operation, height), values)
        sums = np.einsum("xw,bywc->byxc", _weights(operation, width), rows)
        half = np.where(sums > 0, _ONE**2 // 2, -(_ONE**2 // 2))
        rounded = np.sign(sums) * (np.abs(sums + half) // _ONE**2)
        return [rounded.astype(np.int8)]


def _walk(operation: Operation, side: Side) -> tuple[int, int]:
    """Return the place of the first pixel and the step to the next, in 1/1024 of the input's pixels."""
    ends = int(bool(operation.options.get("align_corners")) and side.new > 1)
    new = side.new - ends
    step = (_ONE * (side.size - ends) + new // 2) // new
    start = step // 2 - _ONE // 2 if operation.options.get("half_pixel_centers") else 0
    return start, step


def _weights(operation: Operation, side: Side) -> NDArray[np.int64]:
    """Return what each pixel of a side (new, size) takes of the input's, in 1/1024."""
    start, step = _walk(operation, side)
    weights = np.zeros((side.new, side.size), np.int64)
    for number in range(side.new):
        place = start + step * number
        low = max(place // _ONE, 0)
        weights[number, low] += _ONE - (place - _ONE * low)
        weights[number, min(-(-place // _ONE), side.size - 1)] += place - _ONE * low
    return weights


OPERATOR = ResizeBilinear()
