# SPDX-License-Identifier: Apache-2.0
"""UNIDIRECTIONAL_SEQUENCE_LSTM: int8 activations and weights, int16 cell state, as Keras' LSTM becomes.

All that is computed is int16 in steps of 2**-12 in front of the gates and of 2**-15 behind them. The
hidden and the cell state are variables: they stay from one run to the next.
Source: Li and Alvarez, "On the quantization of recurrent neural networks"; the rest from running TFLM.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.activation import held_to_type
from toolkit.ops.shared.operands import quantization_of, quantized_problems, same_quantization_problems
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.requantize import Int64, quantize_multiplier, requantize
from toolkit.ops.shared.sigmoid_table import sigmoid, table_argument, tanh
from toolkit.targets.target import Target

_INPUTS = 24
_LEFT_OUT = {
    "peephole weights": (9, 10, 11),
    "a projection": (16, 17),
    "layer normalization": (20, 21, 22, 23),
}
_GATES = ("input", "forget", "cell", "output")
_HIDDEN, _CELL = 18, 19
_GATE_BITS, _GATED_BITS = 12, 15
_CELL_BITS = range(9, 17)
_INT16 = (-(2**15), 2**15 - 1)


@dataclass(frozen=True, eq=False)
class _Lstm:
    """The tensors of an operation whose inputs are complete; weights, biases by gate."""

    source: Tensor
    weights: list[Tensor]
    recurrent: list[Tensor]
    biases: list[Tensor]
    hidden: Tensor
    cell: Tensor
    result: Tensor

    @property
    def cells(self) -> int:
        return self.weights[0].shape[0]

    @property
    def in_len(self) -> int:
        return self.weights[0].shape[1]


_CONCATENATED = (
    "the converter does so where LSTMs are concatenated, as in Keras' Bidirectional: try unroll=True there"
)


class UnidirectionalSequenceLstm(Operator):
    """Gates in the order input, forget, cell, output; (batch, time, size) or, time_major, the other way."""

    kind = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    state_inputs = (_HIDDEN, _CELL)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = _presence_problems(graph, operation)
        if problems:
            return problems
        found = _lstm(graph, operation)
        problems = [*_type_problems(found), *_option_problems(operation)]
        if problems:
            return problems
        problems = _shape_problems(operation, found)
        return problems or [*_number_problems(found), *_state_problems(found)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        found = _lstm(graph, operation)
        batches, times = _batches_and_times(operation, found)
        is_time_major = bool(operation.options.get("time_major"))
        own = [quantize_multiplier(scale) for scale in _scales(found.source, found.weights)]
        past = [quantize_multiplier(scale) for scale in _scales(found.hidden, found.recurrent)]
        out_multiplier, out_shift = quantize_multiplier(_out_scale(found))
        least, most = _cell_range(operation, found)
        return KernelCall(
            "tm_unidirectional_sequence_lstm_s8",
            {
                "batches": batches,
                "times": times,
                "in_len": found.in_len,
                "cells": found.cells,
                "batch_step": 1 if is_time_major else times,
                "time_step": batches if is_time_major else 1,
                "in_multiplier": tuple(multiplier for multiplier, _ in own),
                "in_shift": tuple(shift for _, shift in own),
                "recurrent_multiplier": tuple(multiplier for multiplier, _ in past),
                "recurrent_shift": tuple(shift for _, shift in past),
                "cell_shift": _cell_bits(found),
                "cell_most": most,
                "cell_least": least,
                "out_multiplier": out_multiplier,
                "out_shift": out_shift,
                "zero_point": quantization_of(found.hidden).zero_point,
            },
            (
                TensorArgument(found.source.id),
                ConstantArgument("weights", _joined(found.weights), is_weights=True),
                _bias("bias", found.source, found.weights, found.biases),
                ConstantArgument("recurrent", _joined(found.recurrent), is_weights=True),
                _bias("recurrent_bias", found.hidden, found.recurrent, []),
                table_argument(),
                TensorArgument(found.hidden.id),
                TensorArgument(found.cell.id),
                TensorArgument(found.result.id),
            ),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        found = _lstm(graph, operation)
        source, hidden, cell = inputs[0], inputs[_HIDDEN], inputs[_CELL]
        assert source is not None and hidden is not None and cell is not None
        axis = 0 if operation.options.get("time_major") else 1
        rows = [_step(operation, found, x, hidden, cell) for x in np.moveaxis(source, axis, 0)]
        return [np.stack(rows, axis=axis)]


def _presence_problems(graph: Graph, operation: Operation) -> list[str]:
    """Return what is missing, and what is there that TFLM does not compute in int8."""
    inputs = operation.inputs
    if len(inputs) != _INPUTS or len(operation.outputs) != 1:
        return [f"it has {len(inputs)} inputs and {len(operation.outputs)} outputs, not {_INPUTS} and 1"]
    for what, places in _LEFT_OUT.items():
        if any(inputs[place] != -1 for place in places):
            return [f"it has {what}, which TFLM does not compute"]
    if inputs[1] == -1 and inputs[5] == -1:
        return ["its input gate is coupled to its forget gate, which TFLM does not compute"]
    needed = [inputs[place] for place in (*range(9), *range(12, 16), _HIDDEN, _CELL)]
    if not all(0 <= i < len(graph.tensors) for i in (*needed, *operation.outputs)):
        return ["it has no weights, bias or state for some gate"]
    return []


def _lstm(graph: Graph, operation: Operation) -> _Lstm:
    tensors = [graph.tensors[i] for i in operation.inputs]
    return _Lstm(
        tensors[0],
        tensors[1:5],
        tensors[5:9],
        tensors[12:16],
        tensors[_HIDDEN],
        tensors[_CELL],
        graph.tensors[operation.outputs[0]],
    )


def _type_problems(found: _Lstm) -> list[str]:
    problems = []
    for name, tensor in (("input", found.source), ("output", found.result), ("hidden state", found.hidden)):
        problems += quantized_problems(name, tensor)
    problems += quantized_problems("cell state", found.cell, ("int16",))
    for gate, weights in zip(_GATES * 2, [*found.weights, *found.recurrent], strict=True):
        problems += quantized_problems(f"{gate} gate's matrix", weights)
        if not weights.is_constant:
            problems.append(f"its {gate} gate's matrix is not constant")
        elif weights.quantization is not None and any(weights.quantization.zero_points):
            problems.append(f"its {gate} gate's matrix has a zero point other than 0")
    for gate, bias in zip(_GATES, found.biases, strict=True):
        if bias.dtype != "int32" or not bias.is_constant:
            problems.append(f"its {gate} gate's bias is not an int32 constant")
    if found.result.is_constant:
        problems.append("its output is a constant")
    return problems


def _option_problems(operation: Operation) -> list[str]:
    problems = []
    activation = operation.options.get("fused_activation_function", "NONE")
    if activation != "TANH":
        problems.append(f"its activation is {activation}, not TANH")
    if operation.options.get("diagonal_recurrent_tensors"):
        problems.append("its recurrent matrices are diagonals, which TFLM ignores")
    clip = operation.options.get("cell_clip", 0.0)
    if not isinstance(clip, int | float) or not (math.isfinite(clip) and clip >= 0):
        problems.append(f"it clips its cells at {clip}")
    return problems


def _shape_problems(operation: Operation, found: _Lstm) -> list[str]:
    shape, first = found.source.shape, found.weights[0].shape
    if len(shape) != 3 or len(first) != 2 or 0 in (*shape, *first):
        return [f"its input {list(shape)} and its weights {list(first)} have not 3 and 2 sizes of 1 or more"]
    batches, _ = _batches_and_times(operation, found)
    cells = first[0]
    problems = []
    for name, tensors, wanted in (
        ("weights", found.weights, (cells, shape[2])),
        ("recurrent weights", found.recurrent, (cells, cells)),
        ("bias", found.biases, (cells,)),
        ("state", [found.hidden, found.cell], (batches, cells)),
        ("output", [found.result], (*shape[:2], cells)),
    ):
        if any(tensor.shape != wanted for tensor in tensors):
            problems.append(f"its {name} have not the shape {list(wanted)}")
    return problems


def _number_problems(found: _Lstm) -> list[str]:
    """Return why sums, scaled as they are, do not stay within 32 bits as TFLM has them."""
    problems = []
    for source, matrices, biases in (
        (found.source, found.weights, found.biases),
        (found.hidden, found.recurrent, []),
    ):
        for place, scale in enumerate(_scales(source, matrices)):
            bias = int(np.abs(_values(biases[place])).max()) if biases else 0
            greatest = 256 * int(np.abs(_values(matrices[place])).sum(axis=1).max()) + bias
            if scale >= 2.0**30 or greatest * max(1.0, 2.0 * scale) >= 2**31:
                problems.append(f"the sums of its {_GATES[place]} gate can exceed 32 bits")
    if _out_scale(found) >= 1:
        problems.append("its output's scale is too small")
    return problems


def _state_problems(found: _Lstm) -> list[str]:
    different = same_quantization_problems(found.hidden, found.result, "hidden state")
    problems = [f"{problem}; {_CONCATENATED}" for problem in different]
    cell = quantization_of(found.cell)
    if cell.scale not in [2.0**-bits for bits in _CELL_BITS] or cell.zero_point != 0:
        least, most = -_CELL_BITS[-1], -_CELL_BITS[0]
        problems.append(f"its cell state is not in steps of a power of two from 2**{least} to 2**{most}")
    if not (found.hidden.is_state and found.cell.is_state):
        problems.append("its states are not variables")
    return problems


def _batches_and_times(operation: Operation, found: _Lstm) -> tuple[int, int]:
    first, second, _ = found.source.shape
    return (second, first) if operation.options.get("time_major") else (first, second)


def _scales(source: Tensor, matrices: Sequence[Tensor]) -> list[float]:
    """Return the scale of each gate's sums; multiplied in float64, as TFLM does."""
    into, gate = quantization_of(source).scale, 2.0**-_GATE_BITS
    return [into * quantization_of(matrix).scale / gate for matrix in matrices]


def _out_scale(found: _Lstm) -> float:
    return 2.0 ** (-2 * _GATED_BITS) / quantization_of(found.hidden).scale


def _cell_bits(found: _Lstm) -> int:
    return -round(math.log2(quantization_of(found.cell).scale))


def _cell_range(operation: Operation, found: _Lstm) -> tuple[int, int]:
    """Return the least and the greatest number that a cell's state can be."""
    clip = float(operation.options.get("cell_clip", 0.0))  # type: ignore[arg-type]
    steps = int(min(clip / quantization_of(found.cell).scale, _INT16[1]))
    return (-steps, steps) if steps > 0 else _INT16


def _values(tensor: Tensor) -> Int64:
    assert tensor.data is not None
    return np.asarray(tensor.data, np.int64)


def _joined(matrices: Sequence[Tensor]) -> Array:
    """Return the rows of each cell's gates side by side."""
    return np.stack([_values(matrix) for matrix in matrices], axis=1).astype(np.int8)


def _bias(
    name: str, source: Tensor, matrices: Sequence[Tensor], biases: Sequence[Tensor]
) -> ConstantArgument:
    """Return what each sum starts with: the bias, and what the zero point of what is summed adds."""
    zero = quantization_of(source).zero_point
    moved = np.stack([-zero * _values(matrix).sum(axis=1) for matrix in matrices], axis=1)
    if biases:
        moved += np.stack([_values(bias) for bias in biases], axis=1)
    return ConstantArgument(name, moved.astype(np.int32), is_weights=bool(biases))


def _step(operation: Operation, found: _Lstm, x: Array, hidden: Array, cell: Array) -> Array:
    """Return the outputs of one time, (batches, cells), and change both states in place."""
    gates = [_gate(found, place, x, hidden) for place in range(len(_GATES))]
    enter, keep, leave = (sigmoid(gates[place], _GATE_BITS) for place in (0, 1, 3))
    fresh = tanh(gates[2], _GATE_BITS)
    kept = _int16(requantize(keep * cell.astype(np.int64), *quantize_multiplier(2.0**-_GATED_BITS)))
    added = 2.0 ** (_cell_bits(found) - 2 * _GATED_BITS)
    now = kept + _int16(requantize(enter * fresh, *quantize_multiplier(added)))
    cell[...] = np.clip(now, *_cell_range(operation, found))
    shown = leave * tanh(cell.astype(np.int64), _cell_bits(found))
    out = requantize(shown, *quantize_multiplier(_out_scale(found)))
    hidden[...] = held_to_type(out, found.hidden)
    return np.array(hidden)


def _gate(found: _Lstm, place: int, x: Array, hidden: Array) -> Int64:
    """Return what a gate takes the sigmoid or tanh of, in steps of 2**-12."""
    total = np.zeros(hidden.shape, np.int64)
    for value, source, matrices, bias in (
        (x, found.source, found.weights, _values(found.biases[place])),
        (hidden, found.hidden, found.recurrent, np.int64(0)),
    ):
        sums = (value.astype(np.int64) - quantization_of(source).zero_point) @ _values(matrices[place]).T
        scale = quantize_multiplier(_scales(source, matrices)[place])
        total += _int16(requantize(sums + bias, *scale))
    return _int16(total)


def _int16(x: Int64) -> Int64:
    return np.clip(x, *_INT16)


OPERATOR = UnidirectionalSequenceLstm()
