# SPDX-License-Identifier: Apache-2.0
"""model.c and the public header: everything is computed here, the templates only put it down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from toolkit import paths
from toolkit.codegen import literals
from toolkit.codegen.about import NOTHING, About, Sections
from toolkit.codegen.call_table import Call, Place, call_table
from toolkit.codegen.names import checked_identifier, comment_text, made_by_lines
from toolkit.codegen.purpose import is_quantized, meaning_of
from toolkit.codegen.templates import render
from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ir.rules import kind_text
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
GLUE = ("tm_aot.c", "tm_aot.h")
"""The files by which tm_model.h stands for a model."""


@dataclass(frozen=True)
class Guard:
    """A compiler for core defines macro: code for another one is an error."""

    core: str
    macro: str


@dataclass(frozen=True, eq=False)
class Program:
    """All that the sources are made from; calls has the calls of each of graph's operations.

    stem is what the model's C is called; the header is <name>.h. has_shared_arena says that its arena is
    SHARED_ARENA, which is defined elsewhere, is_small that calls may become a table.
    """

    name: str
    sha256: str
    graph: Graph
    plan: MemoryPlan
    calls: tuple[tuple[KernelCall, ...], ...]
    stem: str = "model"
    has_shared_arena: bool = False
    is_small: bool = False
    about: About = NOTHING
    guard: Guard | None = None


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
class Layer:
    """One operation: the hook is called when all its calls are done."""

    kind: str
    calls: tuple[Call, ...]
    comment: str


@dataclass(frozen=True)
class WorldTensor:
    """A tensor at one of the graph's ends.

    number is "" for the first, then "1", "2" ...; macro is what its constants are called after the prefix;
    place is C text, its bytes in the arena, offset the same as a number.
    """

    number: str
    macro: str
    place: str
    offset: int
    bytes: int
    elements: int
    type: str
    c_type: str
    is_quantized: bool
    scale: str
    zero_point: str
    comment: str


def emit_model(program: Program) -> tuple[dict[str, str], int]:
    """Return the sources by file name, and the bytes of the weights in them.

    They are <stem>.c, <name>.h, <name>_real.c and <name>_input.h if there is a purpose that fits, and the
    glue by which tm_model.h stands for the model. The kernels are not here.
    """
    emitter, graph = _Emitter(program), program.graph
    layers = [emitter.layer(step) for step in range(len(program.calls))]
    resets = emitter.resets()
    weights_bytes = sum(table.bytes for table in emitter.tables.values() if table.is_weights)
    meaning, sections = meaning_of(graph, program.about, program.name), program.about.sections
    counter = program.plan.offset_of(graph.tensors[graph.stream.counter]) if graph.stream else 0
    arena = SHARED_ARENA if program.has_shared_arena else f"{program.name}_arena"
    inputs, outputs = emitter.ends("input", graph.inputs), emitter.ends("output", graph.outputs)
    context = {
        "name": program.name,
        "prefix": program.name.upper(),
        "sha256": program.sha256,
        "made_by": made_by_lines(program.about.made_by),
        "arena": arena,
        "shared_arena": SHARED_ARENA if program.has_shared_arena else "",
        "guard": program.guard,
        "sections": Sections(
            *(text and literals.string(text) for text in (sections.weights, sections.arena))
        ),
        "kernels": kernel_names((*program.calls, reset_calls(graph))),
        "state_bytes": sum(graph.tensors[i].bytes for i in graph.states),
        "arena_bytes": program.plan.arena_bytes,
        "weights_bytes": weights_bytes,
        "tables": list(emitter.tables.values()),
        "layers": layers,
        "kinds": list(dict.fromkeys(layer.kind for layer in layers)),
        "table": call_table([(each.calls, each.comment) for each in layers]) if program.is_small else None,
        "resets": resets,
        "inputs": inputs,
        "outputs": outputs,
        "input": inputs[0],
        "output": outputs[0] if outputs else None,
        "purpose": meaning,
        "stream": graph.stream,
        "counter": counter,
    }
    files = {
        f"{program.stem}.c": "model.c.j2",
        f"{program.name}.h": "library.h.j2",
        "tm_aot.h": "tm_aot.h.j2",
    }
    sources = {name: render(template, context) for name, template in files.items()}
    sources["tm_aot.c"] = paths.templates("engines", "aot", "tm_aot.c").read_text(encoding="utf-8")
    if meaning:
        sources[f"{program.name}_real.c"] = render("library_real.c.j2", context)
        sources[f"{program.name}_input.h"] = meaning.header
    return sources, weights_bytes


def kernel_names(calls: Sequence[Sequence[KernelCall]]) -> tuple[str, ...]:
    """Return the kernels that the calls of all layers use, sorted, each once."""
    return tuple(sorted({name for layer in calls for call in layer for name in call.kernels}))


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
        return Layer(comment_text(kind_text(operation)), written, self._layer_comment(operation))

    def resets(self) -> list[Call]:
        """Return the calls that set the states to their start as text, with their tables."""
        calls = enumerate(reset_calls(self.program.graph))
        return [self._call(call, f"{self.program.name}_reset{place}", iter(())) for place, call in calls]

    def ends(self, what: str, ids: Sequence[int]) -> list[WorldTensor]:
        """Return the graph's inputs or outputs; one without quantization has the scale 1."""
        return [self._end(what, str(i or ""), self.program.graph.tensors[id]) for i, id in enumerate(ids)]

    def _end(self, what: str, number: str, tensor: Tensor) -> WorldTensor:
        quantization, offset = tensor.quantization, self.program.plan.offset_of(tensor)
        place = f"arena + {offset}"
        return WorldTensor(
            number=number,
            macro=f"{what.upper()}{number}",
            place=place if tensor.dtype == "int8" else f"void *)({place}",
            offset=offset,
            bytes=tensor.bytes,
            elements=tensor.elements,
            type=WORLD_TYPES[tensor.dtype],
            c_type=literals.C_TYPES[tensor.dtype],
            is_quantized=is_quantized(tensor),
            scale=literals.real(quantization.scale if quantization else 1.0),
            zero_point=literals.integer(quantization.zero_point if quantization else 0),
            comment=_tensor_comment(tensor),
        )

    def _call(self, call: KernelCall, symbol: str, scratch: Iterator[int]) -> Call:
        kernel = checked_identifier(call.kernel)
        params = tuple(self._member(name, value, symbol) for name, value in call.params.items())
        home = self.params.setdefault((kernel, params), symbol)
        arguments = tuple(self._argument(argument, symbol, scratch) for argument in call.arguments)
        return Call(symbol, kernel, params if home == symbol else (), home if params else "", arguments)

    def _argument(self, argument: Argument, symbol: str, scratch: Iterator[int]) -> str | Place:
        if isinstance(argument, TensorArgument):
            return self._tensor_argument(self.program.graph.tensors[argument.tensor])
        if isinstance(argument, ConstantArgument):
            return self._constant(argument, symbol)
        if isinstance(argument, ScratchArgument):
            return Place(next(scratch), "(void *)({})")
        return "NULL"

    def _constant(self, table: ConstantArgument, symbol: str) -> str:
        name = f"{symbol}_{checked_identifier(table.name)}"
        what = f"{table.name} of {symbol.removeprefix(self.program.name + '_')}"
        symbol = self._table(name, table.data, what, table.is_weights)
        return f"{symbol} + {table.first}" if table.first else symbol

    def _member(self, name: str, value: ParamValue, symbol: str) -> str:
        """Return the initializer of a field of parameters."""
        opening = f".{checked_identifier(name)} = "
        if isinstance(value, ConstantArgument):
            return f"{opening}{self._constant(value, symbol)},"
        if isinstance(value, tuple):
            return literals.group(f"{opening}{{", [_param(item) for item in value], "},")
        return literals.group(opening, [_param(value)], ",")

    def _tensor_argument(self, tensor: Tensor) -> str | Place:
        if tensor.data is not None:
            name = f"{self.program.name}_tensor{tensor.id}"
            return self._table(name, tensor.data, _tensor_comment(tensor), True)
        form = "{}" if tensor.dtype == "int8" else "(void *)({})"
        return Place(self.program.plan.offset_of(tensor), form)

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
        return f"{comment_text(kind_text(operation))}: {', '.join(_tensor_comment(t) for t in outputs)}"


def _tensor_comment(tensor: Tensor) -> str:
    return f"{comment_text(tensor.name)} {tensor.dtype}{list(tensor.shape)}"


def _param(value: int | float) -> str:
    if isinstance(value, int | np.integer):
        return literals.integer(int(value))
    return literals.real(float(value))
