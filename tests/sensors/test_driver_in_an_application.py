# SPDX-License-Identifier: Apache-2.0
"""The driver of an application's own that docs/sensors.md shows reads its chip, on both boards with a bus."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import ROOT, build_own_image

from toolkit.emulator.i2c import RegisterDevice
from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals.apollo3_senses import Iom
from toolkit.emulator.peripherals.nrf52_twi import Twi
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.targets.board import load_board

DONE, REFUSED = 0, 2
_INDENTED = re.compile(r"(?:^(?: {4}.*)?\n)+", re.MULTILINE)


def shown() -> str:
    page = (ROOT / "docs" / "sensors.md").read_text(encoding="utf-8")
    section = page.partition("## A driver in your application")[2]
    return textwrap.dedent(next(each for each in _INDENTED.findall(section) if "#include" in each))


class Thermometer(RegisterDevice):
    """25.5 degrees, once it is configured; its temperature is both bytes of register 0."""

    def __init__(self) -> None:
        super().__init__(0x48)
        self.configuration = 0

    def next_register(self, number: int) -> int:
        return 0x100 if number == 0 else number + 1

    def read_register(self, number: int) -> int:
        assert self.configuration == 0x60
        return (25 * 256 + 128).to_bytes(2, "big")[number >> 8]

    def write_register(self, number: int, value: int) -> None:
        assert number == 1
        self.configuration = value


@pytest.mark.parametrize("name", ["nano33ble", "sparkfun_edge"])
def test_the_driver_in_the_manual_reads_its_chip(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    elf = build_own_image(board, "gcc", tmp_path, shown())
    for chip, state in ((Thermometer(), DONE), (None, REFUSED)):
        machine = Machine(elf, board)
        bus: type[Peripheral] = Twi if name == "nano33ble" else Iom
        if chip:
            machine.models.one(bus).devices[0x48] = chip  # type: ignore[attr-defined]
        while machine.time < 0.1 * board.clock.hz:
            machine.run(board.clock.hz // 50, timeout_s=60)

        def word(symbol: str, machine: Machine = machine) -> int:
            data = machine.read_memory(machine.image.symbols[symbol], 4)
            return int(np.frombuffer(data, np.int32)[0])

        assert word("found") == state
        assert word("sixteenths") == (25 * 16 + 8 if chip else 0)
        assert (word("readings") > 5) == (chip is not None)
