# SPDX-License-Identifier: Apache-2.0
"""Rows times a matrix of weights: FULLY_CONNECTED, and CONV_2D with a window of one pixel."""

from __future__ import annotations

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import channels, paired, scaling
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import KernelCall, ParamValue, ScratchArgument, TensorArgument, Walk
from toolkit.ops.shared.room import has_room
from toolkit.ops.shared.walk import row_walks, tile_walks
from toolkit.targets.target import Target

_TILE = 4
_MANY_WEIGHTS = 2048


def matrix_call(graph: Graph, operation: Operation, target: Target) -> KernelCall:
    """Return the call of tm_fully_connected_*; the weights' first axis is the output's last."""
    found = channels.operands_of(graph, operation)
    if _has_pairs(found, target):
        by_row = _is_by_row(graph, operation)
        return _rows_call(operation, found) if by_row else _paired_call(operation, found)
    scales = channels.convolution_scales(found)
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


def matrix_walks(graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
    """Return the walks of matrix_call over its batches."""
    found = channels.operands_of(graph, operation)
    batches = found.result.elements // found.weights.shape[0]
    if _has_pairs(found, target) and not _is_by_row(graph, operation):
        return tile_walks(found.source, found.result, batches)
    return row_walks(found.source, found.result, batches)


def _has_pairs(found: channels.Operands, target: Target) -> bool:
    return scaling.has_dsp_kernels(target) and paired.can_pair(found, axis=0)


def _is_by_row(graph: Graph, operation: Operation) -> bool:
    """Return whether a kernel that takes one row at a time, with no scratch, is best: there are no four rows,
    and in the whole graph such layers have so many weights that the kernel is worth its code.
    """
    found = channels.operands_of(graph, operation)
    if not has_room(graph, operation, paired.tile_bytes(found.weights.shape[-1])):
        return True
    matrices = [channels.operands_of(graph, o) for o in graph.operations if o.kind == "FULLY_CONNECTED"]
    by_row = {id(each.weights): each.weights.elements for each in (found, *matrices) if _rows(each) < _TILE}
    return _rows(found) < _TILE and sum(by_row.values()) >= _MANY_WEIGHTS


def _rows(found: channels.Operands) -> int:
    return found.result.elements // found.weights.shape[0]


def _rows_call(operation: Operation, found: channels.Operands) -> KernelCall:
    out_len, in_len = found.weights.shape[0], found.weights.elements // found.weights.shape[0]
    weights = channels.by_channel(found, axis=0)
    return KernelCall(
        kernel="tm_fully_connected_rows_s8",
        params={
            "row": paired.row_values(found, in_len, out_len),
            **scaling.limits(operation, found),
            "batches": found.result.elements // out_len,
            "from_end": 0,
        },
        arguments=(
            TensorArgument(found.source.id),
            paired.row_weights(weights, scaling.folded_bias(found, axis=0)),
            paired.row_scales(found, out_len),
            TensorArgument(found.result.id),
        ),
    )


def _paired_call(operation: Operation, found: channels.Operands) -> KernelCall:
    out_len = found.weights.shape[0]
    in_len = found.weights.elements // out_len
    weights = channels.by_channel(found, axis=0)
    return KernelCall(
        kernel="tm_fully_connected_pairs_s8",
        params={
            "tile": paired.tile_values(found, in_len, 1, out_len),
            **scaling.limits(operation, found),
            "batches": found.result.elements // out_len,
            "in_len": in_len,
            "from_end": 0,
        },
        arguments=(
            TensorArgument(found.source.id),
            paired.paired_weights(weights, scaling.folded_bias(found, axis=0)),
            paired.paired_scales(found, out_len),
            ScratchArgument(paired.tile_bytes(in_len)),
            paired.some_outputs(_rows(found), out_len),
            TensorArgument(found.result.id),
        ),
    )
