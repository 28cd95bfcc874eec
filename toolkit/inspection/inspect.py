# SPDX-License-Identifier: Apache-2.0
"""A model's layers, its arena over time, and whether it fits each board."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from toolkit.compiler.choice import Optimization
from toolkit.compiler.compile import CompiledModel, compile_model, least_arena
from toolkit.compiler.patching import Patching
from toolkit.compiler.streaming import Streaming
from toolkit.errors import DoesNotFitError, UnsupportedError
from toolkit.inspection.advice import advise
from toolkit.inspection.board_fit import BoardFit, Needs, fit_on
from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ir.rules import kind_text
from toolkit.memory.plan import MemoryPlan
from toolkit.memory.planner import plan_memory
from toolkit.ops.shared.macs import count_macs
from toolkit.ops.shared.refused import refusal
from toolkit.ops.shared.registry import operators
from toolkit.passes.dropped import Dropped, dropped_channels
from toolkit.passes.sequence import clean
from toolkit.project.goals import Goal
from toolkit.targets.board import Board
from toolkit.targets.target import PORTABLE, Target, target_of
from toolkit.tflite.reader import read_graph

_SHOWN = 5
_BYTES_A_VALUE = 4


@dataclass(frozen=True)
class Layer:
    """One operation as it runs. live_bytes is what of the arena holds something while it does.

    after are the steps whose outputs it reads, -1 for an input of the model. tensors are what it writes, by
    their names in the file.
    """

    step: int
    kind: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    macs: int
    weights_bytes: int
    live_bytes: int
    problems: tuple[str, ...]
    after: tuple[int, ...] = ()
    tensors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Something in the arena: bytes at offset from the step first to the step last."""

    name: str
    offset: int
    bytes: int
    first: int
    last: int
    is_scratch: bool


@dataclass(frozen=True)
class Inspection:
    """All that is told of a model. refusal is why it cannot be compiled, "" if it can, refusal_hint what to
    try. A refused one fits no board, and macs are without those of layers that have problems.

    arena_bytes of a model that cannot be compiled is an estimate: the layers' working memory and
    what passes would save are not known. arena_is_least: no plan of these layers is smaller.
    largest_ram are the blocks at the fullest step. dropped: channels that layers no longer have. streaming:
    what a window that slides computes and keeps, with a hop.
    ends says of each input and output what the firmware takes and gives.
    """

    name: str
    sha256: str
    ends: tuple[str, ...]
    layers: tuple[Layer, ...]
    blocks: tuple[Block, ...]
    arena_bytes: int
    lower_bound_bytes: int
    arena_is_estimate: bool
    arena_is_least: bool
    weights_bytes: int
    macs: int
    peak_step: int
    largest_ram: tuple[Block, ...]
    largest_flash: tuple[Layer, ...]
    boards: tuple[BoardFit, ...]
    advice: tuple[str, ...]
    refusal: str
    refusal_hint: str = ""
    dropped: Dropped | None = None
    streaming: Streaming | None = None

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        boards = [{**asdict(fit), "fits": fit.fits and not self.refusal} for fit in self.boards]
        return {**asdict(self), "boards": boards}


@dataclass(frozen=True, eq=False)
class _Planned:
    """A graph with its arena, compiled or as far as it goes."""

    graph: Graph
    plan: MemoryPlan
    compiled: CompiledModel | None
    refusal: str
    refusal_hint: str = ""


def inspect_model(
    data: bytes,
    name: str,
    boards: Sequence[Board],
    *,
    is_untrained: bool = False,
    hop: int | None = None,
    goal: Goal = "balanced",
) -> Inspection:
    """Return what there is to know of the .tflite file data, and how it fits boards.

    Layers and arena are those for the core of a single board, else those of portable code; each board's
    fit is by the code for its core. is_untrained says that the weights are not the real ones, hop is that of
    a window which slides, goal what kernels are chosen for. A model that cannot be compiled is shown as far
    as it goes. Raises InputError for a damaged file.
    """
    planned = cache(lambda target: _planned(data, name, target, goal, keeps_channels=is_untrained, hop=hop))
    found: _Planned = planned(target_of(boards[0]) if len(boards) == 1 else PORTABLE)
    blocks = _blocks(found)
    before = _before(found.graph)
    layers = tuple(_layer(found, step, blocks, before[step]) for step in range(len(before)))
    peak = max(layers, key=lambda layer: layer.live_bytes, default=None)
    peak_step = peak.step if peak else 0
    alive = [block for block in blocks if block.first <= peak_step <= block.last]
    fits = [_Fit.on(board, planned(target_of(board))) for board in boards if board.memory]
    largest_flash = sorted((x for x in layers if x.weights_bytes), key=lambda x: (-x.weights_bytes, x.step))
    return Inspection(
        name=name,
        sha256=sha256(data).hexdigest(),
        ends=tuple(_end_lines(found.graph)),
        layers=layers,
        blocks=blocks,
        arena_bytes=found.plan.arena_bytes,
        lower_bound_bytes=found.plan.lower_bound_bytes,
        arena_is_estimate=found.compiled is None,
        arena_is_least=found.plan.is_least,
        weights_bytes=_weights_bytes(found),
        macs=sum(layer.macs for layer in layers),
        peak_step=peak_step,
        largest_ram=tuple(sorted(alive, key=lambda b: (-b.bytes, b.offset))[:_SHOWN]),
        largest_flash=tuple(largest_flash[:_SHOWN]),
        boards=tuple(each.fit for each in fits),
        advice=tuple(line for each in fits for line in each.advice()),
        refusal=found.refusal,
        refusal_hint=found.refusal_hint,
        dropped=dropped_channels(found.graph),
        streaming=found.compiled.streaming if found.compiled else None,
    )


def fit_of(compiled: CompiledModel, board: Board) -> BoardFit:
    """Return what a firmware with a compiled model would take of board, which has a memory: an estimate."""
    planned = _Planned(compiled.graph, compiled.plan, compiled, "")
    return fit_on(board, _needs(planned, compiled.weights_bytes))


@dataclass(frozen=True, eq=False)
class _Fit:
    """How what was planned for a board's core fits the board."""

    planned: _Planned
    needs: Needs
    fit: BoardFit

    @classmethod
    def on(cls, board: Board, planned: _Planned) -> _Fit:
        needs = _needs(planned, _weights_bytes(planned))
        return cls(planned, needs, fit_on(board, needs))

    def advice(self) -> Iterator[str]:
        needs = self.needs

        def in_patches(short_bytes: int) -> Patching | None:
            return _in_patches(self.planned, short_bytes)

        return advise([self.fit], needs.arena_bytes, needs.weights_bytes, in_patches)


def _planned(
    data: bytes, name: str, target: Target, goal: Goal, *, keeps_channels: bool, hop: int | None
) -> _Planned:
    optimization = Optimization(goal)
    try:
        compiled = compile_model(
            data, name, target, keeps_channels=keeps_channels, hop=hop, optimization=optimization
        )
    except (UnsupportedError, DoesNotFitError) as error:
        graph = clean(read_graph(data, name))
        return _Planned(
            graph, plan_memory(graph, [[] for _ in graph.operations]), None, error.message, error.hint or ""
        )
    return _Planned(compiled.graph, compiled.plan, compiled, "")


def _weights_bytes(found: _Planned) -> int:
    if found.compiled:
        return found.compiled.weights_bytes
    graph = found.graph
    sources = [t for operation in graph.operations for t in graph.input_tensors(operation) if t is not None]
    return sum(t.bytes for t in sources if t.is_constant)


def _in_patches(found: _Planned, short_bytes: int) -> Patching | None:
    """Return what layers in patches would do for an arena that is so many bytes too large."""
    room = found.plan.arena_bytes - short_bytes
    return least_arena(found.compiled, room) if found.compiled and room > 0 else None


def _end_lines(graph: Graph) -> Iterator[str]:
    for what, in_file, here in (("input", graph.given, graph.inputs), ("output", graph.asked, graph.outputs)):
        for pair in zip(in_file, here, strict=True):
            before, tensor = (graph.tensors[i] for i in pair)
            line = f"{what} {tensor.dtype}{list(tensor.shape)}, {tensor.bytes:,} B"
            if tensor is not before and tensor.quantization is not None:
                line += f": {before.dtype} in the file, quantized outside, "
                line += f"scale {tensor.quantization.scale:.6g}, zero point {tensor.quantization.zero_point}"
            yield line


def _needs(found: _Planned, weights_bytes: int) -> Needs:
    graph = found.graph
    kinds = len({operation.kind for operation in graph.operations})
    return Needs(
        arena_bytes=found.plan.arena_bytes,
        weights_bytes=weights_bytes,
        table_bytes=_table_bytes(found.compiled) if found.compiled else 0,
        input_bytes=sum(graph.tensors[i].bytes for i in graph.inputs),
        kernels=len(found.compiled.kernels) if found.compiled else kinds,
        layers=len(graph.operations),
    )


def _table_bytes(compiled: CompiledModel) -> int:
    """Return the bytes of what the toolkit computed: tables beside the weights, and parameters."""
    total = 0
    for call in (call for layer in compiled.calls for call in layer):
        tables = [table for table in call.tables if not table.is_weights]
        values = sum(len(v) if isinstance(v, tuple) else 1 for v in call.params.values())
        total += sum(a.data.nbytes for a in tables) + _BYTES_A_VALUE * values
    return total


def _before(graph: Graph) -> list[tuple[int, ...]]:
    """Return for each step the steps that wrote bytes which it reads, as Layer.after has them."""
    writers: dict[int, list[tuple[int, Tensor]]] = {}
    for i in graph.inputs:
        writers.setdefault(graph.tensors[i].storage, []).append((-1, graph.tensors[i]))
    found = []
    for step, operation in enumerate(graph.operations):
        reads = [t for t in graph.input_tensors(operation) if t is not None and not t.is_constant]
        needs = {by for t in reads for by, wrote in writers.get(t.storage, ()) if _overlap(wrote, t)}
        found.append(tuple(sorted(needs)))
        for tensor in (*graph.output_tensors(operation), *(t for t in reads if t.is_state)):
            writers.setdefault(tensor.storage, []).append((step, tensor))
    return found


def _overlap(a: Tensor, b: Tensor) -> bool:
    """Return whether two tensors of one storage have bytes in common."""
    return a.storage_offset < b.storage_offset + b.bytes and b.storage_offset < a.storage_offset + a.bytes


def _layer(found: _Planned, step: int, blocks: Sequence[Block], after: tuple[int, ...]) -> Layer:
    graph, operation = found.graph, found.graph.operations[step]
    sources = [t for t in graph.input_tensors(operation) if t is not None]
    return Layer(
        step=step,
        kind=kind_text(operation),
        reads=tuple(f"{t.dtype}{list(t.shape)}" for t in sources if not t.is_constant),
        writes=tuple(f"{t.dtype}{list(t.shape)}" for t in graph.output_tensors(operation)),
        macs=count_macs(graph, operation),
        weights_bytes=sum(t.bytes for t in sources if t.is_constant),
        live_bytes=_covered(block for block in blocks if block.first <= step <= block.last),
        problems=() if found.compiled else tuple(_problems(graph, operation)),
        after=after,
        tensors=tuple(t.name for t in graph.output_tensors(operation)),
    )


def _problems(graph: Graph, operation: Operation) -> list[str]:
    operator = operators().get(operation.kind)
    return operator.problems(graph, operation) if operator else [refusal(operation.kind)]


def _covered(blocks: Iterable[Block]) -> int:
    """Return how many bytes of the arena blocks cover; those in the same place count once."""
    total = end = 0
    for block in sorted(blocks, key=lambda b: b.offset):
        start, stop = max(end, block.offset), block.offset + block.bytes
        total += max(0, stop - start)
        end = max(end, stop)
    return total


def _blocks(found: _Planned) -> tuple[Block, ...]:
    blocks = []
    for placement in found.plan.placements:
        buffer = placement.buffer
        is_scratch = buffer.tensor < 0
        if is_scratch:
            name = f"working memory of {kind_text(found.graph.operations[buffer.first])}"
        else:
            name = found.graph.tensors[buffer.tensor].name
        blocks.append(Block(name, placement.offset, buffer.bytes, buffer.first, buffer.last, is_scratch))
    return tuple(sorted(blocks, key=lambda b: (b.first, b.offset)))
