# SPDX-License-Identifier: Apache-2.0
"""About how much flash kernels' code takes: what choices between kernels are compared by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from toolkit import paths
from toolkit.codegen.kernels import kernel_files
from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import KernelCall, TensorArgument

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
MEASURED = {
    "tm_average_pool_2d_s16": 496,
    "tm_average_pool_2d_s8": 386,
    "tm_conv_2d_3x3_s8": 394,
    "tm_conv_2d_groups_s8": 56,
    "tm_conv_2d_narrow_s8": 20,
    "tm_conv_2d_packed_s8": 774,
    "tm_conv_2d_pairs_s8": 1224,
    "tm_conv_2d_s8": 1132,
    "tm_conv_2d_small_s8": 318,
    "tm_conv_2d_tile_s16": 796,
    "tm_depthwise_3x3_s8": 888,
    "tm_depthwise_conv_2d_3x3_s4": 70,
    "tm_depthwise_conv_2d_3x3_s8": 560,
    "tm_depthwise_conv_2d_fours_s8": 564,
    "tm_depthwise_conv_2d_s4": 884,
    "tm_depthwise_conv_2d_s8": 1170,
    "tm_depthwise_conv_2d_small_s8": 178,
    "tm_depthwise_conv_2d_taps_s16": 314,
    "tm_depthwise_conv_2d_taps_s4": 74,
    "tm_depthwise_conv_2d_taps_s8": 412,
    "tm_depthwise_taps_s16": 252,
    "tm_depthwise_taps_s8": 360,
    "tm_dot_four_s16": 276,
    "tm_dot_four_s8": 176,
    "tm_dot_s16": 84,
    "tm_dot_s8": 144,
    "tm_dot_two_s4": 284,
    "tm_fully_connected_fours_s8": 114,
    "tm_fully_connected_pairs_s8": 282,
    "tm_fully_connected_rows_s16": 96,
    "tm_fully_connected_rows_s8": 100,
    "tm_fully_connected_s8": 684,
    "tm_hold_s16": 68,
    "tm_hold_s8": 78,
    "tm_layer_window": 74,
    "tm_lookup_s8": 72,
    "tm_max_pool_2d_s16": 452,
    "tm_max_pool_2d_s8": 506,
    "tm_mean_s16": 428,
    "tm_mean_s8": 378,
    "tm_mean_small_s8": 132,
    "tm_packed_tile_s8": 564,
    "tm_product_fours_s8": 160,
    "tm_product_s16": 388,
    "tm_product_s8": 448,
    "tm_product_twos_s16": 84,
    "tm_row_fours_s8": 408,
    "tm_row_s16": 460,
    "tm_row_s8": 1012,
    "tm_small_fours_s8": 168,
    "tm_small_taps": 110,
    "tm_small_tile_s8": 368,
    "tm_softmax_s8": 320,
    "tm_softmax_small_s8": 430,
    "tm_spread": 172,
    "tm_strips_s8": 820,
    "tm_sum_s16": 388,
    "tm_sum_twos_s16": 124,
    "tm_taps_fours_s8": 272,
    "tm_tile_s16": 372,
    "tm_tile_s8": 656,
    "tm_transpose_conv_pairs_s8": 806,
    "tm_transpose_conv_s8": 1076,
    "tm_unpack_channels": 184,
    "tm_unpack_depthwise": 142,
    "tm_unpack_fours_s4": 94,
    "tm_weave_s16": 156,
    "tm_weighted_fours_s8": 112,
    "tm_weighted_sum_s8": 382,
    "tm_widen_columns_s8": 72,
    "tm_widen_s8": 284,
    "tm_widen_two_s8": 96,
}
"""Bytes by kernel, of gcc 12 -Os for a Cortex-M4, for a Cortex-M0+ where it is one of ARMv6-M's; others are
guessed by their text.
"""
_CHARACTERS_A_BYTE = 4
_VALUE_BYTES, _CALL_BYTES = 4, 30
# tm_layer has 25 fields and two pointers.
_PACKED_VALUE_BYTES = 36 / 27


def code_bytes(isa: str, kernels: Iterable[str]) -> int:
    """Return about what the code of kernels takes with all that they share, each once."""
    parts = set().union(*(_parts(isa, kernel) for kernel in kernels))
    return sum(size for _, size in parts)


def call_bytes(graph: Graph, calls: Iterable[KernelCall]) -> int:
    """Return about what calls take beside their kernels' code: tables, weights, parameters, themselves."""
    total = 0
    for call in calls:
        values = sum(len(v) if isinstance(v, tuple) else 1 for v in call.params.values())
        value_bytes = _PACKED_VALUE_BYTES if "layer" in call.params else _VALUE_BYTES
        tensors = [graph.tensors[a.tensor] for a in call.arguments if isinstance(a, TensorArgument)]
        constants = sum(tensor.bytes for tensor in tensors if tensor.is_constant)
        tables = sum(table.data.nbytes for table in call.tables)
        total += int(constants + tables + value_bytes * values) + _CALL_BYTES
    return total


@cache
def _parts(isa: str, kernel: str) -> frozenset[tuple[str, int]]:
    """Return the sources that a kernel brings, with the bytes of their code."""
    files = kernel_files(paths.templates("kernels"), isa, [kernel])
    names = {path.rsplit("/", 1)[1]: text for path, text in files.items() if not path.endswith(".h")}
    return frozenset((name, _bytes_of(name, text)) for name, text in names.items())


def _bytes_of(name: str, text: str) -> int:
    return MEASURED.get(name.rsplit(".", 1)[0], len(_COMMENT.sub("", text)) // _CHARACTERS_A_BYTE)
