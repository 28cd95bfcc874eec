# SPDX-License-Identifier: Apache-2.0
"""A graph of one operation for every operator on quantized numbers, on int8 and on int16.

What an operator does not take on int16 gets the graph that it would have to take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from support.random_elementwise import ELEMENTWISE, elementwise, operator_of
from support.random_layers import add_convolution, add_fully_connected, add_input, add_mean, add_pool
from support.random_matrices import batch_matmul, transpose_conv
from support.random_moves import MOVES, random_move
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph, Quantization
from toolkit.ops.shared.registry import operators

Rng = np.random.Generator
_SEEDS = 24


def _layer(add: Callable[[GraphBuilder, Rng, int], int]) -> Callable[[Rng, str], Graph]:
    def make(rng: Rng, dtype: str) -> Graph:
        builder = GraphBuilder()
        source = add_input(builder, rng, (1, 6, 5, 3), dtype)
        return builder.graph([source], [add(builder, rng, source)])

    return make


def _pool(kind: str) -> Callable[[Rng, str], Graph]:
    return _layer(lambda builder, rng, source: add_pool(builder, rng, source, kind))


def _reduction(kind: str) -> Callable[[Rng, str], Graph]:
    return _layer(lambda builder, rng, source: add_mean(builder, rng, source, kind))


def _with_axis(kind: str) -> Callable[[Rng, str], Graph]:
    def make(rng: Rng, dtype: str) -> Graph:
        builder = GraphBuilder()
        x = builder.tensor((2, 4), dtype, scale=0.1)
        axis = builder.tensor((1,) if kind == "CUMSUM" else (), "int32", data=1)
        if kind == "CUMSUM":
            y = builder.tensor((2, 4), dtype, scale=0.1)
            builder.operation(kind, [x, axis], [y])
        else:
            y = builder.tensor((2,), "int32")
            builder.operation(kind, [x, axis], [y], output_type="INT32")
        return builder.graph([x], [y])

    return make


def _fixed(kind: str, scale: float, zero_point: int) -> Callable[[Rng, str], Graph]:
    def make(rng: Rng, dtype: str) -> Graph:
        builder = GraphBuilder()
        x = builder.tensor((2, 4), dtype, scale=0.1)
        y = builder.tensor((2, 4), dtype, scale=scale, zero_point=zero_point)
        builder.operation(kind, [x], [y])
        return builder.graph([x], [y])

    return make


LAYERS: dict[str, Callable[[Rng, str], Graph]] = {
    "ARG_MAX": _with_axis("ARG_MAX"),
    "ARG_MIN": _with_axis("ARG_MIN"),
    "AVERAGE_POOL_2D": _pool("AVERAGE_POOL_2D"),
    "BATCH_MATMUL": batch_matmul,
    "CONV_2D": _layer(add_convolution),
    "CUMSUM": _with_axis("CUMSUM"),
    "DEPTHWISE_CONV_2D": _layer(lambda *place: add_convolution(*place, depthwise=True)),
    "FULLY_CONNECTED": _layer(add_fully_connected),
    "L2_NORMALIZATION": _fixed("L2_NORMALIZATION", 1 / 128, 0),
    "LOG_SOFTMAX": _fixed("LOG_SOFTMAX", 1 / 16, 127),
    "MAX_POOL_2D": _pool("MAX_POOL_2D"),
    "MEAN": _reduction("MEAN"),
    "REDUCE_MAX": _reduction("REDUCE_MAX"),
    "REDUCE_MIN": _reduction("REDUCE_MIN"),
    "SUM": _reduction("SUM"),
    "TRANSPOSE_CONV": transpose_conv,
}
_TRUTHS = {"LOGICAL_AND", "LOGICAL_NOT", "LOGICAL_OR"}
KINDS = sorted({*LAYERS, *MOVES, *map(operator_of, ELEMENTWISE)} - _TRUTHS)


def one_of(kind: str, dtype: str, weights: str = "int8") -> Graph:
    """Return a graph of this kind on dtype, one that compiles if there is any among some random ones."""
    graphs = _some(kind, dtype) or [_widened(graph) for graph in _some(kind, "int8")]
    chosen = [_with_weights(graph, weights) for graph in graphs]
    return next((graph for graph in chosen if not problems_of(graph)), chosen[0])


def problems_of(graph: Graph) -> list[str]:
    """Return why the graph's one operation cannot be compiled."""
    (operation,) = graph.operations
    return operators()[operation.kind].problems(graph, operation)


def _some(kind: str, dtype: str) -> list[Graph]:
    found = (_random(kind, dtype, seed) for seed in range(_SEEDS))
    return [graph for graph in found if graph is not None]


def _random(kind: str, dtype: str, seed: int) -> Graph | None:
    """Return a random graph of this kind on dtype; None if this seed has another type, or all have."""
    rng = np.random.default_rng(seed)
    name = f"{kind}_WIDE" if dtype == "int16" else kind
    if kind in LAYERS:
        return LAYERS[kind](rng, dtype)
    if name in ELEMENTWISE:
        return elementwise(rng, name)
    if kind not in MOVES:
        return None
    graph = random_move(kind, seed)
    found = {graph.tensors[i].dtype for i in (*graph.operations[0].inputs, *graph.outputs)}
    return graph if dtype in found else None


def _widened(graph: Graph) -> Graph:
    """Return graph with int16 for int8, whose zero point is 0."""
    for tensor in graph.tensors:
        if tensor.dtype == "int8":
            found = tensor.quantization
            point = (
                None if found is None else Quantization(found.scales, (0,) * len(found.scales), found.axis)
            )
            data = None if tensor.data is None else tensor.data.astype(np.int16)
            graph = graph.with_tensor(replace(tensor, dtype="int16", quantization=point, data=data))
    return graph


def _with_weights(graph: Graph, dtype: str) -> Graph:
    """Return graph with this type of weights, the second input, which fit into 4 bits and have one scale."""
    if dtype == "int8":
        return graph
    tensor = graph.tensors[graph.operations[0].inputs[1]]
    assert tensor.data is not None and tensor.quantization is not None
    scales = tensor.quantization.scales[:1]
    data = np.clip(tensor.data, -8, 7).astype(np.int8)
    return graph.with_tensor(replace(tensor, dtype=dtype, data=data, quantization=Quantization(scales, (0,))))
