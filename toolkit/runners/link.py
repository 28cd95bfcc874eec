# SPDX-License-Identifier: Apache-2.0
"""The line to a firmware, whatever it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from toolkit.targets.board import Board
from toolkit.timing.model import Counts

if TYPE_CHECKING:
    from toolkit.emulator.feed import Feed

RunnerName = Literal["host", "emulator", "renode", "qemu", "serial"]


class Link(Protocol):
    """Bytes to the firmware and back."""

    def write(self, data: bytes) -> None:
        """Send bytes. Raises DeviceError if the line is gone."""

    def read(self, timeout_s: float) -> bytes:
        """Return what came, b"" if nothing did within timeout_s or will without new input.

        Raises DeviceError if the line or the firmware is gone.
        """

    def close(self) -> None:
        """End the connection; closing twice is fine."""


def open_link(
    elf: Path,
    board: Board,
    *,
    runner: RunnerName | None = None,
    port: str | None = None,
    counts: Counts = "instructions",
    feeds: Mapping[str, Feed] | None = None,
    usb: bool = False,
) -> Link:
    """Return a link to the firmware: on the serial port if one is given, else by the runner.

    The port "auto" is the one that fits the board.
    Without a runner a host build runs as a process and a board's image in the emulator. counts is what an
    emulated firmware's cycle counter counts, and feeds what its sensors sense: see Machine. usb talks to an
    emulated board over its USB plug.
    """
    if port is not None or runner == "serial":
        from toolkit.runners.ports import Wanted, line_port
        from toolkit.runners.serial import SerialLink

        return SerialLink(line_port(board, Wanted(port)), board.uart.baud if board.uart else 115200)
    if runner == "renode":
        from toolkit.runners.renode import RenodeLink

        return RenodeLink(elf, board)
    if runner == "qemu":
        from toolkit.runners.qemu import QemuLink

        return QemuLink(elf, board)
    if board.is_host or runner == "host":
        from toolkit.runners.host import HostLink

        return HostLink(elf)
    if usb:
        from toolkit.runners.emulated_usb import EmulatedUsbLink

        return EmulatedUsbLink(elf, board, feeds=feeds)
    from toolkit.runners.emulator import EmulatorLink

    return EmulatorLink(elf, board, counts=counts, feeds=feeds)
