# SPDX-License-Identifier: Apache-2.0
"""What each layer makes of one sample: in float, as integers, and in the firmware, and where they part."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import InputError, ToolMissingError
from toolkit.ir.graph import Graph, Tensor
from toolkit.ir.real_numbers import dequantize_outputs, quantize_samples, sample_rows
from toolkit.ops.shared.operator import Array
from toolkit.predict.answer import Real
from toolkit.quantization.pairs import MOST_DB, as_real, layer_name, paired_tensors, sqnr_db
from toolkit.reference.oracle import Rows
from toolkit.reference.tflite import run_tflite_tensors
from toolkit.targets.board import Board
from toolkit.targets.target import target_of
from toolkit.tflite.reader import read_graph
from toolkit.verify.any_model import naming_no_file_of
from toolkit.verify.engines import EmulatedEngine, NumpyEngine
from toolkit.verify.layers import of_kept

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LayerView:
    """The output of an operation of the integer model, (shape), by all that have it.

    real is the float model's, None where that has no such tensor. board is the firmware's; NaN stands for
    channels that it does not compute, as they never change. unequal counts the elements in which the firmware
    is not the integers of the host; None where it shows nothing, as inside of fused layers.
    """

    layer: str
    operator: str
    integer: Floats
    real: Floats | None = None
    board: Floats | None = None
    unequal: int | None = None

    @property
    def sqnr_db(self) -> float | None:
        """The signal over the error of the integers, of this sample."""
        return None if self.real is None else sqnr_db(self.real, self.integer)

    def to_json(self) -> dict[str, Any]:
        """Return what is said of the layer, without its numbers."""
        return {
            "layer": self.layer,
            "operator": self.operator,
            "shape": list(self.integer.shape),
            "least": float(self.integer.min(initial=0)),
            "greatest": float(self.integer.max(initial=0)),
            "sqnr_db": self.sqnr_db,
            "unequal": self.unequal,
        }


@dataclass(frozen=True)
class Look:
    """The sample as the integer model has it, (shape), and the layers in their order.

    no_real and no_board say why the float model and the board show nothing, "" where they do.
    """

    sample: Floats
    layers: tuple[LayerView, ...]
    no_real: str = ""
    no_board: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Why a model or the board shows nothing."""
        return tuple(filter(None, (self.no_real, self.no_board)))

    @property
    def unequal(self) -> LayerView | None:
        """The first layer in which the firmware is not what the host computes."""
        return next((view for view in self.layers if view.unequal), None)

    @property
    def worst_fall(self) -> LayerView | None:
        """The layer at which most dB are lost against the layer before, None without a float model."""
        known = [(view, db) for view in self.layers if (db := view.sqnr_db) is not None]
        falls = [(before - db, view) for (_, before), (view, db) in pairwise(known)]
        fall, view = max(falls, key=lambda each: each[0], default=(0.0, None))
        return view if fall > 0 else None

    def to_json(self) -> dict[str, Any]:
        """Return the layers without their numbers, what shows nothing, and where float and int8 part most."""
        fall = self.worst_fall
        return {
            "layers": [view.to_json() for view in self.layers],
            "missing": list(self.missing),
            "worst_fall": fall.layer if fall else None,
        }


def look(model: bytes, name: str, real_model: bytes | None, real: Real, board: Board) -> Look:
    """Return what an integer .tflite makes of one sample, real numbers (shape of one sample).

    real_model is the float .tflite that it was made of. board is emulated, unless it is the host. Raises
    InputError if the model has not one quantized input.
    """
    graph = read_graph(model, name)
    into = graph.tensors[graph.inputs[0]]
    if len(graph.inputs) != 1:
        raise InputError(
            f"{name} has {len(graph.inputs)} inputs; a look takes one.", hint="Try: tinyml bisect"
        )
    rows = sample_rows(quantize_samples(real[None], into))
    values = NumpyEngine(graph).tensors(rows)
    views = _integer_views(graph, values)
    no_real = no_board = ""
    try:
        _add_real(views, real_model, graph, real)
    except (InputError, ToolMissingError) as error:
        no_real = error.message
    try:
        if not board.is_host:
            compiled = compile_model(model, name, target_of(board))
            _add_board(views, compiled, graph, _shown_by_board(compiled, board, rows), values)
    except (InputError, ToolMissingError) as error:
        no_board = error.message
    sample = dequantize_outputs(rows, into).reshape(into.shape).astype(np.float64)
    return Look(sample, tuple(views.values()), no_real, no_board)


def look_lines(found: Look) -> list[tuple[str, ...]]:
    """Return a row a layer, with a head: its name, operator, shape, range, SQNR, and the firmware's word."""
    head = ("layer", "operator", "shape", "least", "greatest", "float - int8", "firmware")
    return [head, *(_line(view) for view in found.layers)]


def _line(view: LayerView) -> tuple[str, ...]:
    about, db = view.to_json(), view.sqnr_db
    exact = "equal" if db == MOST_DB else None if db is None else f"{db:.1f} dB"
    said = {None: "-", 0: "equal"}.get(view.unequal, f"{view.unequal:,} differ" if view.unequal else "")
    shape = "x".join(str(n) for n in view.integer.shape[1:] or view.integer.shape)
    return (
        view.layer,
        view.operator,
        shape,
        f"{about['least']:.4g}",
        f"{about['greatest']:.4g}",
        exact or "-",
        said,
    )


def _integer_views(graph: Graph, values: Mapping[int, Array]) -> dict[int, LayerView]:
    """Return a view for each quantized output of an operation, by its tensor's id."""
    views: dict[int, LayerView] = {}
    for operation in graph.operations:
        for tensor in graph.output_tensors(operation):
            if tensor.quantization and tensor.dtype in ("int8", "int16") and tensor.id in values:
                called = "output" if tensor.id in graph.outputs else layer_name(tensor.name)
                shaped = values[tensor.id].reshape(tensor.shape)
                views[tensor.id] = LayerView(called, operation.kind, as_real(shaped, tensor))
    return views


def _add_real(views: dict[int, LayerView], model: bytes | None, graph: Graph, real: Real) -> None:
    if model is None:
        raise InputError("no float model is known: model_float.tflite is not beside it.")
    wholes = read_graph(model, graph.name)
    pairs = paired_tensors(wholes, graph)
    shaped = real.astype(np.float32).reshape(wholes.tensors[wholes.inputs[0]].shape)
    found = run_tflite_tensors(model, [[shaped]], [pair.real.id for pair in pairs])
    for pair in pairs:
        if pair.real.id in found and pair.integer.id in views:
            view = views[pair.integer.id]
            value = np.asarray(found[pair.real.id], np.float64).reshape(view.integer.shape)
            views[pair.integer.id] = replace(view, real=value)


def _shown_by_board(compiled: CompiledModel, board: Board, rows: Rows) -> Mapping[int, Array]:
    with tempfile.TemporaryDirectory(prefix="tinyml-look-") as folder, naming_no_file_of(folder):
        return EmulatedEngine(compiled, Path(folder), board).tensors(rows)


def _add_board(
    views: dict[int, LayerView],
    compiled: CompiledModel,
    graph: Graph,
    shown: Mapping[int, Array],
    values: Mapping[int, Array],
) -> None:
    """Add what the firmware shows, but for tensors of which the compiler made parts."""
    for place, view in views.items():
        left = compiled.graph.tensors[place]
        if left.origin is None and place in shown:
            tensor = replace(graph.tensors[place], kept=left.kept)
            got = of_kept(shown[place], tensor)
            unequal = int(np.count_nonzero(got != of_kept(values[place], tensor)))
            views[place] = replace(view, board=_spread(got, tensor), unequal=unequal)


def _spread(values: NDArray[Any], tensor: Tensor) -> Floats:
    """Return the firmware's numbers in a tensor's whole shape, NaN for the channels that it left out."""
    real = as_real(values, tensor)
    if tensor.kept is not None:
        spread = np.full((tensor.elements // tensor.kept.of, tensor.kept.of), np.nan)
        spread[:, tensor.kept.channels] = real.reshape(-1, len(tensor.kept.channels))
        real = spread
    return real.reshape(tensor.shape)


def first_filters(model: bytes, name: str) -> Mapping[str, NDArray[np.float64]]:
    """Return the weights of the first convolution, (filters, height, width, channels) by its layer's name.

    They are the integers' real numbers. Empty if no convolution reads a constant of int8.
    """
    graph = read_graph(model, name)
    for operation in graph.operations:
        if operation.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            weights = graph.tensors[operation.inputs[1]]
            if weights.data is not None and weights.dtype == "int8" and weights.quantization:
                return {
                    layer_name(graph.output_tensors(operation)[0].name): _filters(weights, operation.kind)
                }
    return {}


def _filters(weights: Tensor, kind: str) -> NDArray[np.float64]:
    assert weights.quantization is not None and weights.data is not None
    raw = weights.data.astype(np.float64)
    scales = np.asarray(weights.quantization.scales)
    filters: NDArray[np.float64] = raw * scales.reshape(-1, 1, 1, 1) if kind == "CONV_2D" else raw * scales
    if kind == "DEPTHWISE_CONV_2D":  # (1, height, width, channels)
        filters = np.moveaxis(filters, -1, 0).reshape(weights.shape[-1], *weights.shape[1:3], 1)
    return filters
