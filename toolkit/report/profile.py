# SPDX-License-Identifier: Apache-2.0
"""Where an inference's time goes: by layer, as lines, as plain values and as a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from toolkit.compiler.compile import CompiledModel
from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.macs import count_macs
from toolkit.report.text import aligned
from toolkit.targets.board import Board
from toolkit.timing.text import digits, modelled_text
from toolkit.verify.any_model import Trial
from toolkit.verify.kernel_code import KernelCode
from toolkit.verify.verdict import Layer, Verdict

_MICROSECONDS = 1000.0
_HEADINGS = (
    "layer",
    "operator",
    "MACs",
    "instructions",
    "cycles",
    "flash waits",
    "ms",
    "%",
    "cycles/MAC",
    "output, B",
    "weights, B",
    "scratch, B",
    "code, B",
    "stack, B",
)


@dataclass(frozen=True)
class LayerProfile:
    """What one layer does and takes; milliseconds by the board's clock, bytes of what it puts out.

    weights_bytes are those of its constants, scratch_bytes its working memory in the arena. code_bytes and
    stack_bytes are of its kernels with all that they call: layers that share a kernel share its code. None is
    what nobody counted, as of TensorFlow Lite Micro: scratch, code and stack. An operation that runs in
    patches is one layer.
    """

    index: int
    name: str
    macs: int
    instructions: int | None
    cycles: int | None
    flash_wait_cycles: int | None
    milliseconds: float | None
    output_bytes: int
    weights_bytes: int
    scratch_bytes: int | None
    code_bytes: int | None
    stack_bytes: int | None


@dataclass(frozen=True)
class Profile:
    """All layers of a model on a board. is_modelled says that cycles come from the cycle model."""

    model: str
    board: str
    runner: str
    clock_hz: int
    layers: tuple[LayerProfile, ...]
    instructions: int | None
    cycles: int | None
    flash_wait_cycles: int | None
    milliseconds: float | None
    latency_error: float | None
    is_modelled: bool

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)


def profile_of(
    trial: Trial,
    board: Board,
    code: Mapping[str, KernelCode] = MappingProxyType({}),
    interpreted: Graph | None = None,
) -> Profile:
    """Return the profile of a model that was tried on board; code is that of its kernels by name.

    interpreted is the graph as it is in the file, where TensorFlow Lite Micro ran it.
    """
    verdict = trial.checked.verdict
    if interpreted is None:
        layers = list(_layers(trial.compiled, verdict, board, code))
    else:
        layers = list(_interpreted_layers(interpreted, verdict, board))
    return Profile(
        model=trial.compiled.name,
        board=board.name,
        runner=verdict.runner,
        clock_hz=board.clock.hz,
        layers=tuple(layers),
        instructions=verdict.instructions,
        cycles=verdict.cycles,
        flash_wait_cycles=verdict.flash_wait_cycles,
        milliseconds=verdict.latency_ms,
        latency_error=verdict.latency_error,
        is_modelled=verdict.latency_is_modelled,
    )


def _layers(
    compiled: CompiledModel, verdict: Verdict, board: Board, code: Mapping[str, KernelCode]
) -> Iterator[LayerProfile]:
    graph = compiled.graph
    groups = _groups(graph, len(verdict.layers))
    for layer, group in zip(verdict.layers, groups, strict=True):
        parts = [code[kernel] for kernel in sorted(_kernels(compiled, group)) if kernel in code]
        stacks = [part.stack_bytes for part in parts]
        yield replace(
            _measured_layer(layer, graph, group, board),
            scratch_bytes=max(_scratch_bytes(compiled, operation) for operation in group),
            code_bytes=sum(part.code_bytes for part in parts) if parts else None,
            stack_bytes=max(s for s in stacks if s is not None) if parts and None not in stacks else None,
        )


def _interpreted_layers(graph: Graph, verdict: Verdict, board: Board) -> Iterator[LayerProfile]:
    """The operations as they are in the file; where TFLM names others, as in a loop, only their times."""
    names = [operation.kind for operation in graph.operations]
    is_same = names == [layer.name for layer in verdict.layers]
    for place, layer in enumerate(verdict.layers):
        group = [graph.operations[place]] if is_same else []
        yield _measured_layer(layer, graph, group, board)


def _measured_layer(layer: Layer, graph: Graph, group: Sequence[Operation], board: Board) -> LayerProfile:
    """What a run and the graph say of a layer; what only our compiler knows is None."""
    return LayerProfile(
        index=layer.index,
        name=layer.name,
        macs=sum(count_macs(graph, operation) for operation in group),
        instructions=layer.instructions,
        cycles=layer.cycles,
        flash_wait_cycles=layer.flash_wait_cycles,
        milliseconds=_milliseconds(layer, board),
        output_bytes=sum(t.bytes for o in group for t in graph.output_tensors(o)),
        weights_bytes=_weights_bytes(graph, group),
        scratch_bytes=None,
        code_bytes=None,
        stack_bytes=None,
    )


def _kernels(compiled: CompiledModel, group: Sequence[Operation]) -> set[str]:
    wanted = {id(operation) for operation in group}
    pairs = zip(compiled.graph.operations, compiled.calls, strict=True)
    return {call.kernel for operation, calls in pairs if id(operation) in wanted for call in calls}


def _weights_bytes(graph: Graph, group: Sequence[Operation]) -> int:
    """Return the bytes of constants: once, however many patches read them."""
    read = {i for operation in group for i in operation.inputs if i >= 0 and graph.tensors[i].is_constant}
    return sum(graph.tensors[i].bytes for i in read)


def _scratch_bytes(compiled: CompiledModel, operation: Operation) -> int:
    step = next(i for i, each in enumerate(compiled.graph.operations) if each is operation)
    buffers = [placement.buffer for placement in compiled.plan.placements]
    return sum(b.bytes for b in buffers if b.tensor < 0 and b.first <= step <= b.last)


def _milliseconds(layer: Layer, board: Board) -> float | None:
    if layer.cycles is None:
        return None
    return 1000 * (layer.cycles + (layer.flash_wait_cycles or 0)) / board.clock.hz


def _groups(graph: Graph, layers: int) -> list[list[Operation]]:
    """Return the operations of each layer: one, or the patches of one."""
    if layers == len(graph.operations):
        return [[operation] for operation in graph.operations]
    found: dict[int, list[Operation]] = {}
    for operation in graph.operations:
        found.setdefault(operation.index, []).append(operation)
    return list(found.values())


def profile_lines(profile: Profile) -> list[str]:
    """Return a table with a line for each layer, and what they take together."""
    total = profile.cycles or profile.instructions or 0
    rows = [_HEADINGS, *(_row(layer, total) for layer in profile.layers)]
    return [*aligned(rows, left=(1,)), "", _total_line(profile)]


def _row(layer: LayerProfile, total: int) -> tuple[str, ...]:
    taken = layer.instructions if layer.cycles is None else layer.cycles
    share = f"{100 * taken / total:.1f}" if taken is not None and total else "-"
    each = f"{layer.cycles / layer.macs:.2f}" if layer.cycles is not None and layer.macs else "-"
    return (
        str(layer.index),
        layer.name,
        f"{layer.macs:,}" if layer.macs else "-",
        "-" if layer.instructions is None else f"{layer.instructions:,}",
        "-" if layer.cycles is None else f"{layer.cycles:,}",
        "-" if layer.flash_wait_cycles is None else f"{layer.flash_wait_cycles:,}",
        "-" if layer.milliseconds is None else digits(layer.milliseconds),
        share,
        each,
        *(f"{size:,}" for size in (layer.output_bytes, layer.weights_bytes)),
        *("-" if size is None else f"{size:,}" for size in _known_sizes(layer)),
    )


def _known_sizes(layer: LayerProfile) -> tuple[int | None, ...]:
    return layer.scratch_bytes, layer.code_bytes, layer.stack_bytes


def _total_line(profile: Profile) -> str:
    counts = (
        (profile.instructions, "instructions"),
        (profile.cycles, "cycles"),
        (profile.flash_wait_cycles, "waiting for flash"),
    )
    text = ", ".join(f"{count:,} {unit}" for count, unit in counts if count is not None)
    macs = sum(layer.macs for layer in profile.layers)
    if profile.milliseconds is not None and profile.is_modelled:
        text += f": {modelled_text(profile.milliseconds, profile.latency_error, profile.clock_hz)}"
    elif profile.milliseconds is not None:
        text += f": {profile.milliseconds:.4g} ms at {profile.clock_hz / 1e6:g} MHz"
    text = text or "which nothing counts there"
    return f"{profile.model} on {profile.board} ({profile.runner}): {macs:,} MACs, {text}"


def _exact(microseconds: float) -> float:
    """Return the nearest 1024th: sums of these are exact, so that no layer reaches into the next one.

    Viewers take one that does, by a rounding, for the caller of all that follow.
    """
    return round(microseconds * 1024) / 1024


def trace_text(profile: Profile) -> str:
    """Return the layers one after the other in the Trace Event Format, which Perfetto and speedscope open.

    Microseconds where a layer's milliseconds are known, else an instruction counts as one.
    """
    events: list[dict[str, Any]] = [
        {"ph": "M", "pid": 1, "tid": 1, "name": "process_name", "args": {"name": profile.model}},
        {"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": profile.board}},
    ]
    end = 0.0
    for layer in profile.layers:
        milliseconds = layer.milliseconds
        taken = float(layer.instructions or 0) if milliseconds is None else milliseconds * _MICROSECONDS
        start, end = end, end + taken
        events.append(
            {
                "ph": "X",
                "pid": 1,
                "tid": 1,
                "name": f"{layer.index} {layer.name}",
                "ts": _exact(start),
                "dur": _exact(end) - _exact(start),
                "args": asdict(layer),
            }
        )
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}, indent=1) + "\n"
