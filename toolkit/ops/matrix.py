# SPDX-License-Identifier: Apache-2.0
"""Rows times a matrix of weights: FULLY_CONNECTED, and CONV_2D with a window of one pixel."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Operation
from toolkit.ops import channels
from toolkit.ops.operands import quantization_of
from toolkit.ops.operator import KernelCall, TensorArgument, Walk
from toolkit.ops.walk import row_walks


def matrix_call(operation: Operation, found: channels.Operands, scales: Sequence[float]) -> KernelCall:
    """Return the call of tm_fully_connected_s8; the weights' first axis is the output's last."""
    out_len = found.weights.shape[0]
    return KernelCall(
        kernel="tm_fully_connected_s8",
        params={
            "output": channels.output_values(operation, found, scales),
            "batches": found.result.elements // out_len,
            "in_len": found.weights.elements // out_len,
            "out_len": out_len,
            "weights_zero_point": quantization_of(found.weights).zero_points[0],
            "from_end": 0,
        },
        arguments=(
            TensorArgument(found.source.id),
            TensorArgument(found.weights.id),
            channels.folded_bias(found, axis=0),
            *channels.scale_tables(scales),
            TensorArgument(found.result.id),
        ),
    )


def matrix_walks(found: channels.Operands) -> tuple[Walk, ...]:
    """Return the walks of matrix_call over its batches."""
    return row_walks(found.source, found.result, found.result.elements // found.weights.shape[0])
