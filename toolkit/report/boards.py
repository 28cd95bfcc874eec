# SPDX-License-Identifier: Apache-2.0
"""What the boards' verdicts say: what a firmware takes of its board, its time, and each layer's share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError
from toolkit.metrics import score_text
from toolkit.report.inputs import Json
from toolkit.report.tables import Table, number_text
from toolkit.targets.board import Board, load_board
from toolkit.timing.text import digits, error_text

TIGHT = 0.9
"""From this share on, memory is called tight."""


@dataclass(frozen=True)
class Bar:
    """A layer's share of the inference: percent is of all, width of the widest."""

    label: str
    value: str
    percent: str
    width: str


@dataclass(frozen=True)
class Share:
    """What is used of a board's memory, bytes. tone is "good", "tight" or "bad"."""

    name: str
    used: int
    most: int

    @property
    def share(self) -> float:
        """Return the part that is used."""
        return self.used / self.most

    @property
    def percent(self) -> str:
        """Return the part for people."""
        return f"{100 * self.share:.3g} %"

    @property
    def width(self) -> str:
        """Return the length of its bar in percent."""
        return f"{min(100.0, 100 * self.share):.1f}"

    @property
    def text(self) -> str:
        """Return both numbers."""
        return f"{number_text(self.used)} of {number_text(self.most)} B"

    @property
    def tone(self) -> str:
        """Return how near to the end it is."""
        return "bad" if self.share > 1 else ("tight" if self.share > TIGHT else "good")


@dataclass(frozen=True)
class BoardPart:
    """What the check of one board said. time is milliseconds for people, "" if nobody knows them."""

    name: str
    passed: bool
    summary: str
    difference: str
    time: str
    time_note: str
    shares: tuple[Share, ...]
    bars: tuple[Bar, ...]


_SIZES = {
    "instructions": "instructions",
    "cycles": "cycles",
    "waiting for flash": "flash_wait_cycles",
    "arena": "arena_bytes",
    "stack": "stack_bytes",
    "RAM": "ram_bytes",
    "weights": "weights_bytes",
    "model in flash": "model_flash_bytes",
    "flash": "flash_bytes",
}


def boards_table(verdicts: tuple[Json, ...]) -> Table:
    """Return every figure of every board."""
    headings = ("board", "equal samples", "on the board", "on the host", "milliseconds", *_SIZES)
    return Table(headings, tuple(_board_row(verdict) for verdict in verdicts))


def streams_table(streams: tuple[Json, ...]) -> Table:
    """Return what the boards say of raw recordings."""
    headings = ("board", "equal windows", "a frame or row", "RAM of the stream")
    rows = [
        (
            str(stream["board"]),
            f"{number_text(stream['equal'])} of {number_text(stream['windows'])}",
            f"{number_text(stream['row_cycles'])} {stream['unit']}",
            number_text(stream["ram_bytes"]),
        )
        for stream in streams
    ]
    return Table(headings, tuple(rows))


def board_part(verdict: Json) -> BoardPart:
    """Return what one board said."""
    passed = bool(verdict["passed"])
    what = "all equal" if passed else f"{verdict['samples'] - verdict['equal']} differ"
    time, note = _time(verdict)
    return BoardPart(
        name=str(verdict["board"]),
        passed=passed,
        summary=f"{verdict['samples']} samples, run by {verdict.get('remark') or verdict['runner']}, "
        f"compared with {verdict['oracle']}: {what}",
        difference=_difference(verdict.get("first_difference")),
        time=time,
        time_note=note,
        shares=shares_of(verdict),
        bars=_bars(verdict.get("layers") or []),
    )


def shares_of(verdict: Json) -> tuple[Share, ...]:
    """Return what the firmware takes of RAM and flash; nothing for a board without a memory of its own."""
    board = known_board(str(verdict["board"]))
    if board is None or board.memory is None:
        return ()
    memory = board.memory
    return (
        Share("RAM", int(verdict["ram_bytes"]), memory.ram.bytes),
        Share("flash", int(verdict["flash_bytes"]), memory.flash.bytes),
    )


def known_board(name: str) -> Board | None:
    """Return the board of a verdict, None if it is none of the toolkit's or the project's by now."""
    try:
        return load_board(name)
    except InputError:
        return None


def _board_row(verdict: Json) -> tuple[str, ...]:
    score: Mapping[str, Any] = verdict.get("score") or {}
    metric = str(score.get("metric", ""))
    time, note = _time(verdict)
    return (
        str(verdict["board"]),
        f"{number_text(verdict['equal'])} of {number_text(verdict['samples'])}",
        score_text(metric, score.get("device")),
        score_text(metric, score.get("host")),
        f"{time or number_text(None)} {note}".strip(),
        *(number_text(verdict.get(key)) for key in _SIZES.values()),
    )


def _time(verdict: Json) -> tuple[str, str]:
    """Return milliseconds and how sure they are; modelled ones never without their error."""
    milliseconds = verdict.get("latency_ms")
    if milliseconds is None:
        return "", ""
    note = error_text(verdict.get("latency_error")) if verdict.get("latency_is_modelled") else ""
    return digits(milliseconds), note


def _difference(first: Json | None) -> str:
    if not first:
        return ""
    return (
        f"First difference: sample {first['sample']}, output {first['output']} "
        f"(written by {first['layer']}), index {first['index']}: "
        f"expected {first['expected']:g}, got {first['got']:g}."
    )


def _bars(layers: list[Json]) -> tuple[Bar, ...]:
    counts = [count for layer in layers if (count := _count(layer)) is not None]
    if len(counts) < len(layers):
        return ()  # nothing counts there: QEMU's machines have no cycle counter
    total, widest = sum(counts) or 1, max(counts, default=1) or 1
    return tuple(
        Bar(
            label=f"{layer['index']} {layer['name']}",
            value=number_text(count),
            percent=f"{100 * count / total:.1f} %",
            width=f"{100 * count / widest:.1f}",
        )
        for layer, count in zip(layers, counts, strict=True)
    )


def _count(layer: Json) -> int | None:
    """What a layer took: cycles, or instructions where no cycles are known; None where neither is."""
    cycles = layer.get("cycles")
    count = layer["instructions"] if cycles is None else cycles
    return None if count is None else int(count)
