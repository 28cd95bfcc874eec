# SPDX-License-Identifier: Apache-2.0
"""A compiled model alone on its core, in emulation: what each layer takes, without a firmware around it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from toolkit import paths, process
from toolkit.codegen.kernels import kernel_files
from toolkit.codegen.templates import render
from toolkit.compiler.compile import CompiledModel
from toolkit.errors import CompileError, DeviceError, InputError
from toolkit.firmware.platformio import package_dirs
from toolkit.firmware.render import memory_script
from toolkit.firmware.toolchain import core_compiler
from toolkit.ir.rules import kind_text
from toolkit.reference.oracle import Rows
from toolkit.runners.emulator import require_unicorn
from toolkit.targets.board import Board
from toolkit.targets.cores import find_core
from toolkit.timing.model import Counts, cost_of, waits_of
from toolkit.verify.on_device import layers_of
from toolkit.verify.verdict import Layer

_FLAGS = ("-ffunction-sections", "-fdata-sections")
"""What the firmware's own build takes: firmware_templates/platform/builder/main.py."""
_SHARED = ("startup.c", "cycles.c", "memory.c", "sections.ld", "tm_cortex_m.h")
_TIMEOUT_S = 600.0
_SHOWN_ERRORS = 3
_ERROR = re.compile(r"error: (?!ld returned)|undefined |multiple definition|ld(\.lld)?: ")
_MOST_INSTRUCTIONS = 100_000_000_000

_Taken = list[list[int | None]]


def count_layers(compiled: CompiledModel, board: Board, rows: Rows) -> list[tuple[Layer, ...]]:
    """Return what each layer takes for each row, int8 (n, input bytes) as the graph has them, from a reset.

    The model's own C and kernels, compiled as for the firmware. cycles and waits are None where the core
    has no model or the board no flash_timing. Raises ToolMissingError without a compiler for the core or
    without the emulator, InputError for a board that it does not know, DeviceError if the model does not
    run there: RAM or flash are too small.
    """
    with built_bare(compiled, board, rows) as elf:
        return layers_in(elf, compiled, board, len(rows))


def layers_in(elf: Path, compiled: CompiledModel, board: Board, rows: int) -> list[tuple[Layer, ...]]:
    """Return what count_layers() does of an image that built_bare() made for so many rows."""
    counted = {counts: _run(elf, board, counts, compiled, rows) for counts in _kinds(board)}
    names = [kind_text(operation) for operation in compiled.graph.operations]
    none: _Taken = [[None] * len(names)] * rows
    cycles, waited = counted.get("cycles", none), counted.get("flash_waits", none)
    waits = [waits_of(*each) for each in zip(waited, counted["instructions"], strict=True)]
    return [
        layers_of(compiled, names, *each) for each in zip(cycles, counted["instructions"], waits, strict=True)
    ]


@contextmanager
def built_bare(compiled: CompiledModel, board: Board, rows: Rows) -> Iterator[Path]:
    """Yield an ELF of the model alone, which runs rows (n, input bytes). Raises as count_layers() does."""
    require_unicorn()
    if board.memory is None or board.emulation is None:
        raise InputError(f"the emulator cannot run {board.name}.")
    with tempfile.TemporaryDirectory(prefix="tinyml-bare-") as name:
        yield _build(compiled, board, rows, Path(name))


def _kinds(board: Board) -> Sequence[Counts]:
    if cost_of(find_core(board.core).timing) is None:
        return ("instructions",)
    return ("instructions", "cycles", "flash_waits") if board.flash_timing else ("instructions", "cycles")


def _build(compiled: CompiledModel, board: Board, rows: Rows, folder: Path) -> Path:
    assert board.memory is not None
    kernels = kernel_files(paths.templates("kernels"), compiled.target.isa, compiled.kernels)
    config = {
        "TM_CLOCK_HZ": board.clock.hz,
        "TM_BARE_ROWS": len(rows),
        "TM_BARE_ROW_BYTES": rows.shape[1],
        "TM_BARE_LAYERS": max(len(compiled.graph.operations), 1),
        **({"TM_DWT_LOCKED": 1} if find_core(board.core).locks_dwt else {}),
    }
    lines = "".join(f"#define {name} {value}u\n" for name, value in config.items())
    files: dict[str, str] = {
        "src/port/bare_config.h": lines,
        "src/port/board_config.h": '#include "bare_config.h"\n',
        "src/port/tm_interrupts.h": "#define TM_INTERRUPT_TENS(X)\n",  # it uses none
        "memory.ld": render("memory.ld.j2", vars(memory_script(board.name, board.memory))),
        **{f"src/port/{path.name}": path.read_text(encoding="utf-8") for path in _copied()},
        "src/model/tm_aot.c": paths.templates("engines", "aot", "tm_aot.c").read_text(encoding="utf-8"),
        **{f"src/model/{name}": text for name, text in compiled.sources.items()},
        **kernels,
    }
    files.pop(f"src/model/{compiled.name}_real.c", None)  # is around the model, and may need a stream's C
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "rows.bin").write_bytes(rows.tobytes())
    return _link(compiled, board, sorted(n for n in files if n.endswith((".c", ".S"))), folder)


def _link(compiled: CompiledModel, board: Board, sources: Sequence[str], folder: Path) -> Path:
    compiler = core_compiler(board.core, package_dirs())
    includes = [f"-I{folder / name}" for name in ("src/port", "src/model", "src/kernels")]
    assembled = ["-x", "assembler-with-cpp"]
    objects = []
    for source in sources:
        objects.append(f"{source}.o")
        words = [*assembled] if source.endswith(".S") else ["-std=c99"]
        flags = [*compiler.compile_flags, compiled.optimization.flag, *_FLAGS, *words, *includes]
        _must(compiled, board, [*compiler.command, *flags, "-c", source, "-o", f"{source}.o"], folder)
    libraries = ["-lgcc"] if compiler.kind == "gcc" else []
    link = [*compiler.command, *compiler.link_flags, "-T", "memory.ld", *objects, *libraries]
    _must(compiled, board, [*link, "-o", "bare.elf"], folder)
    return folder / "bare.elf"


def _must(compiled: CompiledModel, board: Board, command: Sequence[str], folder: Path) -> None:
    done = process.run(command, cwd=folder, timeout_s=_TIMEOUT_S)
    if done.exit_code != 0:
        lines = done.output.splitlines()
        errors = [line for line in lines if _ERROR.search(line)] or lines
        shown = "\n".join(f"  {line}" for line in errors[:_SHOWN_ERRORS])
        raise CompileError(f"{compiled.name} does not compile for {board.name}:\n{shown}")


def _run(elf: Path, board: Board, counts: Counts, compiled: CompiledModel, rows: int) -> _Taken:
    """Return what the counter said of each layer, by row."""
    from toolkit.emulator.error import EmulationError
    from toolkit.emulator.machine import Machine

    assert board.memory is not None
    alone = replace(board, memory=replace(board.memory, loader=None))  # that comes with the port
    machine = Machine(elf, alone, counts=counts)
    symbols = machine.image.symbols
    try:
        machine.run(_MOST_INSTRUCTIONS, _TIMEOUT_S)
    except EmulationError as end:
        if int.from_bytes(machine.read_memory(symbols["tm_bare_done"], 4), "little") != 1:
            raise DeviceError(f"{compiled.name} does not run on {board.name}: {end.message}") from end
    layers = len(compiled.graph.operations)
    data = machine.read_memory(symbols["tm_bare_counts"], 4 * rows * layers)
    found: _Taken = np.frombuffer(data, "<u4").reshape(rows, layers).tolist()
    return found


def _copied() -> Iterator[Path]:
    yield from (paths.templates("ports", "cortex_m") / name for name in _SHARED)
    yield from (paths.templates("runtime") / name for name in ("tm_losses.h", "tm_model.h", "tm_port.h"))
    yield from (paths.templates("bare") / name for name in ("main.c", "rows.S"))
