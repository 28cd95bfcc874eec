# SPDX-License-Identifier: Apache-2.0
"""What TFLM's signal operators remember within themselves: states in a Graph, but no tensors in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from toolkit.ir.graph import Graph, Operation

Remembered = tuple[tuple[int, ...], str]
"""The shape and type of a state, which is 0 at the start."""


def _noise(graph: Graph, operation: Operation) -> list[Remembered]:
    """Return the noise, of the shape of the last output."""
    return [(graph.tensors[operation.outputs[-1]].shape, "uint32")]


def _delayed(graph: Graph, operation: Operation) -> list[Remembered]:
    """Return the samples of each channel that are still to come out."""
    return [((_channels(graph, operation, 1), max(_option(operation, "delay_length"), 1)), "int16")]


def _unframed(graph: Graph, operation: Operation) -> list[Remembered]:
    """Return the samples of each channel that are not yet in a frame, and how many there are."""
    return [((_channels(graph, operation, 1), _option(operation, "frame_size")), "int16"), ((), "int32")]


def _unstacked(graph: Graph, operation: Operation) -> list[Remembered]:
    """Return the rows that are not yet done with, and how many there are, from 1 on."""
    rows = 1 + sum(_option(operation, f"stacker_{side}_context") for side in ("left", "right"))
    return [((rows, _option(operation, "num_channels")), "int16"), ((), "int32")]


def _unadded(graph: Graph, operation: Operation) -> list[Remembered]:
    """Return the sums of each channel that wait for more frames."""
    size = graph.tensors[operation.inputs[0]].shape[-1:] if operation.inputs else ()
    rest = max(*size, 0) - _option(operation, "frame_step") if size else 0
    return [((_channels(graph, operation, 2), max(rest, 1)), "int16")]


def _channels(graph: Graph, operation: Operation, inner: int) -> int:
    """Return the number of streams in the first input: all its dimensions but so many inner ones."""
    channels = 1
    if operation.inputs and operation.inputs[0] >= 0:
        for size in graph.tensors[operation.inputs[0]].shape[:-inner]:
            channels *= max(size, 0)
    return channels


def _option(operation: Operation, name: str) -> int:
    """Return an option of a file that may be damaged: the operator says what is wrong with it."""
    value = operation.options.get(name)
    return max(value, 0) if isinstance(value, int) else 0


HIDDEN_STATES: Mapping[str, Callable[[Graph, Operation], list[Remembered]]] = {
    "SIGNAL_DELAY": _delayed,
    "SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION": _noise,
    "SIGNAL_FRAMER": _unframed,
    "SIGNAL_OVERLAP_ADD": _unadded,
    "SIGNAL_STACKER": _unstacked,
}
"""What each operator that remembers does remember."""
