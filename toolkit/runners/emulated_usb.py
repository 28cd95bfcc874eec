# SPDX-License-Identifier: Apache-2.0
"""The emulator as a link over the board's USB plug: a host enumerates the firmware and opens its port."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.runners.emulator import EmulatorLink
from toolkit.targets.board import Board

if TYPE_CHECKING:
    from toolkit.emulator.feed import Feed
    from toolkit.emulator.machine import Machine


class EmulatedUsbLink(EmulatorLink):
    """A board in software, whose cable is in a computer's USB plug.

    Raises InputError for a board whose firmware is no USB device.
    """

    def __init__(self, elf: Path, board: Board, *, feeds: Mapping[str, Feed] | None = None) -> None:
        if not board.usb.own_plug:
            raise InputError(
                f"the firmware of {board.name} does not talk over a USB plug of its own.",
                hint=f"See: tinyml boards {board.name}",
            )
        super().__init__(elf, board, feeds=feeds)
        from toolkit.emulator.peripherals.nrf52_usbd import Usbd
        from toolkit.emulator.usb_host import UsbHost

        self._host = UsbHost(self._running().models.one(Usbd))
        self._host.plug()

    def write(self, data: bytes) -> None:
        """Send bytes, as soon as the port is open."""
        self._host.write(data)

    def _heard(self, machine: Machine) -> bytes:
        machine.line.collect()
        return self._host.collect()
