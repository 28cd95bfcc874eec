# SPDX-License-Identifier: Apache-2.0
"""An int8 .tflite whose layers have weights of 4 bits where that costs least, so that all fit into a budget.

Two weights stand in a byte then. Each channel's step is the one of some that leaves its weights nearest to
what they were; dense layers have one step for all, which is what TensorFlow Lite Micro takes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.ir.graph import Graph
from toolkit.quantization.grids import MOST, nearest_step
from toolkit.quantization.pairs import layer_name
from toolkit.quantization.tables import Tables
from toolkit.tflite.reader import read_graph

_AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
"""Where the output channels of weights are."""

Error = Callable[[bytes], float]
"""A .tflite -> how far its outputs are from the float model's, the mean square."""


@dataclass(frozen=True)
class Narrow:
    """A layer by the place of its operator: the bytes that 4 bits save there, and what they add to the error.

    The error is the mean square of the outputs, with 4 bits in this layer alone. is_narrow says that the
    model has them.
    """

    operator: int
    layer: str
    saved_bytes: int
    error: float
    is_narrow: bool = False


def weights_bytes(graph: Graph) -> int:
    """Return the bytes of flash that the constants of a graph take: weights, and few others."""
    return sum(tensor.bytes for tensor in graph.tensors if tensor.data is not None)


def narrowable(graph: Graph) -> tuple[int, ...]:
    """Return the operators, by their place, that take weights of 4 bits: with constant int8 ones now."""
    return tuple(
        place
        for place, operation in enumerate(graph.operations)
        if operation.kind in _AXES
        and graph.tensors[operation.inputs[0]].dtype == "int8"
        and graph.tensors[operation.inputs[1]].dtype == "int8"
        and graph.tensors[operation.inputs[1]].data is not None
    )


def narrowed(content: bytes, operators: Collection[int]) -> bytes:
    """Return a .tflite with weights of 4 bits in some operators (narrowable ones, by their place)."""
    tables = Tables(content)
    kinds = [operation.kind for operation in read_graph(content, "model").operations]
    for place in sorted(operators):
        _narrow(tables, tables.graph.operators[place], kinds[place])
    return tables.packed()


def fitted(
    content: bytes, error: Error, most_bytes: int, trained: Collection[int] = ()
) -> tuple[bytes, tuple[Narrow, ...]]:
    """Return a .tflite whose weights take most_bytes at most, and what 4 bits cost in each layer.

    The operators trained for them have them in any case. Others get them in the order of what that adds to
    the error for each byte that it saves. Raises InputError if all together save too little.
    """
    graph = read_graph(content, "model")
    whole = weights_bytes(graph)
    start = error(content)
    layers = [_priced(content, graph, place, error, start, whole) for place in narrowable(graph)]
    layers.sort(key=lambda layer: layer.error / max(1, layer.saved_bytes))
    taken = [layer.operator for layer in layers if layer.operator in trained]
    left = whole - sum(layer.saved_bytes for layer in layers if layer.operator in trained)
    for layer in layers:
        if left <= most_bytes:
            break
        if layer.saved_bytes > 0 and layer.operator not in taken:
            taken.append(layer.operator)
            left -= layer.saved_bytes
    made = narrowed(content, taken) if taken else content
    needed = weights_bytes(read_graph(made, "model"))
    if needed > most_bytes:
        raise InputError(
            f"the weights take {needed:,} bytes with 4 bits in every layer that can have them, "
            f"{whole:,} with 8; weights_bytes is {most_bytes:,}.",
            hint="Try: a larger weights_bytes in the section [quantization], or a smaller model",
        )
    found = (replace(layer, is_narrow=layer.operator in taken) for layer in layers)
    return made, tuple(sorted(found, key=lambda layer: layer.operator))


def narrow_lines(layers: Sequence[Narrow]) -> list[str]:
    """Return the layers as a table."""
    width = max((len(layer.layer) for layer in layers), default=0)
    return [
        f"{layer.layer:{width}}  4 bits save {layer.saved_bytes:7,} B and add {layer.error:9.3g} to the error"
        f"{', which it has' if layer.is_narrow else ''}"
        for layer in layers
    ]


def _priced(content: bytes, graph: Graph, place: int, error: Error, start: float, whole: int) -> Narrow:
    made = narrowed(content, [place])
    name = layer_name(graph.tensors[graph.operations[place].outputs[0]].name)
    saved = whole - weights_bytes(read_graph(made, "model"))
    return Narrow(place, name, saved, max(0.0, error(made) - start))


def _narrow(tables: Tables, operator: object, kind: str) -> None:
    """Give an operator weights of 4 bits and a bias in their steps."""
    inputs = list(operator.inputs)  # type: ignore[attr-defined]
    weights = tables.graph.tensors[inputs[1]]
    data, axis = tables.data_of(weights), _AXES[kind]
    assert data is not None
    shape = tuple(int(side) for side in weights.shape)
    integers = np.moveaxis(data.view(np.int8).reshape(shape), axis, 0).reshape(shape[axis], -1)
    steps = np.asarray(weights.quantization.scale, np.float64)
    real = integers * np.broadcast_to(steps, shape[axis])[:, np.newaxis]
    if kind == "FULLY_CONNECTED":
        narrow_steps = np.full(shape[axis], nearest_step(real.ravel()))
        scales = narrow_steps[:1]
    else:
        narrow_steps = scales = np.array([nearest_step(channel) for channel in real])
    rounded = np.clip(np.rint(real / narrow_steps[:, np.newaxis]), -MOST[4], MOST[4]).astype(np.int8)
    rows = np.moveaxis(rounded.reshape((shape[axis], *np.delete(shape, axis))), 0, axis)
    int4 = tables.schema.TensorType.INT4
    inputs[1] = tables.constant_instead(inputs[1], int4, _pairs(rows), scales, axis)
    if len(inputs) > 2 and inputs[2] >= 0:
        inputs[2] = _bias(tables, inputs[2], inputs[0], narrow_steps, len(scales))
    operator.inputs = inputs  # type: ignore[attr-defined]


def _bias(tables: Tables, number: int, source: int, steps: NDArray[np.float64], count: int) -> int:
    old = tables.graph.tensors[number]
    data = tables.data_of(old)
    assert data is not None
    real = data.view(np.int32) * np.asarray(old.quantization.scale, np.float64)
    products = np.float64(tables.graph.tensors[source].quantization.scale[0]) * steps
    values = np.rint(real / products).astype(np.int32)
    return tables.constant_instead(number, tables.schema.TensorType.INT32, values, products[:count])


def _pairs(values: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Return numbers of 4 bits as bytes, the first of each two in the low half."""
    flat = values.ravel().view(np.uint8) & 15
    flat = np.append(flat, np.uint8(0)) if len(flat) % 2 else flat
    return (flat[::2] | flat[1::2] << 4).astype(np.uint8)
