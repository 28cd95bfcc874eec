# SPDX-License-Identifier: Apache-2.0
"""Rows times a matrix of weights: FULLY_CONNECTED, and CONV_2D with a window of one pixel."""

from __future__ import annotations

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import channels, costs, paired, scaling, small, thumb1
from toolkit.ops.shared.layer import Way, layers_of, rows_window
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import KernelCall, ParamValue, TensorArgument, Variant
from toolkit.ops.shared.walk import row_walks, tile_walks
from toolkit.ops.shared.wide_layer import row_variants, wide_variants
from toolkit.targets.target import Target

_TILE = 4
_TILED = ("CONV_2D", "FULLY_CONNECTED")
_MANY_WEIGHTS = 2048


def matrix_variants(graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
    """Return the variants of tm_fully_connected_*; the weights' first axis is the output's last."""
    found = channels.operands_of(graph, operation)
    rows, (out_len, in_len) = _rows(found), _sizes(found)
    plain = Variant(
        name="plain",
        cycles=costs.plain_row_cycles(rows, out_len, in_len),
        scratch_bytes=0,
        lower=lambda: _plain_call(operation, found),
        walks=lambda: row_walks(found.source, found.result, rows),
    )
    if thumb1.has_kernels(target):
        return thumb1.matrix(operation, found, rows_window(rows, in_len, out_len), plain)
    if found.is_wide:
        tiles = wide_variants(operation, found, rows_window(rows, in_len, out_len), target)
        one_by_one = row_variants(operation, found, rows, target)
        return (*((*one_by_one, *tiles) if rows < _TILE else (*tiles, *one_by_one)), plain)
    if not scaling.has_dsp_kernels(target) or not paired.can_pair(found, axis=0):
        return (plain,)
    by_row = Variant(
        name="rows",
        cycles=costs.row_cycles(rows, out_len, in_len),
        scratch_bytes=0,
        lower=lambda: _rows_call(operation, found),
        walks=lambda: row_walks(found.source, found.result, rows),
        is_worthwhile=rows >= _TILE or _has_many_rows(graph, found) or not _has_tiles(graph),
    )
    way = Way(
        name="pairs",
        kernel="tm_fully_connected_pairs_s8",
        cycles=costs.tile_cycles(rows, out_len, in_len),
        readings=-(-rows // _TILE),
        places=paired.in_twos(out_len),
        scratch=(
            0,
            paired.tile_bytes(in_len) + paired.some_bytes(rows, out_len),
        ),
        weights=lambda: paired.paired_weights(channels.by_channel(found, axis=0)),
        walks=lambda: tile_walks(found.source, found.result, rows),
        room=0,
    )
    layers = layers_of(operation, found, rows_window(rows, in_len, out_len), axis=0)
    pairs = [layer.variant(way) for layer in layers]
    others = [each for layer in layers for each in small.conv_variants(layer)]
    return (*((by_row, *pairs) if rows < _TILE else (*pairs, by_row)), *others, plain)


def _has_many_rows(graph: Graph, found: channels.Operands) -> bool:
    """Return whether layers with fewer than four rows have so many weights in the whole graph that the kernel
    for them is worth its code.
    """
    matrices = [channels.operands_of(graph, o) for o in graph.operations if o.kind in _TILED]
    by_row = {
        id(each.weights): each.weights.elements
        for each in (found, *matrices)
        if _rows(each) < _TILE and _rows(each) * _sizes(each)[1] == each.source.elements
    }
    return sum(by_row.values()) >= _MANY_WEIGHTS


def _has_tiles(graph: Graph) -> bool:
    """Return whether the code that computes four pixels at once is there for another layer.

    That code takes what has fewer, too, if slower; where it is not, the kernel for rows is the better one.
    """
    matrices = [channels.operands_of(graph, o) for o in graph.operations if o.kind in _TILED]
    return any(each.result.elements >= _TILE * each.result.shape[-1] for each in matrices)


def _sizes(found: channels.Operands) -> tuple[int, int]:
    out_len = found.weights.shape[0]
    return out_len, found.weights.elements // out_len


def _plain_call(operation: Operation, found: channels.Operands) -> KernelCall:
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
