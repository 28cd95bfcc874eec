# SPDX-License-Identifier: Apache-2.0
"""A board's peripherals alone, for tests that write their registers as a driver does."""

from __future__ import annotations

import math

from toolkit.emulator.exceptions import FIRST_INTERRUPT
from toolkit.emulator.led import Led
from toolkit.emulator.peripherals.peripheral import Models, Peripheral, System
from toolkit.emulator.peripherals.registry import make_peripheral
from toolkit.emulator.serial_line import SerialLine
from toolkit.targets.board import load_board

RAM = 0x20000000


class Bench:
    """All peripherals of a board without a CPU; memory is a plain array at RAM."""

    def __init__(self, name: str) -> None:
        self.board = load_board(name)
        self.line, self.led, self.memory = SerialLine(115200), Led(), bytearray(256)
        self.models, self.time = Models(), 5
        system = System(
            self.board, self.line, self.led, self._now, self._now, self._read, self._write, self.models
        )
        assert self.board.emulation is not None
        for spec in self.board.emulation.peripherals:
            self.models.add(make_peripheral(system, spec))
        self.system = system

    def _now(self) -> int:
        now = self.system.events.now if hasattr(self, "system") else None
        return self.time if now is None else now

    def wait(self, frames: float) -> None:
        """Let the time of so many bytes of the line pass."""
        self.time += math.ceil(frames * self.line.frame_cycles)
        self.system.events.run_until(self.time)

    def has_interrupt(self, line: int) -> bool:
        return line + FIRST_INTERRUPT in self.system.exceptions._high

    def _read(self, address: int, size: int) -> bytes:
        return bytes(self.memory[address - RAM : address - RAM + size])

    def _write(self, address: int, data: bytes) -> None:
        self.memory[address - RAM : address - RAM + len(data)] = data

    def write(self, address: int, value: int, size: int = 4) -> None:
        model = self._model(address)
        model.write(address - model.base, size, value)

    def read(self, address: int, size: int = 4) -> int:
        model = self._model(address)
        return model.read(address - model.base, size)

    def _model(self, address: int) -> Peripheral:
        model = self.models.at(address)
        assert model is not None
        return model
