# SPDX-License-Identifier: Apache-2.0
"""Flashing: what is certain before anything is written, then the method."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.flash.bootloader import Patience, bootloader_port
from toolkit.flash.built import Built
from toolkit.flash.choice import Way, choose_way
from toolkit.flash.image import checked_image
from toolkit.flash.method import Job
from toolkit.runners.port_lock import holding
from toolkit.runners.ports import Wanted, line_port
from toolkit.runners.serial import open_port
from toolkit.targets.board import Board
from toolkit.ui import OnProgress


def flash_firmware(
    firmware: Built,
    *,
    port: str | None = None,
    serial_number: str | None = None,
    method: str | None = None,
    on_line: Callable[[str], None] | None = None,
    on_progress: OnProgress | None = None,
    patience: Patience | None = None,
) -> None:
    """Put a firmware on its board by the method of this name, or the first of the board that can be used.

    port or serial_number says which serial port the board is on, where the method needs one; without them it
    is the one that fits the board. patience is how long to wait for a bootloader or drive. Raises, before
    anything is written, InputError for a firmware that does not belong on the board, ToolMissingError without
    a method, UsageError without a port; DeviceError for a port that is absent or in use, and for a board or
    program that fails.
    """
    way = choose_way(firmware.board, method)
    image = checked_image(firmware)
    say = on_line or (lambda _line: None)
    wanted = Wanted(port, serial_number)
    patience = patience or Patience()
    place = _port(way, firmware.board, wanted, say, patience)
    progress = on_progress or (lambda done, total, text="": None)
    with holding(place):
        way.method.flash(Job(image, firmware.board, way.upload, place, say, progress, patience))


def require_flashable(board: Board, wanted: Wanted | None = None, method: str | None = None) -> None:
    """Raise what flash_firmware would for a missing tool or port, before a firmware is built for nothing."""
    way = choose_way(board, method)
    if way.method.port(way.upload) == "line":
        open_port(line_port(board, wanted or Wanted()), 115200).close()


def _port(way: Way, board: Board, wanted: Wanted, say: Callable[[str], None], patience: Patience) -> str:
    kind = way.method.port(way.upload)
    if kind == "none":
        return ""
    if kind == "bootloader":
        return bootloader_port(board, wanted, say, patience)
    port = line_port(board, wanted)
    open_port(port, 115200).close()
    return port
