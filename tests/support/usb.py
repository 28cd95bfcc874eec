# SPDX-License-Identifier: Apache-2.0
"""A Nano 33 BLE with the firmware of tests/runtime, and a host at its USB plug."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals.nrf52_usbd import Hand, Setup, Usbd
from toolkit.emulator.usb_host import Transfer, UsbHost
from toolkit.targets.board import load_board

BOARD = "nano33ble"
MOST_S = 2.0


@dataclass
class Desk:
    """The board and the host; run() lets time pass on both."""

    machine: Machine
    host: UsbHost = field(init=False)
    uart: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.host = UsbHost(self.machine.models.one(Usbd))

    def run(self, done: Callable[[], bool], most_s: float = MOST_S) -> None:
        """Run until something is so. Fails if it takes longer than most_s of the board's time."""
        end = self.machine.time + round(most_s * self.machine.board.clock.hz)
        while not done():
            assert self.machine.time < end, (bytes(self.uart), bytes(self.host.received))
            self.machine.run(2_000_000, timeout_s=60)
            self.uart += self.machine.line.collect()

    def pass_time(self, seconds: float) -> None:
        """Run for some time."""
        end = self.machine.time + round(seconds * self.machine.board.clock.hz)
        self.run(lambda: self.machine.time >= end)

    def plug(self) -> None:
        """Put the cable in, and let the host open the port."""
        self.host.plug()
        self.settle()

    def settle(self) -> None:
        """Run until the port is open and nothing more happens by itself."""
        self.run(lambda: self.host.reads and not self.host.is_busy)

    def ask(self, setup: Setup, data: bytes = b"") -> Transfer:
        """Make a request, and return what came of it."""
        transfer = self.host.request(setup, data)
        self.run(lambda: transfer.is_done)
        return transfer

    def accepted(self, setup: Setup, data: bytes = b"") -> bytes:
        """Make a request that is answered, and return its data."""
        transfer = self.ask(setup, data)
        assert transfer.hand is Hand.ACK, (setup, transfer)
        return bytes(transfer.came)

    def say(self, words: bytes, answers: int | None = None) -> bytes:
        """Send commands over USB, and return all that comes until they were answered."""
        ready = words.count(b"%") if answers is None else answers
        self.host.write(words)
        self.run(lambda: self.host.received.count(b"m-ready\r\n") >= ready)
        return self.host.collect()

    def say_by_uart(self, words: bytes) -> bytes:
        """Send commands over the UART, and return all that comes there until they were answered."""
        self.uart.clear()
        self.machine.line.offer(words)
        self.run(lambda: self.uart.count(b"m-ready\r\n") >= words.count(b"%"))
        return bytes(self.uart)


def desk_of(elf: Path) -> Desk:
    """Return a board with this firmware that has not started yet, without a cable."""
    return Desk(Machine(elf, load_board(BOARD)))
