# SPDX-License-Identifier: Apache-2.0
"""Measures every variant of every layer in emulation, and chooses by what they took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from toolkit.compiler.choice import Costs, Optimization, layer_key, variant_name, variants_of
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import keep_costs, kept_costs
from toolkit.errors import DoesNotFitError
from toolkit.project.goals import Goal
from toolkit.reference.oracle import Rows
from toolkit.targets.board import Board
from toolkit.targets.target import target_of
from toolkit.tflite.reader import read_graph
from toolkit.ui import OnProgress
from toolkit.verify.any_model import Trial, try_samples
from toolkit.verify.generated_c import random_rows
from toolkit.verify.on_device import Place, Samples
from toolkit.verify.verdict import require_all

_CORNERS = 2


@dataclass(frozen=True)
class TunedLayer:
    """A layer with what its variants took, in cycles: before was chosen without that, after by that."""

    index: int
    kind: str
    cycles: Mapping[str, int]
    before: str
    after: str


@dataclass(frozen=True)
class Tuned:
    """What tuning found. cycles_before and cycles_after are sums over layers; was_kept says that nothing was
    measured anew, compiler what built the firmware that was measured.
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
    CheckFailedError for a byte that differs, DoesNotFitError if the layers do not fit the board one by one.
    """
    target = target_of(board)
    costs = kept_costs(model, data, target)
    was_kept = costs is not None and costs.board == board.name
    if costs is None or not was_kept:
        costs = _measured(data, name, board, on_progress)
        keep_costs(model, data, target, costs)
    before = compile_model(data, name, target, ram_bytes, optimization=Optimization(goal))
    after = compile_model(data, name, target, ram_bytes, optimization=Optimization(goal, costs))
    layers = tuple(_layers(before, after, costs))
    return Tuned(
        model=name,
        board=board.name,
        compiler=costs.compiler,
        goal=goal,
        layers=layers,
        cycles_before=_sum(before, costs),
        cycles_after=_sum(after, costs),
        arena_before=before.arena_bytes,
        arena_after=after.arena_bytes,
        was_kept=was_kept,
    )


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
    for operation in before.graph.operations:
        key = layer_key(operation)
        name = variant_name(before.graph, operation, before.target)
        yield TunedLayer(
            operation.index, operation.kind, costs.cycles.get(key, {}), name, chosen.get(key, name)
        )


def _sum(compiled: CompiledModel, costs: Costs) -> int:
    graph = compiled.graph
    return sum(
        costs.cycles.get(layer_key(o), {}).get(variant_name(graph, o, compiled.target), 0)
        for o in graph.operations
    )
