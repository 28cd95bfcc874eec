# SPDX-License-Identifier: Apache-2.0
"""model.c and model.h: everything is computed here, the templates only put it down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from toolkit import paths
from toolkit.codegen import literals
from toolkit.codegen.names import checked_identifier, comment_text, made_by_lines
from toolkit.codegen.templates import render
from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.memory.plan import MemoryPlan
from toolkit.ops.shared.operator import (
    Argument,
    Array,
    ConstantArgument,
    KernelCall,
    ParamValue,
    ScratchArgument,
    TensorArgument,
)
from toolkit.ops.shared.state import reset_calls
from toolkit.project.provenance import Provenance

WORLD_TYPES = {
    "int8": "TM_INT8",
    "int16": "TM_INT16",
    "int32": "TM_INT32",
    "float32": "TM_FLOAT32",
    "bool": "TM_BOOL",
    "uint8": "TM_UINT8",
}
"""The types that tensors at the graph's ends can have, and tm_model.h's names for them."""
SHARED_ARENA = "tm_shared_arena"
"""The arena of several models in one program that do not run at the same time."""


@dataclass(frozen=True, eq=False)
class Program:
    """All that the sources are made from; calls has the calls of each of graph's operations.

    stem is what the model's files are called. has_shared_arena says that its arena is SHARED_ARENA,
    which is defined elsewhere.
    """

    name: str
    sha256: str
    graph: Graph
    plan: MemoryPlan
    calls: tuple[tuple[KernelCall, ...], ...]
    stem: str = "model"
    has_shared_arena: bool = False
    made_by: Provenance = field(default_factory=Provenance)


@dataclass(frozen=True)
class Table:
    """A constant array; is_weights tells what comes from the .tflite file from what was derived."""

    symbol: str
    c_type: str
    elements: int
    bytes: int
    values: str
    comment: str
    is_weights: bool


@dataclass(frozen=True)
class Call:
    """One kernel call: its parameters' initializers, and the call itself, as lines of code.

    params is empty where an earlier call has the same ones: then both point to that one's.
    """

    symbol: str
    kernel: str
    params: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Layer:
    """One operation: the hook is called when all its calls are done."""

    kind: str
    calls: tuple[Call, ...]
    comment: str


@dataclass(frozen=True)
class WorldTensor:
    """A tensor at one of the graph's ends."""

    place: str
    bytes: int
    type: str
    scale: str
    zero_point: str
    comment: str


def emit_model(program: Program) -> tuple[dict[str, str], int]:
    """Return the sources by file name, and the bytes of the weights in them.

    They are <stem>.c and <stem>.h; the kernels are not here, nor is the glue of tm_model.h.
    """
    emitter = _Emitter(program)
    layers = [emitter.layer(step) for step in range(len(program.calls))]
    resets = emitter.resets()
    weights_bytes = sum(table.bytes for table in emitter.tables.values() if table.is_weights)
    graph = program.graph
    context = {
        "name": program.name,
        "prefix": program.name.upper(),
        "sha256": program.sha256,
        "stem": program.stem,
        "made_by": made_by_lines(program.made_by),
        "shared_arena": SHARED_ARENA if program.has_shared_arena else "",
        "kernels": kernel_names((*program.calls, reset_calls(graph))),
        "state_bytes": sum(graph.tensors[i].bytes for i in graph.states),
        "arena_bytes": program.plan.arena_bytes,
        "weights_bytes": weights_bytes,
        "tables": list(emitter.tables.values()),
        "layers": layers,
        "resets": resets,
        "inputs": [emitter.world_tensor(graph.tensors[i]) for i in graph.inputs],
        "outputs": [emitter.world_tensor(graph.tensors[i]) for i in graph.outputs],
    }
    sources = {f"{program.stem}.{end}": render(f"model.{end}.j2", context) for end in ("c", "h")}
    return sources, weights_bytes


def glue_sources(name: str, stem: str = "model") -> dict[str, str]:
    """Return tm_aot.c and tm_aot.h, which make tm_model.h stand for the model of that name."""
    engine = paths.templates("engines", "aot", "tm_aot.c")
    header = render("tm_aot.h.j2", {"name": name, "prefix": name.upper(), "stem": stem})
    return {"tm_aot.c": engine.read_text(encoding="utf-8"), "tm_aot.h": header}


def kernel_names(calls: Sequence[Sequence[KernelCall]]) -> tuple[str, ...]:
    """Return the kernels that the calls of all layers use, sorted, each once."""
    return tuple(sorted({call.kernel for layer in calls for call in layer}))


class _Emitter:
    """Collects the tables while the layers are written down."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.tables: dict[tuple[str, bool, bytes], Table] = {}
        self.params: dict[tuple[str, tuple[str, ...]], str] = {}

    def layer(self, step: int) -> Layer:
        """Return the calls of a step as text; their tables are in self.tables afterwards."""
        operation, calls = self.program.graph.operations[step], self.program.calls[step]
        layer = f"{self.program.name}_layer{step}"
        offsets = (self.program.plan.scratch_offset(step, place) for place in count())
        written = tuple(
            self._call(call, layer if len(calls) == 1 else f"{layer}_{place}", offsets)
            for place, call in enumerate(calls)
        )
        return Layer(comment_text(operation.kind), written, self._layer_comment(operation))

    def resets(self) -> list[Call]:
        """Return the calls that set the states to their start as text, with their tables."""
        calls = enumerate(reset_calls(self.program.graph))
        return [self._call(call, f"{self.program.name}_reset{place}", iter(())) for place, call in calls]

    def world_tensor(self, tensor: Tensor) -> WorldTensor:
        """Return what tm_tensor says of a tensor; one without quantization has the scale 1."""
        quantization = tensor.quantization
        return WorldTensor(
            place=self._place(self.program.plan.offset_of(tensor)),
            bytes=tensor.bytes,
            type=WORLD_TYPES[tensor.dtype],
            scale=literals.real(quantization.scale if quantization else 1.0),
            zero_point=literals.integer(quantization.zero_point if quantization else 0),
            comment=_tensor_comment(tensor),
        )

    def _call(self, call: KernelCall, symbol: str, scratch: Iterator[int]) -> Call:
        kernel = checked_identifier(call.kernel)
        params = tuple(_member(name, value) for name, value in call.params.items())
        home = self.params.setdefault((kernel, params), symbol)
        arguments = [f"&{home}_params"] if params else []
        arguments += [self._argument(argument, symbol, scratch) for argument in call.arguments]
        text = literals.group(f"{kernel}(", arguments, ");")
        return Call(symbol, kernel, params if home == symbol else (), text)

    def _argument(self, argument: Argument, symbol: str, scratch: Iterator[int]) -> str:
        if isinstance(argument, TensorArgument):
            return self._tensor_argument(self.program.graph.tensors[argument.tensor])
        if isinstance(argument, ConstantArgument):
            name = f"{symbol}_{checked_identifier(argument.name)}"
            what = f"{argument.name} of {symbol.removeprefix(self.program.name + '_')}"
            return self._table(name, argument.data, what, argument.is_weights)
        if isinstance(argument, ScratchArgument):
            return f"(void *)({self._place(next(scratch))})"
        return "NULL"

    def _tensor_argument(self, tensor: Tensor) -> str:
        if tensor.data is not None:
            name = f"{self.program.name}_tensor{tensor.id}"
            return self._table(name, tensor.data, _tensor_comment(tensor), True)
        place = self._place(self.program.plan.offset_of(tensor))
        return place if tensor.dtype == "int8" else f"(void *)({place})"

    def _place(self, offset: int) -> str:
        arena = SHARED_ARENA if self.program.has_shared_arena else f"{self.program.name}_arena"
        return f"{arena} + {offset}"

    def _table(self, symbol: str, data: Array, comment: str, is_weights: bool) -> str:
        """Return the symbol of a table with this content; equal ones stand in the source once."""
        array = np.ascontiguousarray(data)
        c_type = literals.C_TYPES[array.dtype.name]
        key = (c_type, is_weights, array.tobytes())
        if key not in self.tables:
            values = literals.initializer(array)
            self.tables[key] = Table(symbol, c_type, array.size, array.nbytes, values, comment, is_weights)
        return self.tables[key].symbol

    def _layer_comment(self, operation: Operation) -> str:
        outputs = self.program.graph.output_tensors(operation)
        return f"{comment_text(operation.kind)}: {', '.join(_tensor_comment(t) for t in outputs)}"


def _tensor_comment(tensor: Tensor) -> str:
    return f"{comment_text(tensor.name)} {tensor.dtype}{list(tensor.shape)}"


def _member(name: str, value: ParamValue) -> str:
    opening = f".{checked_identifier(name)} = "
    if isinstance(value, tuple):
        return literals.group(f"{opening}{{", [_param(item) for item in value], "},")
    return literals.group(opening, [_param(value)], ",")


def _param(value: ParamValue) -> str:
    if isinstance(value, tuple):
        return "{" + ", ".join(_param(item) for item in value) + "}"
    if isinstance(value, int | np.integer):
        return literals.integer(int(value))
    return literals.real(float(value))
