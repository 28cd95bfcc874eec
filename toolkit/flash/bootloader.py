# SPDX-License-Identifier: Apache-2.0
"""The port of a board's bootloader: there already, or after a touch at 1200 baud, or two presses of reset."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import DeviceError
from toolkit.runners.ports import Port, Wanted, choose, found_ports, ids_of
from toolkit.runners.serial import open_port
from toolkit.targets.board import Board

_LOOK_S = 0.1
_TWICE = "press the board's reset button twice, quickly"


@dataclass(frozen=True)
class Patience:
    """Seconds to wait: touch_s after a touch at 1200 baud, reset_s for a person (reset, button, plug)."""

    touch_s: float = 5.0
    reset_s: float = 60.0


def bootloader_port(
    board: Board, wanted: Wanted, say: Callable[[str], None], patience: Patience | None = None
) -> str:
    """Return the port on which the board's bootloader is, started if need be.

    A port with the ids of the bootloader is it. One that was named, or that has the ids of a sketch, is
    touched at 1200 baud, which starts the bootloader of Arduino's boards; our own firmware has a sketch's
    ids and does the same. Where there is none, a person presses reset twice. Raises UsageError if more than
    one port fits, DeviceError if no bootloader comes in time.
    """
    patience = patience or Patience()
    there = _bootloaders(board, wanted)
    if wanted.name:
        there = [port for port in there if port.name == wanted.name]
    if there:
        return choose(there, wanted, board)
    port = _to_touch(board, wanted)
    if port is None and wanted.name:
        say(f"there is no port {wanted.name} now")
    if port is None:
        return _pressed(board, wanted, say, patience.reset_s)
    found = _touched(board, port, say, patience.touch_s)
    return found or _pressed(board, Wanted(serial_number=port.serial_number), say, patience.reset_s)


def _to_touch(board: Board, wanted: Wanted) -> Port | None:
    """Return the port whose board can be told to start its bootloader; None if no such board is there."""
    ports = found_ports()
    if wanted.name:
        named = next((port for port in ports if port.name == wanted.name), None)
        is_there = named is not None or Path(wanted.name).exists() or not ids_of(board, "bootloader")
        return (named or Port(wanted.name)) if is_there else None
    number = wanted.serial_number
    sketches = [port for port in ports if port.is_one(ids_of(board, "sketch"))]
    fitting = [port for port in sketches if number is None or port.has_serial_number(number)]
    if not fitting:
        return None
    name = choose(fitting, wanted, board)
    return next(port for port in fitting if port.name == name)


def _touched(board: Board, port: Port, say: Callable[[str], None], wait_s: float) -> str | None:
    """Open and close a port at 1200 baud; return the port on which the bootloader then is, None if none came.

    Where the ids are not known (a named port that is not on USB), a port that comes or comes back is it; so
    is the port itself if nothing changes.
    """
    before = {each.name for each in found_ports()}
    _touch(port.name)
    say(f"{port.name} was touched at 1200 baud; waiting for the bootloader")
    gone, deadline = False, time.monotonic() + wait_s
    while time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        if port.vendor is not None:
            same = _bootloaders(board, Wanted(serial_number=port.serial_number or None))
            if same:
                return choose(same, Wanted(), board)
            continue
        now = {each.name for each in found_ports()}
        gone = gone or (port.name in before and port.name not in now)
        if now - before:
            return sorted(now - before)[0]
        if gone and port.name in now:
            return port.name
    if port.vendor is None and (gone or not Path(port.name).exists()):
        raise DeviceError(
            f"{port.name} went away at the touch of 1200 baud, and no bootloader came.",
            hint=f"Try: {_TWICE}, then flash again with the port that appears",
        )
    return port.name if port.vendor is None else None


def _touch(name: str) -> None:
    line = open_port(name, 1200)
    with suppress(OSError):  # a line without modem signals; closing it is enough for most bootloaders
        line.dtr = False
    line.close()


def _pressed(board: Board, wanted: Wanted, say: Callable[[str], None], wait_s: float) -> str:
    """Wait for the bootloader that comes when a person presses reset twice."""
    say(f"no port of {board.name}'s bootloader is there: {_TWICE}; waiting up to {wait_s:.0f} s")
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        there = _bootloaders(board, wanted)
        if wanted.name:
            there = [port for port in there if port.name == os.path.realpath(wanted.name)]
        if there:
            return choose(there, Wanted(serial_number=wanted.serial_number), board)
    others = ", ".join(port.name for port in _bootloaders(board, wanted))
    where = f" on {wanted.name}" if wanted.name else ""
    raise DeviceError(
        f"no bootloader of {board.name} came{where} within {wait_s:.0f} s."
        + (f" There is one on {others}." if others else ""),
        hint="Check: the cable, and that it carries data; the LED pulses when the bootloader runs",
    )


def _bootloaders(board: Board, wanted: Wanted) -> list[Port]:
    """Return the ports with the ids of the board's bootloader, and the wanted serial number."""
    ports = [port for port in found_ports() if port.is_one(ids_of(board, "bootloader"))]
    number = wanted.serial_number
    return [port for port in ports if not number or port.has_serial_number(number)]
