# SPDX-License-Identifier: Apache-2.0
"""QEMU as a link: a second opinion on a model's code, on a machine with the board's core.

QEMU has none of the boards. It has ARM's MPS2 machines with the same cores, for which the same model code,
kernels and runtime are built, with another port (firmware_templates/ports/mps2). So it says something of the
core and the code, and nothing of the board's peripherals. See docs/renode.md.
"""

from __future__ import annotations

import shutil
from collections import deque
from dataclasses import replace
from pathlib import Path

from toolkit import paths
from toolkit.errors import DeviceError, InputError, ToolMissingError
from toolkit.process import Companion, lines_of
from toolkit.runners.pipe import OutputPipe
from toolkit.targets.board import Board, load_board

PROGRAM = "qemu-system-arm"
_MACHINES = {
    "cortex-m0plus": "mps2_an385",
    "cortex-m4f": "mps2_an386",
    "cortex-m7f": "mps2_an500",
    "cortex-m55": "mps3_an547",
}
"""Our name of the machine with each core; QEMU's has a - for the _."""
_OTHER_CORES = {"cortex-m0plus": "a Cortex-M3, which has all instructions of this core"}
_LONGEST_LINE = 160


def require_qemu() -> str:
    """Return the program. Raises ToolMissingError with what to do if it is not installed."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise ToolMissingError(
            f"{PROGRAM} is not on the PATH.",
            hint="Try: apt-get install qemu-system-arm; or --runner emulator, which needs nothing",
        )
    return program


def machine_name(board: Board) -> str:
    """Return QEMU's machine with the board's core. Raises InputError if there is none."""
    if board.core not in _MACHINES:
        raise InputError(
            f"QEMU has no machine for {board.name}, whose core is {board.core}.",
            hint=f"Try: a board with one of {', '.join(_MACHINES)}",
        )
    return _MACHINES[board.core].replace("_", "-")


def machine_remark(board: Board) -> str:
    """Return what a verdict says of the machine. Raises InputError if there is none."""
    core = _OTHER_CORES.get(board.core, "same core")
    return f"QEMU {machine_name(board)}: {core}, not the board"


def machine_for(board: Board) -> Board:
    """Return the machine that stands in for a board: its core, and as much memory as it has.

    So the same plan of the arena and the same patches of layers are built. Raises InputError if there is
    none.
    """
    name = machine_name(board).replace("-", "_")
    machine = load_board(name, paths.data_dir("boards") / "qemu")
    if board.memory is None or machine.memory is None:
        raise InputError(f"{board.name} has no [memory].")
    flash = replace(machine.memory.flash, bytes=min(board.memory.flash.bytes, machine.memory.flash.bytes))
    ram = replace(machine.memory.ram, bytes=min(board.memory.ram.bytes, machine.memory.ram.bytes))
    memory = replace(machine.memory, flash=flash, ram=ram, stack_bytes=board.memory.stack_bytes)
    return replace(machine, name=f"{board.name}_qemu", memory=memory)


class QemuLink:
    """Firmware for one of the machines in QEMU, its serial line on pipes.

    Its clock counts instructions, not the computer's time, so that a run depends on nothing else. Raises
    InputError for another board's firmware, ToolMissingError without QEMU.
    """

    is_lossless = True
    silence_hint = (
        "QEMU started the machine. See: qemu.log beside the firmware;\n"
        "with --runner emulator there is another opinion"
    )

    def __init__(self, elf: Path, board: Board) -> None:
        if board.port != "mps2":
            raise InputError(
                f"QEMU does not run the firmware of {board.name}.", hint="Try: --runner emulator"
            )
        program = require_qemu()
        self._log = elf.resolve().parent / "qemu.log"
        machine = machine_name(board)
        command = [program, "-M", machine, "-icount", "shift=3,sleep=off", "-display", "none"]
        command += ["-monitor", "none", "-serial", "stdio", "-kernel", str(elf.resolve())]
        self._companion = Companion(command, cwd=elf.resolve().parent, errors=self._log)
        self._pipe = OutputPipe(self._companion.output)
        self._is_closed = False

    def write(self, data: bytes) -> None:
        """Send bytes to the machine's serial line. Raises DeviceError if QEMU is gone."""
        try:
            self._companion.input.write(data)
        except (OSError, ValueError) as error:
            raise self._gone() from error

    def read(self, timeout_s: float) -> bytes:
        """Return what the firmware said within timeout_s. Raises DeviceError if QEMU is gone."""
        if self._is_closed:
            raise DeviceError("QEMU is closed.")
        data = self._pipe.read(timeout_s)
        if data is None:
            raise self._gone()
        return data

    def close(self) -> None:
        """End QEMU."""
        if self._is_closed:
            return
        self._is_closed = True
        self._pipe.forget()
        self._companion.end()

    def _gone(self) -> DeviceError:
        ended = self._companion.how_it_ended(1.0) or "without a word"
        last = deque(lines_of(self._log), maxlen=1)
        words = f'; it said "{last[0][:_LONGEST_LINE]}"' if last else ""
        return DeviceError(f"QEMU ended {ended}{words}.", hint=f"See: {self._log}")
