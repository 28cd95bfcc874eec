# SPDX-License-Identifier: Apache-2.0
"""What TFLM's signal operators share: its audio front end, in whole numbers that are not quantized."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.fourier import INT16_TYPE, LEAST_POINTS, MOST_POINTS
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import TensorArgument
from toolkit.tflite.hidden import HIDDEN_STATES

Types = tuple[str, ...]


def signal_problems(graph: Graph, operation: Operation, inputs: Types, outputs: Types = ()) -> list[str]:
    """Return why an operation has not inputs and outputs of just these types."""
    problems = count_problems(graph, operation, inputs=len(inputs), outputs=len(outputs))
    if problems:
        return problems
    for name, ids, types in (("input", operation.inputs, inputs), ("output", operation.outputs, outputs)):
        for place, (i, dtype) in enumerate(zip(ids, types, strict=True)):
            if graph.tensors[i].dtype != dtype:
                problems.append(f"its {name} {place} is {graph.tensors[i].dtype}, not {dtype}")
    return problems


def same_shape_problems(first: Tensor, *others: Tensor) -> list[str]:
    """Return a reason for each of others that is not as large as the first one."""
    return [f"a tensor has the shape {list(t.shape)}, not {list(first.shape)}" for t in others
            if t.shape != first.shape]  # fmt: skip


def option_problems(operation: Operation, limits: Mapping[str, tuple[int, int]]) -> list[str]:
    """Return a reason for each option that is missing, no whole number, or outside of its limits."""
    problems = []
    for name, (least, most) in limits.items():
        value = operation.options.get(name)
        if not isinstance(value, int) or not least <= value <= most:
            problems.append(f"its {name} is {value}, not {least} to {most}")
    return problems


def state_problems(graph: Graph, operation: Operation) -> list[str]:
    """Return a reason for each input after the first that is not what the operator remembers."""
    wanted = HIDDEN_STATES[operation.kind](graph, operation)
    found = [graph.tensors[i] for i in operation.inputs[1:]]
    return [
        f"what it remembers is {state.dtype}{list(state.shape)} and no variable {dtype}{list(shape)}"
        for (shape, dtype), state in zip(wanted, found, strict=True)
        if not state.is_state or (state.shape, state.dtype) != (shape, dtype)
    ]


def fourier_problems(operation: Operation) -> list[str]:
    """Return why a transform is not one of int16 with a length that there is."""
    limits = {"T": (INT16_TYPE, INT16_TYPE), "fft_length": (LEAST_POINTS, MOST_POINTS)}
    problems = option_problems(operation, limits)
    if not problems and option(operation, "fft_length").bit_count() != 1:
        problems.append(f"its fft_length is {option(operation, 'fft_length')}, not a power of two")
    return problems


def pointers(operation: Operation) -> tuple[TensorArgument, ...]:
    """Return what a kernel takes that goes by all inputs and outputs in their order."""
    return tuple(TensorArgument(i) for i in (*operation.inputs, *operation.outputs))


def option(operation: Operation, name: str) -> int:
    """Return an option that option_problems() looked at."""
    value = operation.options[name]
    assert isinstance(value, int)
    return int(value)
