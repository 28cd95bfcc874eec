# SPDX-License-Identifier: Apache-2.0
"""Which layers of a Keras model the converter left in float32, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.ir.graph import Graph, Operation

_INTEGER_ONLY = {"int8", "int16", "int32", "int64", "bool"}
_BETWEEN = {"QUANTIZE", "DEQUANTIZE"}
_LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"
# By the kind of the layer.
_WAYS = {
    "Masking": "without Masking: sequences of one length, padded at the start, are learned as they are",
    "NotEqual": "without Masking or mask_zero: sequences of one length, padded at the start",
    "Embedding": "without Embedding: each number as a one-hot row of the data, np.eye(size)[x], then a Dense "
    "layer without bias, which computes the same",
    "Conv3D": "Conv2D with the depth as channels",
    _LSTM: 'activations = "int8" in the section [quantization], or GRU',
}
_HINT = "Try: a model of layers that TFLite has int8 kernels for: tinyml models lists such"


def floating_kinds(graph: Graph) -> set[str]:
    """Return the kinds of operators with a float tensor."""
    return {operation.kind for operation in _floating(graph)}


def floating_text(graph: Graph, model: Any, allowed: set[str]) -> tuple[str, str]:
    """Return which operators of which layers of a Keras model compute in float, and a hint.

    graph is the converted model; those of the kinds allowed are left out.
    """
    layers = _layers(model)
    found: dict[str, set[str]] = {}
    ways: dict[str, None] = {}
    for operation in _floating(graph):
        if operation.kind in allowed | _BETWEEN:
            continue
        name = _layer_of(graph, operation, layers)
        found.setdefault(name, set()).add(operation.kind)
        for way in (_WAYS.get(layers.get(name, "")), _WAYS.get(operation.kind), _mask_way(operation, layers)):
            if way:
                ways[f"Try: {way}"] = None
    texts = [
        f"{', '.join(sorted(kinds))} of the layer {name} ({layers[name]})"
        if name
        else ", ".join(sorted(kinds))
        for name, kinds in found.items()
    ]
    return "; ".join(texts), "\n".join(ways) or _HINT


def _layers(model: Any) -> dict[str, str]:
    """Return the kind of each layer by its name, in lower case too for operations of keras.ops."""
    layers = {layer.name: type(layer).__name__ for layer in model._flatten_layers(include_self=False)}
    for operation in getattr(model, "operations", ()):
        layers.setdefault(operation.name, type(operation).__name__)
    return layers


def _floating(graph: Graph) -> Iterator[Operation]:
    for operation in graph.operations:
        tensors = [*graph.input_tensors(operation), *graph.output_tensors(operation)]
        if any(t is not None and t.dtype not in _INTEGER_ONLY for t in tensors):
            yield operation


def _layer_of(graph: Graph, operation: Operation, layers: dict[str, str]) -> str:
    """Return the innermost layer that the names of an operation's tensors lead through; "" if none does.

    The converter calls a tensor by the way to it: model_1/block_1/dense_1/MatMul. Keras adds a number to a
    layer's name when it is called again.
    """
    tensors = [*graph.output_tensors(operation), *graph.input_tensors(operation)]
    for tensor in tensors:
        parts = tensor.name.split(";")[0].split("/")[::-1] if tensor is not None else []
        for part in parts:
            for name in (part, part.rpartition("_")[0], part.lower()):
                if name in layers:
                    return name
    if operation.kind == _LSTM:
        return next((name for name, kind in layers.items() if kind == "LSTM"), "")
    if operation.kind == "CAST":
        return next((name for name, kind in layers.items() if kind == "Embedding"), "")
    return _masking(layers) if operation.kind == "NOT_EQUAL" else ""


def _mask_way(operation: Operation, layers: dict[str, str]) -> str:
    return _WAYS["NotEqual"] if operation.kind == "NOT_EQUAL" and not _masking(layers) else ""


def _masking(layers: dict[str, str]) -> str:
    return next((name for name, kind in layers.items() if kind == "Masking"), "")
