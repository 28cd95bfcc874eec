# SPDX-License-Identifier: Apache-2.0
"""Measures every variant of every layer in emulation, and chooses by what they took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from toolkit.compiler.choice import Costs, Optimization, layer_key, variant_name, variants_of
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import keep_costs, kept_costs, require_place_for_costs
from toolkit.errors import DoesNotFitError
from toolkit.project.goals import Goal
from toolkit.reference.oracle import Rows
from toolkit.targets.board import Board
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of
from toolkit.tflite.reader import read_graph
from toolkit.timing.model import cost_of, latency_error
from toolkit.timing.text import WITH_WAITS
from toolkit.ui import OnProgress
from toolkit.verify.any_model import Trial, try_samples
from toolkit.verify.generated_c import random_rows
from toolkit.verify.on_device import Place, Samples, layer_numbers
from toolkit.verify.verdict import require_all

_CORNERS = 2


@dataclass(frozen=True)
class TunedLayer:
    """A layer with what its variants took, in Tuned.unit: before was chosen without that, after by that.

    index is the layer's number as profile and inspect have it.
    """

    index: int
    kind: str
    cycles: Mapping[str, int]
    before: str
    after: str


@dataclass(frozen=True)
class Tuned:
    """What tuning found. cycles_before and cycles_after are sums over layers, in unit: cycles with waits for
    flash, instructions where nobody models cycles. cycles_fastest is with each layer's fastest variant;
    milliseconds and latency_error are None where they are not known. has_patches says that layers run in
    patches, of which nothing is known. was_kept says that nothing was measured anew, compiler what built the
    firmware that was measured.
    """

    model: str
    board: str
    compiler: str
    goal: Goal
    layers: tuple[TunedLayer, ...]
    cycles_before: int
    cycles_after: int
    arena_before: int
    arena_after: int
    was_kept: bool
    cycles_fastest: int
    unit: str
    clock_hz: int
    milliseconds_before: float | None
    milliseconds_after: float | None
    latency_error: float | None
    has_patches: bool

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)


def tune_model(
    model: Path,
    data: bytes,
    name: str,
    board: Board,
    goal: Goal,
    ram_bytes: int | None = None,
    on_progress: OnProgress | None = None,
) -> Tuned:
    """Measure the variants of a model's layers in emulation, keep that beside the file, return the choice.

    data are the bytes of the .tflite file model, name is that of the C. What was kept for the same model,
    target and kernels is taken as it is. Every variant's outputs are compared with the reference: raises
    CheckFailedError for a byte that differs, DoesNotFitError if the layers do not fit the board one by one,
    InputError before anything is measured if what is measured could not be kept.
    """
    target = target_of(board)
    costs = kept_costs(model, data, target)
    was_kept = costs is not None and costs.board == board.name
    if costs is None or not was_kept:
        require_place_for_costs(model)
        costs = _measured(data, name, board, on_progress)
        keep_costs(model, data, target, costs)
    before = compile_model(data, name, target, ram_bytes, optimization=Optimization(goal))
    after = compile_model(data, name, target, ram_bytes, optimization=Optimization(goal, costs))
    cycles = [_sum(each, costs) for each in (before, after)]
    is_timed, has_patches = _is_timed(board), bool(before.patching or after.patching)
    times = [1000 * each / board.clock.hz if is_timed and not has_patches else None for each in cycles]
    return Tuned(
        model=name,
        board=board.name,
        compiler=costs.compiler,
        goal=goal,
        layers=tuple(_layers(before, after, costs)),
        cycles_before=cycles[0],
        cycles_after=cycles[1],
        arena_before=before.arena_bytes,
        arena_after=after.arena_bytes,
        was_kept=was_kept,
        cycles_fastest=sum(min(found.values(), default=0) for found in costs.cycles.values()),
        unit=WITH_WAITS if is_timed else "instructions",
        clock_hz=board.clock.hz,
        milliseconds_before=times[0],
        milliseconds_after=times[1],
        latency_error=latency_error(find_core(board.core).timing, board.flash_timing) if is_timed else None,
        has_patches=has_patches,
    )


def _is_timed(board: Board) -> bool:
    return cost_of(find_core(board.core).timing) is not None


def _measured(data: bytes, name: str, board: Board, on_progress: OnProgress | None) -> Costs:
    """Return what every variant of every layer took: in round i each layer has its variant i, or its last."""
    target = target_of(board)
    start = compile_model(data, name, target)
    found = {layer_key(o): variants_of(start.graph, o, target) for o in start.graph.operations}
    cycles: dict[str, dict[str, int]] = {key: {} for key in found}
    rounds = max((len(variants) for variants in found.values()), default=0)
    rows, compiler = random_rows(read_graph(data, name), _CORNERS + 1)[-1:], ""
    for place in range(rounds):
        wanted = {key: variants[min(place, len(variants) - 1)].name for key, variants in found.items()}
        if on_progress is not None:
            on_progress(place, rounds, f"variants {place + 1} of {rounds}")
        trial = _tried(data, name, board, Optimization(wanted=wanted), rows)
        compiler = trial.firmware.compiler
        for key, taken in _layer_cycles(trial):
            cycles[key][wanted[key]] = taken
    return Costs(board.name, compiler, cycles)


def _tried(data: bytes, name: str, board: Board, optimization: Optimization, rows: Rows) -> Trial:
    compiled = compile_model(data, name, target_of(board), optimization=optimization)
    trial = try_samples(compiled, data, Samples(rows), board, Place())
    if trial.compiled.patching is not None:
        raise DoesNotFitError(
            f"{name} fits {board.name} only with layers in patches; what is measured is whole layers.",
            hint="Try: a board with more RAM and the same core: tinyml boards",
        )
    require_all([trial.checked.verdict], trial.to_json())
    return trial


def _layer_cycles(trial: Trial) -> Iterator[tuple[str, int]]:
    """Yield each layer's key and its cycles, with those that it waits for flash; where nobody models them its
    instructions.
    """
    for operation, layer in zip(trial.compiled.graph.operations, trial.checked.verdict.layers, strict=True):
        taken = layer.instructions if layer.cycles is None else layer.cycles + (layer.flash_wait_cycles or 0)
        yield layer_key(operation), taken or 0


def _layers(before: CompiledModel, after: CompiledModel, costs: Costs) -> Iterator[TunedLayer]:
    chosen = {layer_key(o): variant_name(after.graph, o, after.target) for o in after.graph.operations}
    for index, operation in zip(layer_numbers(before), before.graph.operations, strict=True):
        key = layer_key(operation)
        name = variant_name(before.graph, operation, before.target)
        yield TunedLayer(index, operation.kind, costs.cycles.get(key, {}), name, chosen.get(key, name))


def _sum(compiled: CompiledModel, costs: Costs) -> int:
    graph = compiled.graph
    return sum(
        costs.cycles.get(layer_key(o), {}).get(variant_name(graph, o, compiled.target), 0)
        for o in graph.operations
    )
