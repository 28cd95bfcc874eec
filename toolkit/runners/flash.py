# SPDX-License-Identifier: Apache-2.0
"""Putting a firmware on a board with the tools that its board file names."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from toolkit import process
from toolkit.errors import CompileError, DeviceError, InputError, ToolMissingError, UsageError
from toolkit.firmware import Firmware
from toolkit.runners.serial import open_port, port_names
from toolkit.suggest import did_you_mean
from toolkit.targets.board import Board, Upload

_TIMEOUT_S = 300.0
_BOOTLOADER_S = 5.0
_TAIL = 8
_INSTALL = {
    "pyocd": "pip install pyocd",
    "bossac": "arduino-cli core install arduino:mbed_nano, and its folder on the PATH",
    "openocd": "apt install openocd",
    "st-flash": "apt install stlink-tools",
    "dfu-util": "apt install dfu-util",
}
"""How tools are installed; on other systems the packages have these names too, or nearly."""


def flash_firmware(
    firmware: Firmware,
    *,
    port: str | None = None,
    method: str | None = None,
    on_line: Callable[[str], None] | None = None,
    bootloader_s: float = _BOOTLOADER_S,
) -> None:
    """Run the first upload tool of the board that is installed, or the one that method names.

    port is the serial port, for the methods that need one; bootloader_s is how long to wait for a
    bootloader's port after a touch at 1200 baud. Raises ToolMissingError, UsageError without a
    port, DeviceError for a port that is absent or busy and for a tool that fails.
    """
    upload = choose_upload(firmware.board, method)
    if _needs_port(upload):
        port = _checked_port(upload, port)
        if upload.touch_1200:
            port = _touch(port, bootloader_s)
    for step in (*upload.prepare, upload.command):
        _run(firmware, upload, _words(step, port or ""), on_line)


def require_flashable(board: Board, port: str | None, method: str | None) -> None:
    """Raise what flash_firmware would for a missing tool or port, before a firmware is built for nothing."""
    upload = choose_upload(board, method)
    if _needs_port(upload):
        _checked_port(upload, port)


def _run(
    firmware: Firmware, upload: Upload, command: list[str], on_line: Callable[[str], None] | None
) -> None:
    try:
        done = process.run(command, timeout_s=_TIMEOUT_S, cwd=firmware.folder, on_line=on_line)
    except CompileError as error:
        raise DeviceError(f"{upload.tool} did not finish within {_TIMEOUT_S:g} s.") from error
    if done.exit_code != 0:
        tail = "\n".join(f"  {line}" for line in done.output.splitlines()[-_TAIL:])
        raise DeviceError(
            f"{upload.tool} could not flash {firmware.board.name} (exit code {done.exit_code}):\n{tail}",
            hint=_note(upload) or f"It was run as: {' '.join(command)}",
        )


def choose_upload(board: Board, method: str | None = None) -> Upload:
    """Return the upload method called method, or the first whose tool is installed.

    Raises UsageError for an unknown one, ToolMissingError if no tool is there.
    """
    if not board.upload:
        raise InputError(f"{board.name} is not flashed.", hint="Try: tinyml emulate")
    tools = [upload.tool for upload in board.upload]
    if method is not None and method not in tools:
        raise UsageError(f"{board.name} has no upload method {method!r}. {did_you_mean(method, tools)}")
    wanted = [upload for upload in board.upload if method in (None, upload.tool)]
    for upload in wanted:
        if _program(upload.command[0]) and all(_program(word) for word in _scripts(upload)):
            return upload
    notes = [f"{upload.tool}: {_how_to_get(upload)}" for upload in wanted]
    raise ToolMissingError(
        f"no tool to flash {board.name} is installed: looked for {', '.join(u.tool for u in wanted)}.",
        hint="\n".join(notes),
    )


def _how_to_get(upload: Upload) -> str:
    return "; ".join(filter(None, (_INSTALL.get(upload.tool, ""), upload.note))) or "put it on the PATH"


def _scripts(upload: Upload) -> list[str]:
    return [word for step in (*upload.prepare, upload.command) for word in step if word.endswith(".py")]


def _program(name: str) -> str | None:
    """Where a program is: on the PATH, or beside the Python that runs the toolkit."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), beside]))


def _words(step: tuple[str, ...], port: str) -> list[str]:
    """A step's command; images are named relative to their folder, so that no tool trips over a space."""
    names = {ending: f"firmware.{ending}" for ending in ("elf", "bin", "hex")}
    words = [word.format(port=port, **names) for word in step]
    return [_program(word) or word if word == words[0] or word.endswith(".py") else word for word in words]


def _needs_port(upload: Upload) -> bool:
    return upload.touch_1200 or any("{port}" in word for word in upload.command)


def _checked_port(upload: Upload, port: str | None) -> str:
    if port is None:
        known = ", ".join(port_names()) or "none"
        fact = f"{upload.tool} needs the board's serial port. Known: {known}."
        raise UsageError(fact, hint="Try: --port PORT")
    open_port(port, 115200).close()
    return port


def _touch(port: str, wait_s: float) -> str:
    """Open and close port at 1200 baud; return the port on which the bootloader then is."""
    before = set(port_names())
    line = open_port(port, 1200)
    with suppress(OSError):  # a line without modem signals; closing it is enough for most bootloaders
        line.dtr = False
    line.close()
    gone = False
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        time.sleep(0.1)
        now = set(port_names())
        new = sorted(now - before)
        gone = gone or (port in before and port not in now)
        if new or (gone and port in now):
            return new[0] if new else port
    if gone or not Path(port).exists():
        raise DeviceError(
            f"{port} went away at the touch of 1200 baud, and no bootloader came.",
            hint="Try: press the reset button twice, then flash again with the port that appears",
        )
    return port


def _note(upload: Upload) -> str:
    return f"Note: {upload.note}" if upload.note else ""
