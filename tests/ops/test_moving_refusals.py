# SPDX-License-Identifier: Apache-2.0
"""Operators that move elements are refused with the reason where TFLM refuses them or goes wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder

from toolkit.ops.shared.registry import operators

X = (1, 4, 6, 2)
COMPUTED = object()


def reason(
    kind: str, operands: list[Any], out: Any, *, dtype: str = "int8", out_scale: float = 0.5, **options: Any
) -> str:
    """Return why an operation is refused: operands are shapes (tuples) or int32 or other constants."""
    builder = GraphBuilder()
    ids = []
    for operand in operands:
        if operand is COMPUTED:
            ids.append(builder.tensor((2,), "int32"))
        elif isinstance(operand, tuple):
            ids.append(builder.tensor(operand, dtype, scale=0.5, zero_point=3))
        else:
            data = np.asarray(operand)
            data = data.astype(np.int32) if isinstance(operand, list | int) else data
            ids.append(builder.tensor(data.shape, data.dtype.name, data=data))
    shapes = out if isinstance(out, list) else [out]
    results = [builder.tensor(shape, dtype, scale=out_scale, zero_point=3) for shape in shapes]
    builder.operation(kind, ids, results, **options)
    graph = builder.graph([], results)
    return "; ".join(operators()[kind].problems(graph, graph.operations[0]))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (reason("SQUEEZE", [X], (4, 6, 2), squeeze_dims=(1,)), "axes (1,) are not all of size 1"),
        (reason("SQUEEZE", [X], (4, 6, 2), squeeze_dims=(4,)), "axes (4,) are not all of size 1"),
        (reason("SQUEEZE", [X], (4, 6, 2), squeeze_dims=1), "axes 1 are not all"),
        (reason("SQUEEZE", [X], (4, 6, 2), out_scale=0.25), "quantized differently, which TFLM ignores"),
        (reason("SQUEEZE", [X, X], (4, 6, 2)), "2 inputs, not 1"),
        (reason("EXPAND_DIMS", [X, 5], (1, 1, 4, 6, 2)), "axis 5 is not one of 5"),
        (reason("EXPAND_DIMS", [X, COMPUTED], (1, 1, 4, 6, 2)), "not one int32 constant"),
        (reason("EXPAND_DIMS", [X, np.array([0])], (1, 1, 4, 6, 2)), "not one int32 constant"),
        (reason("EXPAND_DIMS", [X, 0], (1, 1, 4, 6, 2), dtype="uint8"), "input is uint8, not int8"),
        (reason("TRANSPOSE", [X, [0, 1, 2, 2]], X), "permutation is not an int32 constant of 0 to 3"),
        (reason("TRANSPOSE", [X, np.arange(4)], X), "permutation is not an int32 constant"),
        (reason("TRANSPOSE", [(1,) * 6, list(range(6))], (1,) * 6), "6 axes, not 1 to 5"),
        (reason("TRANSPOSE", [X, [0, 2, 1, 3]], X), "output has the shape [1, 4, 6, 2], not [1, 6, 4, 2]"),
        (reason("SLICE", [X, [0, 2, 0, 0], [1, 3, 6, 2]], X), "takes 3 from 2 in axis 1, which has 4"),
        (reason("SLICE", [X, [0, 2, 0], [1, 3, 6]], X), "not integer constants of 4 numbers"),
        (reason("SLICE", [X, COMPUTED, [1] * 4], X), "not integer constants of 4 numbers"),
        (reason("SLICE", [(1,) * 6, [0] * 6, [1] * 6], (1,) * 6), "6 axes, not 1 to 5"),
        (reason("STRIDED_SLICE", [X, [0] * 4, [9] * 4, [0] * 4], X), "strides is 0"),
        (reason("STRIDED_SLICE", [X, [0] * 3, [9] * 3, [1] * 3], X), "not int32 constants of 4 numbers"),
        (reason("STRIDED_SLICE", [X, [0] * 4, [0] * 4, [1] * 4], X), "takes nothing of axis 0"),
        (reason("STRIDED_SLICE", [(1,) * 5, [0] * 5, [9] * 5, [1] * 5], X), "5 axes, not 1 to 4"),
        (reason("STRIDED_SLICE", [X, [0] * 4, [9] * 4, [1] * 4], X, new_axis_mask=1), "new axis"),
        (reason("STRIDED_SLICE", [X, [0] * 4, [9] * 4, [1] * 4], X, offset=True), "ends are offsets"),
        (
            reason("STRIDED_SLICE", [X, [0] * 4, [9] * 4, [1] * 4], X, shrink_axis_mask=1, begin_mask=1),
            "without saying which element",
        ),
        (
            reason("STRIDED_SLICE", [X, [0, 4, 0, 0], [9] * 4, [1] * 4], (1, 6, 2), shrink_axis_mask=2),
            "takes nothing of axis 1",
        ),
        (
            reason("STRIDED_SLICE", [X, [0] * 4, [9] * 4, [-1, 1, 1, 1]], X[1:], shrink_axis_mask=1),
            "takes nothing of axis 0",
        ),
        (reason("SPLIT", [1, X], [(1, 2, 6, 2)] * 2, num_splits=3), "2 inputs and 2 outputs, not 2 and 3"),
        (reason("SPLIT", [1, X], [(1, 2, 6, 2)] * 3, num_splits=3), "cannot be split into 3 equal parts"),
        (reason("SPLIT", [4, X], [(1, 2, 6, 2)] * 2, num_splits=2), "names one of 4"),
        (reason("SPLIT", [COMPUTED, X], [(1, 2, 6, 2)] * 2, num_splits=2), "not one int32 constant"),
        (reason("SPLIT", [1, X], [(1, 4, 6, 2), X], num_splits=2), "output 0 has the shape [1, 4, 6, 2]"),
        (reason("SPLIT_V", [X, [1, 2], 1], [(1, 1, 6, 2), (1, 2, 6, 2)], num_splits=2), "[1, 2] of axis 1"),
        (reason("SPLIT_V", [X, [-1, -1], 1], [X, X], num_splits=2), "one of them -1 at most"),
        (reason("SPLIT_V", [X, [4], 9], [X], num_splits=1), "names one of 4"),
        (reason("SPLIT_V", [X, [4], COMPUTED], [X], num_splits=1), "not one int32 constant"),
        (reason("PACK", [X, (1, 4, 6, 3)], (2, *X), values_count=2), "input 1 has the shape [1, 4, 6, 3]"),
        (reason("PACK", [X, X], (2, *X), values_count=2, axis=9), "axis 9 is not one of 5"),
        (reason("PACK", [X, X], (2, *X)), "2 inputs and 1 outputs, not 0 and 1"),
        (reason("UNPACK", [X], [X[1:]] * 2, num=2), "has not 2"),
        (reason("BROADCAST_TO", [X, [1, 4, 6, 3]], (1, 4, 6, 3)), "does not broadcast to [1, 4, 6, 3]"),
        (reason("BROADCAST_TO", [X, [4, 6, 2]], X), "does not broadcast to [4, 6, 2]"),
        (reason("BROADCAST_TO", [X, COMPUTED], X), "not an integer constant of 1 to 5"),
        (reason("SPACE_TO_DEPTH", [X], (1, 2, 3, 8)), "block size is 0"),
        (reason("SPACE_TO_DEPTH", [X], (1, 1, 2, 18), block_size=3), "does not become [1, 1, 2, 18]"),
        (
            reason("SPACE_TO_DEPTH", [(1, 4, 5, 2)], (1, 2, 2, 8), block_size=2),
            "does not become [1, 2, 2, 8]",
        ),
        (reason("DEPTH_TO_SPACE", [X], (1, 8, 12, 1), block_size=2), "does not become [1, 8, 12, 1]"),
        (
            reason("DEPTH_TO_SPACE", [(2, 2, 1, 15)], (2, 6, 3, 1), block_size=3),
            "does not become [2, 6, 3, 1]",
        ),
        (reason("REVERSE_V2", [X, [1, 3]], X), "axes [1, 3] are not neighbours"),
        (reason("REVERSE_V2", [X, [1, 1]], X), "each named once"),
        (reason("REVERSE_V2", [X, [4]], X), "axes [4] are not neighbours among 4"),
        (reason("REVERSE_V2", [X, 1], X), "not an int32 constant vector"),
        (reason("REVERSE_V2", [(1,) * 7, [0]], (1,) * 7), "7 axes, not 1 to 6"),
        (reason("SHAPE", [X], (4,)), "output is int8, not int32"),
        (reason("FILL", [COMPUTED, ()], (2, 2)), "shape is not an integer constant"),
        (reason("FILL", [[2, 2], (1,)], (2, 2)), "value has the shape [1]"),
        (reason("ZEROS_LIKE", [X], X), "bytes of 0, which is not its output's zero point"),
        (reason("PADV2", [X, [0] * 8, (2,)], X), "value has 2 elements"),
        (reason("PADV2", [X, [0] * 8, 1], X), "value is int32, its output int8"),
        (reason("MIRROR_PAD", [X, [0, 0, 4, 0, 0, 0, 0, 0]], (1, 8, 6, 2)), "more than there is to mirror"),
        (reason("MIRROR_PAD", [X, COMPUTED], X), "paddings are not constants"),
        (reason("MIRROR_PAD", [X, [0] * 8], X, mode=7), "mode is 7"),
        (reason("SPACE_TO_BATCH_ND", [X, [2, 2], [0, 0, 2, 0]], (4, 2, 4, 2)), "it pads, which TFLM does"),
        (reason("SPACE_TO_BATCH_ND", [X, [3, 2], [0] * 4], (6, 1, 3, 2)), "in blocks of 3 x 2"),
        (reason("SPACE_TO_BATCH_ND", [X, [2], [0] * 2], (2, 2, 6, 2)), "not int32 constants for an input"),
        (reason("BATCH_TO_SPACE_ND", [X, [2, 0], [0] * 4], X), "not int32 constants for an input"),
        (reason("RESIZE_BILINEAR", [X, [8, 8]], (1, 8, 9, 2)), "not [1, 8, 8, 2]"),
        (reason("RESIZE_BILINEAR", [X, COMPUTED], (1, 8, 8, 2)), "not an int32 constant of height and width"),
        (reason("RESIZE_BILINEAR", [(4, 6), [8, 8]], (8, 8)), "2 axes, not 4"),
        (
            reason("RESIZE_BILINEAR", [X, [8, 8]], (1, 8, 8, 2), align_corners=True, half_pixel_centers=True),
            "both aligned corners and half pixel centers",
        ),
        (
            reason("RESIZE_BILINEAR", [(1, 3, 3, 1), [2000, 3]], (1, 2000, 3, 1)),
            "reads beyond the edge when it resizes 3 to 2000",
        ),
        (reason("RESIZE_BILINEAR", [(1, 1, 70000, 1), [1, 1]], (1, 1, 1, 1)), "resizes a side of 70000 to 1"),
        (
            reason("RESIZE_NEAREST_NEIGHBOR", [(1, 1, 70000, 1), [1, 1]], (1, 1, 1, 1)),
            "sides of more than 65535",
        ),
        (reason("GATHER", [X, [4]], (1, 1, 6, 2), axis=1), "indices are not all within [4]"),
        (reason("GATHER", [X, [-1]], (1, 1, 6, 2), axis=1), "indices are not all within [4]"),
        (reason("GATHER", [X, np.array([1])], (1, 1, 6, 2), axis=1), "indices are int64, not int32"),
        (reason("GATHER", [X, [1]], (1, 1, 6, 2), axis=4), "axis 4 is not one of 4"),
        (reason("GATHER", [X, [1]], (1, 1, 6, 2), axis=1, batch_dims=2), "batch_dims are 2"),
        (
            reason("GATHER", [X, [1, 2]], (1, 1, 6, 2), axis=1, batch_dims=1),
            "other batches than [1, 4, 6, 2]",
        ),
        (reason("GATHER_ND", [X, [0] * 5], (2,)), "do not choose from [1, 4, 6, 2]"),
        (reason("GATHER_ND", [X, [[0, 4]]], (1, 6, 2)), "not all within [1, 4]"),
        (reason("EMBEDDING_LOOKUP", [[[0]], (4, 2)], (1, 2)), "indices [1, 1] are no vector"),
        (reason("EMBEDDING_LOOKUP", [[4], (4, 2)], (1, 2)), "not all within [4]"),
    ],
)
def test_what_cannot_be_moved_is_refused_with_the_reason(found: str, expected: str) -> None:
    assert expected in found


@pytest.mark.parametrize("kind", ["SPLIT", "PACK", "UNPACK"])
def test_parts_that_are_left_out_constant_or_none_are_reasons(kind: str) -> None:
    builder = GraphBuilder()
    x, y = builder.tensor((2,), scale=0.5), builder.tensor((2,), scale=0.5, data=[1, 2])
    empty = builder.tensor((0,), "int32", data=[])
    counts = {"num": 1, "num_splits": 1, "values_count": 2 if kind == "SPLIT" else 1}
    two = kind == "SPLIT"
    for inputs, outputs, expected in (
        ([-1, x] if two else [-1], [x], "left out"),
        ([x, x] if two else [x], [y], "one of its outputs is a constant"),
        ([empty, x] if two else [empty], [x], "without elements"),
    ):
        builder.operation(kind, inputs, outputs, **counts)
        graph = builder.graph([], [x])
        assert expected in "; ".join(operators()[kind].problems(graph, graph.operations[-1]))
    none = {"SPLIT": ([x, x], []), "PACK": ([], [x]), "UNPACK": ([x], [])}
    builder.operation(kind, *none[kind])
    graph = builder.graph([], [x])
    assert "it has no" in "; ".join(operators()[kind].problems(graph, graph.operations[-1]))
