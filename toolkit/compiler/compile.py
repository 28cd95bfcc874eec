# SPDX-License-Identifier: Apache-2.0
"""From a .tflite file's bytes to C: read, check, simplify, lower, plan, write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from toolkit.codegen.about import NOTHING, About
from toolkit.codegen.emit import WORLD_TYPES, Guard, Program, emit_model, kernel_names
from toolkit.codegen.names import c_identifier
from toolkit.compiler.choice import BALANCED, Optimization, choose, choose_to_fit, leanest
from toolkit.compiler.patching import Candidate, Patched, Patching, patch_to_fit
from toolkit.compiler.refusal import Refused, float_hint, refusal_hint, refusal_text, short_text
from toolkit.compiler.spare_room import use_room
from toolkit.compiler.streaming import Streaming, streaming_of
from toolkit.errors import DoesNotFitError, UnsupportedError
from toolkit.ir.graph import SUBGRAPH_OPTIONS, Graph, Operation
from toolkit.ir.rules import describe
from toolkit.memory.layout import Layout, lay_out
from toolkit.memory.plan import MemoryPlan
from toolkit.ops.shared.live import live_operations
from toolkit.ops.shared.operator import KernelCall, Operator
from toolkit.ops.shared.refused import refusal
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.state import reset_calls
from toolkit.passes import unroll
from toolkit.passes.dropped import dropped_channels
from toolkit.passes.sequence import clean, forms
from toolkit.project.provenance import Provenance
from toolkit.targets.cores import ISA_MACROS
from toolkit.targets.target import PORTABLE, Target
from toolkit.tflite.reader import read_graph

_MOST_SEARCHES = 3
# There compilers make a call of a library's function of a switch.
_WITHOUT_TABLES = ("armv6m",)
_BRIDGES = ("QUANTIZE", "DEQUANTIZE", "CAST")
_FLOAT = "it computes in float32; only int8 and int16 layers are compiled"
_QUANTIZE_HINT = (
    "Try: tinyml quantize, or the TFLite converter with a representative dataset, "
    "TFLITE_BUILTINS_INT8, and int8 as inference_input_type and inference_output_type;\n"
    "or tinyml predict MODEL FILE, which runs it in float32 on this computer"
)


@dataclass(frozen=True, eq=False)
class CompiledModel:
    """A model as C: calls has an entry for each operation of graph, which passes went over:
    a layer, mostly of one kernel call.

    sources is C text by file name; the files of kernels, firmware_templates/kernels/<name>.c,
    are not among them; target says which of them are meant. weights_bytes counts what comes from the
    .tflite file; arena_bytes is all the memory for tensors and scratch. patching tells which layers run
    in patches, if any do, streaming what a model does that goes over a sliding window. ram_bytes is the most
    that the arena was to take, None for no limit.
    """

    name: str
    sha256: str
    graph: Graph
    plan: MemoryPlan
    calls: tuple[tuple[KernelCall, ...], ...]
    sources: dict[str, str]
    kernels: tuple[str, ...]
    weights_bytes: int
    arena_bytes: int
    patching: Patching | None = None
    about: About = NOTHING
    target: Target = PORTABLE
    optimization: Optimization = BALANCED
    streaming: Streaming | None = None
    ram_bytes: int | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how it was compiled: channels, measured kernels, patches, states."""
        found = dropped_channels(self.graph)
        lines = (str(found), found.advice) if found else ()
        channels = tuple(f"channels: {line}" for line in lines if line)
        patches = (f"patches: {self.patching}",) if self.patching else ()
        kernels = (f"kernels: {self.optimization.word}",) if self.optimization.word else ()
        return (*channels, *kernels, *patches, *(self.streaming.lines() if self.streaming else ()))

    @property
    def hop(self) -> int | None:
        """The new rows of a run, where the model goes over a sliding window."""
        return self.graph.stream.hop if self.graph.stream else None

    @property
    def made_by(self) -> Provenance:
        """What made the model."""
        return self.about.made_by

    def program(self, stem: str, *, has_shared_arena: bool = False) -> Program:
        """Return what the sources are made from; stem is what the model's C is called."""
        return Program(
            name=self.name,
            sha256=self.sha256,
            graph=self.graph,
            plan=self.plan,
            calls=self.calls,
            stem=stem,
            has_shared_arena=has_shared_arena,
            is_small=self.optimization.goal == "size" and self.target.isa not in _WITHOUT_TABLES,
            about=self.about,
            guard=_guard(self.target),
        )


def compile_model(
    data: bytes,
    name: str,
    target: Target = PORTABLE,
    ram_bytes: int | None = None,
    about: About = NOTHING,
    *,
    keeps_channels: bool = False,
    optimization: Optimization = BALANCED,
    hop: int | None = None,
) -> CompiledModel:
    """Return the model in a .tflite file's bytes as C for target.

    name becomes a C identifier. ram_bytes is the most that the arena may take: where it would be
    larger, layers get kernels with less working memory, and if that is not enough are run in patches.
    about is what the sources say of the model, optimization what its kernels are chosen for. keeps_channels
    is for a model whose weights are not the real ones: no channel is left out because they never use it. hop
    is for an input that is a window which slides by so many rows (0: as few as possible): then a run takes
    the new rows alone, and computes what is new (docs/streaming.md). The same arguments give the same
    sources. Raises InputError for a damaged file, UnsupportedError with every operation that cannot be
    compiled, or why it cannot go by hops,
    DoesNotFitError for an arena that no board could hold, or that cannot be had in ram_bytes.
    """
    read = read_graph(data, name)
    _check_loops(read)
    _check_unneeded(read)
    graph = clean(read)
    _check_supported(graph)
    graphs = forms(graph, keeps_channels=keeps_channels, hop=hop)
    layout, patching = _laid_out(graphs, target, optimization), None
    if ram_bytes is not None and layout.plan.arena_bytes > ram_bytes:
        layout, patching = _fitted(layout, target, ram_bytes, optimization)
    compiled = compile_layout(layout, data, name, patching, about, target, optimization)
    return replace(
        compiled,
        ram_bytes=ram_bytes,
        streaming=streaming_of(compiled.graph, graph),
    )


def _laid_out(graphs: Sequence[Graph], target: Target, optimization: Optimization) -> Layout:
    return lay_out([choose(graph, target, optimization) for graph in graphs], target)


def _fitted(
    whole: Layout, target: Target, ram_bytes: int, optimization: Optimization
) -> tuple[Layout, Patching | None]:
    """Return whole with slower kernels, and in patches if need be, in an arena of at most ram_bytes."""
    layout, patching = choose_to_fit(whole, target, ram_bytes, optimization), None
    if layout.plan.arena_bytes > ram_bytes:
        layout, patching = _in_patches(leanest(whole, target), target, ram_bytes)
    faster = use_room(layout, whole.graph, target, ram_bytes, optimization)
    if patching is None:
        return faster, None
    whole_bytes, arena_bytes = whole.plan.arena_bytes, faster.plan.arena_bytes
    return faster, replace(patching, whole_arena_bytes=whole_bytes, arena_bytes=arena_bytes)


def least_arena(compiled: CompiledModel, ram_bytes: int) -> Patching | None:
    """Return what patches of a model's layers would save and cost: the least computing that
    needs at most ram_bytes, or else the least arena that was found. None where no patches save anything.
    """
    layout = Layout(compiled.graph, compiled.calls, compiled.plan)
    patched = patch_to_fit(leanest(layout, compiled.target), compiled.target, ram_bytes)
    return patched.patching if patched else None


def _in_patches(whole: Layout, target: Target, ram_bytes: int) -> tuple[Layout, Patching]:
    known: dict[Candidate, int] = {}
    patched = patch_to_fit(whole, target, ram_bytes, known)
    if patched is not None and patched.patching.arena_bytes <= ram_bytes:
        return patched.layout, patched.patching
    least = _least_that_works(whole, target, patched, known)
    raise DoesNotFitError(
        f"{whole.graph.name} needs an arena of {whole.plan.arena_bytes:,} bytes, and of {least:,} at the "
        f"least that was found with layers in patches; it may have {ram_bytes:,}.",
        hint=f"Try: --ram {least} (in tinyml.toml: ram_bytes = {least}), or a smaller input",
        facts={"arena_bytes": whole.plan.arena_bytes, "least_arena_bytes": least, "ram_bytes": ram_bytes},
    )


def _least_that_works(
    whole: Layout, target: Target, found: Patched | None, known: dict[Candidate, int]
) -> int:
    """Return the least arena that may be asked for, which another search, that tries less, finds too."""
    for _ in range(_MOST_SEARCHES):
        if found is None:
            break
        least = found.patching.arena_bytes
        found = patch_to_fit(whole, target, least, known)
        if found is not None and found.patching.arena_bytes <= least:
            return least
    return whole.plan.arena_bytes


def compile_layout(
    layout: Layout,
    data: bytes,
    name: str,
    patching: Patching | None = None,
    about: About = NOTHING,
    target: Target = PORTABLE,
    optimization: Optimization = BALANCED,
) -> CompiledModel:
    """Return the C of a model whose memory is laid out for target; data are the bytes of its .tflite file."""
    graph, calls, plan = layout.graph, layout.calls, layout.plan
    model = CompiledModel(
        name=c_identifier(name),
        sha256=sha256(data).hexdigest(),
        graph=graph,
        plan=plan,
        calls=calls,
        sources={},
        kernels=kernel_names((*calls, reset_calls(graph))),
        weights_bytes=0,
        arena_bytes=plan.arena_bytes,
        patching=patching,
        about=about,
        target=target,
        optimization=optimization,
    )
    sources, weights_bytes = emit_model(model.program("model"))
    return replace(model, sources=sources, weights_bytes=weights_bytes)


def _guard(target: Target) -> Guard | None:
    macro = ISA_MACROS.get(target.isa)
    return Guard(target.name, macro) if macro else None


def _check_supported(graph: Graph) -> None:
    """Raise one UnsupportedError for all that cannot be compiled."""
    _check_quantized(graph)
    found = [
        Refused(o, reasons, o.kind in operators())
        for o in graph.operations
        if (reasons := _problems(graph, o))
    ]
    ends = _end_problems(graph)
    if found or ends:
        are_float = bool(found) and all(_FLOAT in each.reasons for each in found)
        hint = float_hint(graph, found) if are_float else refusal_hint(found)
        raise UnsupportedError(refusal_text(graph, found, ends), hint=hint)


def _problems(graph: Graph, operation: Operation) -> list[str]:
    operator = operators().get(operation.kind)
    if operator is None:
        return [refusal(operation.kind)]
    problems = operator.problems(graph, operation)
    if problems and _is_float(graph, operation):
        return [_FLOAT]
    return problems or _state_problems(graph, operation, operator)


def _is_float(graph: Graph, operation: Operation) -> bool:
    """Whether an operation computes in float32, which TFLM's and a board's libraries round differently."""
    results = graph.output_tensors(operation)
    return operation.kind not in _BRIDGES and any(t.dtype == "float32" for t in results)


def _state_problems(graph: Graph, operation: Operation, operator: Operator) -> list[str]:
    """Return why an operation cannot have what survives from run to run where it has it."""
    inputs = enumerate(graph.input_tensors(operation))
    found = {place for place, tensor in inputs if tensor is not None and tensor.is_state}
    return [f"its input {place} is a variable" for place in sorted(found.difference(operator.state_inputs))]


def _end_problems(graph: Graph) -> list[str]:
    """Return what is wrong with the graph's inputs and outputs as the firmware would offer them."""
    problems = [] if graph.inputs else ["  the graph has no inputs"]
    for what, ids in (("input", graph.inputs), ("output", graph.outputs)):
        for tensor in (graph.tensors[i] for i in ids):
            text = f"  {what} {short_text(tensor)} of the graph"
            if tensor.dtype not in WORLD_TYPES:
                problems.append(f"{text} has a type that is none of {', '.join(WORLD_TYPES)}")
            if tensor.is_constant:
                problems.append(f"{text} is a constant")
            if tensor.is_state:
                problems.append(f"{text} is a variable")
            if not tensor.bytes:
                problems.append(f"{text} is empty")
    return problems


def _check_loops(graph: Graph) -> None:
    """Raise UnsupportedError if what a WHILE or IF runs was left in float32, before it is unrolled."""
    for each in graph.all_graphs()[1:]:
        for operation in each.operations:
            if operation.kind not in _BRIDGES and any(
                t.dtype == "float32" for t in each.output_tensors(operation)
            ):
                raise UnsupportedError(
                    f"{each.name}: the converter left {describe(operation)} in float32, as it does inside of "
                    "loops and branches (WHILE, IF). Only full int8 models are compiled.",
                    hint="Try: tinyml quantize, which lays Keras' recurrent layers out step by step, or "
                    "unroll=True before you convert it yourself",
                )


def _check_unneeded(graph: Graph) -> None:
    """Raise UnsupportedError for what runs in a loop or branch, cannot be compiled, and leads to no output.

    Passes drop it, but TFLM runs it, and so does whoever evaluates the file's own graph.
    """
    running = {o.index for o in live_operations(graph) if o.kind in SUBGRAPH_OPTIONS}
    if not running:
        return
    unrolled = unroll.run(graph)
    needed = {o.outputs for o in live_operations(unrolled, with_shapes=False)}
    inside = [o for o in unrolled.operations if o.index in running and o.kind not in SUBGRAPH_OPTIONS]
    found = [
        Refused(o, reasons, o.kind in operators())
        for o in inside
        if o.outputs not in needed and (reasons := _problems(unrolled, o))
    ]
    if found:
        raise UnsupportedError(refusal_text(unrolled, found, ()), hint=refusal_hint(found))


def _check_quantized(graph: Graph) -> None:
    """Raise UnsupportedError if this is a float model, instead of one complaint a layer."""
    work = [o for o in graph.operations if o.kind not in _BRIDGES]
    floats = [o for o in work if any(t.dtype == "float32" for t in graph.output_tensors(o))]
    quantized = any(t.quantization is not None for o in work for t in graph.output_tensors(o))
    if not floats or quantized:
        return
    weights = {t.dtype for o in floats for t in graph.input_tensors(o) if t is not None and t.is_constant}
    detail = " with int8 weights (dynamic range quantization)" if "int8" in weights else ""
    raise UnsupportedError(
        f"{graph.name} is a float model{detail}: all its {len(floats)} layers compute in float32. "
        "Only full int8 models are compiled.",
        hint=_QUANTIZE_HINT,
    )
