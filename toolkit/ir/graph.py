# SPDX-License-Identifier: Apache-2.0
"""Graph, Operation and Tensor: frozen, so that a pass returns a new graph and changes none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

DTYPE_BYTES: Mapping[str, int] = MappingProxyType(
    {
        "int4": 1,
        "int8": 1,
        "uint8": 1,
        "bool": 1,
        "int16": 2,
        "int32": 4,
        "uint32": 4,
        "float32": 4,
        "int64": 8,
        "uint64": 8,
    }
)
"""The types by TFLite's names. int4, which only constants have, is kept as one int8 a number."""

SUBGRAPH_OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "CALL_ONCE": ("init_subgraph_index",),
        "IF": ("then_subgraph_index", "else_subgraph_index"),
        "WHILE": ("cond_subgraph_index", "body_subgraph_index"),
    }
)
"""The operators that run other graphs, and the options that say which."""

OptionValue = int | float | bool | str | tuple[int, ...]


@dataclass(frozen=True)
class Quantization:
    """real = scale * (q - zero_point), per tensor, or per slice along axis.

    scales holds float32 values (exactly, widened to Python floats); one entry is per tensor.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def scale(self) -> float:
        """The scale of a tensor that is quantized per tensor."""
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a tensor that is quantized per tensor."""
        return self.zero_points[0]


@dataclass(frozen=True)
class Origin:
    """Which part of `tensor` another tensor holds: what begins at starts, one place for each axis."""

    tensor: int
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Kept:
    """Which channels, places along the last axis, of so many in the file a tensor still has."""

    channels: tuple[int, ...]
    of: int


@dataclass(frozen=True)
class Stream:
    """How a graph goes over a window that slides: its input has but the hop rows that are new.

    window is how many rows a window has, axis where they stand in the input. Outputs are those of a whole
    window from the run on that is the runs-th after a reset; the state counter counts them up to that.
    """

    hop: int
    window: int
    axis: int
    counter: int

    @property
    def runs(self) -> int:
        """The runs until a window is full."""
        return -(-self.window // self.hop)


@dataclass(frozen=True, eq=False)
class Tensor:
    """A value in the graph; its id is its place in Graph.tensors and stays the same in every pass.

    shape is concrete (no -1), () for a scalar; data is present for a constant, with that shape.
    state is present for what survives from one run to the next: the value that it has at the start, with
    that shape. No operation has it as an output; those that change it have it among their inputs.
    storage is the id of the tensor whose bytes this one uses, from storage_offset on: its own, or
    that of another that a pass found it can share (a reshape) or be a part of (a slice).
    origin is present for a part of a tensor that a pass cut out: the whole one has the file's id.
    kept is present where a pass dropped channels.
    """

    id: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None = None
    data: NDArray[np.generic] | None = None
    state: NDArray[np.generic] | None = None
    storage: int = -1
    storage_offset: int = 0
    origin: Origin | None = None
    kept: Kept | None = None

    def __post_init__(self) -> None:
        if self.storage < 0:
            object.__setattr__(self, "storage", self.id)

    @property
    def elements(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """The size in memory, of int4 in flash."""
        if self.dtype == "int4":
            return (self.elements + 1) // 2
        return self.elements * DTYPE_BYTES[self.dtype]

    @property
    def is_constant(self) -> bool:
        """Whether the value is known before the device runs."""
        return self.data is not None

    @property
    def is_state(self) -> bool:
        """Whether the value survives from one run to the next."""
        return self.state is not None


@dataclass(frozen=True)
class Operation:
    """One operator applied: inputs and outputs are tensor ids, -1 for an optional input left out.

    kind is TFLite's own name (CONV_2D); options holds its options in TFLite's field names in
    snake_case (stride_w, fused_activation_function) with enums as their names ("SAME", "RELU6").
    index is its place in the .tflite file, for messages.
    parts are the operations that a pass made it of, in their order, with their own tensors.
    """

    index: int
    kind: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    parts: tuple[Operation, ...] = ()


@dataclass(frozen=True, eq=False)
class Graph:
    """Operations in the order in which they run, over tensors addressed by id.

    subgraphs has the graphs that operations of this one run (WHILE, IF, CALL_ONCE), by their number in
    the file. They have tensors of their own, and may run others, but none runs itself.
    file_inputs and file_outputs are the ends that the file has, where a pass put others in their place.
    stream is present where a pass made the graph go over a window that slides.
    """

    name: str
    tensors: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: Mapping[int, Graph] = field(default_factory=dict)
    file_inputs: tuple[int, ...] = ()
    file_outputs: tuple[int, ...] = ()
    stream: Stream | None = None

    @property
    def given(self) -> tuple[int, ...]:
        """The inputs as the file has them."""
        return self.file_inputs or self.inputs

    @property
    def asked(self) -> tuple[int, ...]:
        """The outputs as the file has them."""
        return self.file_outputs or self.outputs

    @property
    def window(self) -> Tensor:
        """The first input as the model sees it whole: of a graph that takes new rows alone, with all of a
        window's.
        """
        tensor = self.tensors[self.inputs[0]]
        if self.stream is None:
            return tensor
        axis, rows = self.stream.axis, self.stream.window
        return replace(tensor, shape=(*tensor.shape[:axis], rows, *tensor.shape[axis + 1 :]))

    @property
    def states(self) -> tuple[int, ...]:
        """The ids of the tensors that survive from one run to the next, sorted."""
        read = {i for operation in self.operations for i in operation.inputs if i >= 0}
        return tuple(i for i in sorted(read) if self.tensors[i].is_state)

    def input_tensors(self, operation: Operation) -> list[Tensor | None]:
        """Return the tensors an operation reads, None for an optional one left out."""
        return [self.tensors[i] if i >= 0 else None for i in operation.inputs]

    def output_tensors(self, operation: Operation) -> list[Tensor]:
        """Return the tensors an operation writes."""
        return [self.tensors[i] for i in operation.outputs]

    def called_graphs(self, operation: Operation) -> list[Graph]:
        """Return the graphs that an operation runs, in the order of SUBGRAPH_OPTIONS."""
        names = SUBGRAPH_OPTIONS.get(operation.kind, ())
        return [self.subgraphs[subgraph_index(operation, name)] for name in names]

    def all_graphs(self) -> list[Graph]:
        """Return this graph and all that it leads to, each once."""
        found, waiting = {id(self): self}, [self]
        while waiting:
            new = [graph for graph in waiting.pop().subgraphs.values() if id(graph) not in found]
            found |= {id(graph): graph for graph in new}
            waiting += new
        return list(found.values())

    def with_tensor(self, tensor: Tensor) -> Graph:
        """Return a graph in which tensor stands at its id; the id one past the end appends it."""
        tensors = list(self.tensors)
        tensors[tensor.id : tensor.id + 1] = [tensor]
        return replace(self, tensors=tuple(tensors))


def subgraph_index(operation: Operation, option: str) -> int:
    """Return the number of the graph that one of an operation's SUBGRAPH_OPTIONS names, -1 for none."""
    index = operation.options.get(option, -1)
    return index if isinstance(index, int) else -1
