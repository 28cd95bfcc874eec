# SPDX-License-Identifier: Apache-2.0
"""Where an inference's time goes: by layer, as lines, as plain values and as a trace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.macs import count_macs
from toolkit.targets.board import Board
from toolkit.timing.text import modelled_text
from toolkit.verify.any_model import Trial
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
)


@dataclass(frozen=True)
class LayerProfile:
    """What one layer does and takes; milliseconds by the board's clock, bytes of what it puts out.

    None is what nobody counted. An operation that runs in patches is one layer.
    """

    index: int
    name: str
    macs: int
    instructions: int | None
    cycles: int | None
    flash_wait_cycles: int | None
    milliseconds: float | None
    output_bytes: int


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


def profile_of(trial: Trial, board: Board) -> Profile:
    """Return the profile of a model that was tried on board."""
    graph, verdict = trial.compiled.graph, trial.checked.verdict
    return Profile(
        model=trial.compiled.name,
        board=board.name,
        runner=verdict.runner,
        clock_hz=board.clock.hz,
        layers=tuple(_layers(graph, verdict, board)),
        instructions=verdict.instructions,
        cycles=verdict.cycles,
        flash_wait_cycles=verdict.flash_wait_cycles,
        milliseconds=verdict.latency_ms,
        latency_error=verdict.latency_error,
        is_modelled=verdict.latency_is_modelled,
    )


def _layers(graph: Graph, verdict: Verdict, board: Board) -> Sequence[LayerProfile]:
    groups = _groups(graph, len(verdict.layers))
    return [
        LayerProfile(
            index=layer.index,
            name=layer.name,
            macs=sum(count_macs(graph, operation) for operation in group),
            instructions=layer.instructions,
            cycles=layer.cycles,
            flash_wait_cycles=layer.flash_wait_cycles,
            milliseconds=_milliseconds(layer, board),
            output_bytes=sum(t.bytes for o in group for t in graph.output_tensors(o)),
        )
        for layer, group in zip(verdict.layers, groups, strict=True)
    ]


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
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 1 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [*lines, "", _total_line(profile)]


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
        "-" if layer.milliseconds is None else f"{layer.milliseconds:.3g}",
        share,
        each,
        f"{layer.output_bytes:,}",
    )


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
    return f"{profile.model} on {profile.board} ({profile.runner}): {macs:,} MACs, {text}"


def trace_text(profile: Profile) -> str:
    """Return the layers one after the other in the Trace Event Format, which Perfetto and speedscope open.

    Microseconds where a layer's milliseconds are known, else an instruction counts as one.
    """
    events: list[dict[str, Any]] = [
        {"ph": "M", "pid": 1, "tid": 1, "name": "process_name", "args": {"name": profile.model}},
        {"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": profile.board}},
    ]
    start = 0.0
    for layer in profile.layers:
        milliseconds = layer.milliseconds
        taken = float(layer.instructions or 0) if milliseconds is None else milliseconds * _MICROSECONDS
        events.append(
            {
                "ph": "X",
                "pid": 1,
                "tid": 1,
                "name": f"{layer.index} {layer.name}",
                "ts": round(start, 3),
                "dur": round(taken, 3),
                "args": asdict(layer),
            }
        )
        start += taken
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}, indent=1) + "\n"
