# SPDX-License-Identifier: Apache-2.0
"""Rows times a matrix of weights: FULLY_CONNECTED, and CONV_2D with a window of one pixel."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import KernelCall, ParamValue, TensorArgument, Walk
from toolkit.ops.shared.walk import row_walks


def matrix_call(operation: Operation, found: channels.Operands, scales: Sequence[float]) -> KernelCall:
    """Return the call of tm_fully_connected_*; the weights' first axis is the output's last."""
    out_len = found.weights.shape[0]
    params: dict[str, ParamValue] = {
        "output": channels.output_values(operation, found, scales),
        "batches": found.result.elements // out_len,
        "in_len": found.weights.elements // out_len,
        "out_len": out_len,
        "from_end": 0,
    }
    if not found.is_wide:
        params["weights_zero_point"] = quantization_of(found.weights).zero_points[0]
    return KernelCall(
        kernel=f"tm_fully_connected_{found.suffix}",
        params=params,
        arguments=(
            TensorArgument(found.source.id),
            channels.weights_argument(found),
            channels.folded_bias(found, axis=0),
            *channels.scale_tables(found, scales),
            TensorArgument(found.result.id),
        ),
    )


def matrix_walks(found: channels.Operands) -> tuple[Walk, ...]:
    """Return the walks of matrix_call over its batches."""
    return row_walks(found.source, found.result, found.result.elements // found.weights.shape[0])
