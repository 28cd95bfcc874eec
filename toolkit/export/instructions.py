# SPDX-License-Identifier: Apache-2.0
"""How many instructions the calls of a library take: counted on the emulated core, call by call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.codegen.model_stream import stream_feed
from toolkit.errors import TinymlError, ToolMissingError
from toolkit.export.library import Counted, Library, Member
from toolkit.export.linker import Linker
from toolkit.export.texts import fill, first_inputs
from toolkit.runners.emulator import require_unicorn
from toolkit.targets.board import Board, Clock, Emulation, Memory, Region
from toolkit.targets.cores import Core

_FLASH, _RAM = 0, 0x20000000
_STACK_BYTES, _RESERVE = 65536, 65536
_MOST_INSTRUCTIONS = 1_000_000_000
_TIMEOUT_S = 60.0
_SOURCE = "of no real board"


@dataclass(frozen=True)
class Stream:
    """How count.c feeds a stream: items of a step, how many numbers these are, and what calls take."""

    name: str
    item_type: str
    items: int
    numbers: int
    decides: bool
    step: str
    window: str


def count_calls(library: Library, linker: Linker) -> tuple[Counted, ...]:
    """Return the instructions of each model's invoke, with the first stored sample, and of a stream's calls.

    Nothing without unicorn, and where the calls do not end within 1e9 instructions and a minute. Raises
    CompileError if the linker does.
    """
    try:
        require_unicorn()
    except ToolMissingError:
        return ()
    if linker.core.emulated is None:
        return ()
    streams = [_stream(library, member) for member in library.streams]
    calls = tuple(_calls(library, streams))
    samples = [sample for member in library.members for sample in first_inputs(member)]
    program = fill("count.c.j2", library, streams=streams, samples=samples)
    elf = linker.link(program, fill("count.ld.j2", library, stack_bytes=_STACK_BYTES, **_sections(library)))
    try:
        found = _spans(elf, linker.core)
    except TinymlError:
        return ()
    return tuple(Counted(*call, count) for call, count in zip(calls, found, strict=True))


def _stream(library: Library, member: Member) -> Stream:
    model = member.model
    feed = stream_feed(model.graph, model.about, member.decision)
    assert feed is not None
    columns = 1 if feed.is_sound else feed.width
    step, rows = f"a frame of sound, {feed.row_items} samples on", "frames"
    if feed.rules is None:
        step, rows = ("a sample of sound", "samples") if feed.is_sound else ("a row", "rows")
    return Stream(
        name=model.name,
        item_type="int16_t" if feed.is_sound else "float",
        items=feed.row_items,
        numbers=feed.row_items * columns,
        decides=library.decides(member),
        step=step,
        window=f"a {'hop' if feed.by_hops else 'window'} of {feed.given_rows} {rows}",
    )


def _calls(library: Library, streams: Sequence[Stream]) -> Iterator[tuple[str, str]]:
    """Yield what count.c calls, in its order, and with what."""
    for member in library.members:
        yield f"{member.model.name}_invoke()", "the first stored sample"
    for stream in streams:
        yield f"{stream.name}_feed()", stream.step
        yield f"{stream.name}_feed_window()", stream.window
        if stream.decides:
            yield f"{stream.name}_decide()", "the scores of a window"


def _sections(library: Library) -> dict[str, list[str]]:
    """Return the sections of one's own, by what is in them."""
    every = [member.model.about.sections for member in library.members]
    return {
        "weights": sorted({each.weights for each in every if each.weights}),
        "arenas": sorted({each.arena for each in every if each.arena}),
    }


def _spans(elf: Path, core: Core) -> list[int]:
    """Return the instructions between each two calls of mark(), without those of the calls of mark().

    Raises TinymlError where the program does not end.
    """
    from toolkit.emulator.error import EmulationError
    from toolkit.emulator.machine import Machine

    machine, marks = Machine(elf, _board(elf, core)), list[int]()
    machine.watch(machine.image.symbols["mark"] & ~1, lambda: marks.append(machine.instructions))
    try:
        machine.run(_MOST_INSTRUCTIONS, _TIMEOUT_S)
    except EmulationError as end:
        if "breakpoint" not in str(end):
            raise
    spans = [after - before for before, after in zip(marks[::2], marks[1::2], strict=True)]
    return [span - spans[0] for span in spans[1:]]


def _board(elf: Path, core: Core) -> Board:
    """Return a board with core and as much memory as the program needs."""
    flash = Region(_FLASH, elf.stat().st_size + _RESERVE, _SOURCE)
    ram = Region(_RAM, 1 << 26, _SOURCE)
    return Board(
        name="export",
        title="export",
        mcu=core.name,
        core=core.name,
        port="",
        clock=Clock(1, _SOURCE),
        memory=Memory(flash, ram),
        emulation=Emulation(),
    )
