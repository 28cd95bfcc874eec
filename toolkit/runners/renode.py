# SPDX-License-Identifier: Apache-2.0
"""Renode as a link, where it is installed: it plays the board, whose serial line is a pseudo terminal.

No port is opened, and Renode's own monitor is off. What its documentation and sources say is in
docs/renode.md, with what was tried.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from toolkit.errors import DeviceError, InputError, ToolMissingError, UsageError
from toolkit.files import write_atomic
from toolkit.process import Companion, lines_of
from toolkit.runners.renode_files import renode_files
from toolkit.runners.serial import SerialLink
from toolkit.targets.board import Board

START_TIMEOUT_S = 90.0
"""Renode itself takes seconds to start, more on a busy machine."""
_LOOK_S = 0.05
_LONGEST_LINE = 160


class RenodeLink:
    """A board in Renode. What Renode says goes to renode.log beside the firmware.

    Raises InputError where Renode has no platform, ToolMissingError where Renode is not, DeviceError if it
    does not start the board in time.
    """

    silence_hint = (
        "Renode started the board, so the firmware waits for something that this Renode does not model.\n"
        "See: renode.log beside the firmware; with --runner emulator there is a second opinion"
    )

    def __init__(self, elf: Path, board: Board, start_timeout_s: float = START_TIMEOUT_S) -> None:
        program = _require_renode(board)
        self._log = elf.resolve().parent / "renode.log"
        self._folder = tempfile.TemporaryDirectory(prefix="tinyml-renode-")
        folder = Path(self._folder.name).resolve()
        line = folder / "line"
        script = _write_files(folder, elf, board, line)
        command = [program, "--disable-gui", "--port", "-1", "--plain", "-e", f"include {_path(script)}"]
        try:
            self._companion = Companion(command, cwd=folder, log=self._log)
        except BaseException:
            self._folder.cleanup()
            raise
        try:
            self._serial = self._open(line, start_timeout_s)
        except BaseException:
            self._end()
            raise

    def _open(self, line: Path, timeout_s: float) -> SerialLink:
        deadline = time.monotonic() + timeout_s
        while not line.exists():
            ended = self._companion.how_it_ended(_LOOK_S)
            if ended:
                raise self._failure(f"Renode ended {ended} before it had started the board")
            if time.monotonic() > deadline:
                raise self._failure(f"Renode did not start the board within {timeout_s:g} s")
        return SerialLink(str(line))

    def write(self, data: bytes) -> None:
        """Send bytes to the board's serial line. Raises DeviceError if Renode is gone."""
        try:
            self._serial.write(data)
        except DeviceError as error:
            raise self._gone() from error

    def read(self, timeout_s: float) -> bytes:
        """Return what the board said within timeout_s. Raises DeviceError if Renode is gone."""
        try:
            data = self._serial.read(timeout_s)
        except DeviceError as error:
            raise self._gone() from error
        if not data and self._companion.how_it_ended():
            raise self._gone()
        return data

    def close(self) -> None:
        """End Renode."""
        self._serial.close()
        self._end()

    def _end(self) -> None:
        self._companion.end()
        self._folder.cleanup()

    def _gone(self) -> DeviceError:
        ended = self._companion.how_it_ended(1.0)
        return self._failure(f"Renode ended {ended}" if ended else "Renode closed the board's serial line")

    def _failure(self, what: str) -> DeviceError:
        said = _last_words(self._log)
        words = f'; the last that it said is "{said}"' if said else ""
        return DeviceError(f"{what}{words}.", hint=f"See: {self._log}")


def _require_renode(board: Board) -> str:
    if board.renode is None:
        raise InputError(f"Renode has no platform for {board.name}.", hint="Try: --runner emulator")
    if sys.platform == "win32":
        raise UsageError(
            "--runner renode needs pseudo terminals, which Windows has not.", hint="Try: --runner emulator"
        )
    program = shutil.which("renode")
    if program is None:
        raise ToolMissingError(
            "renode is not on the PATH.",
            hint="Try: --runner emulator, which needs nothing; or Renode's releases",
        )
    return program


def _write_files(folder: Path, elf: Path, board: Board, line: Path) -> Path:
    """Write what Renode needs into folder; return the script that starts the board with its line at line."""
    assert board.renode is not None
    write_atomic(folder / "firmware.elf", elf.read_bytes())
    for name, text in renode_files(board).items():
        write_atomic(folder / name, text)
    script = folder / f"{board.name}.resc"
    start = (
        f'emulation CreateUartPtyTerminal "line" "{line}" true',
        f"connector Connect {board.renode.uart} line",
        "start",
    )
    write_atomic(script, script.read_text(encoding="utf-8") + "".join(f"{each}\n" for each in start))
    return script


def _path(path: Path) -> str:
    """Return a path as Renode's monitor takes it: a backslash before each space."""
    return "@" + str(path).replace(" ", "\\ ")


def _last_words(log: Path) -> str:
    """Return the first error of Renode's log, else its last line; "" where there is none."""
    line = ""
    for line in lines_of(log):
        if "error" in line.lower():
            break
    return line[:_LONGEST_LINE]
