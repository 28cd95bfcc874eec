# SPDX-License-Identifier: Apache-2.0
"""A clock that does not start, a cycle counter that stands still: the firmware speaks, and says so."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from support.boards import own_boards
from support.firmware_image import build_image

from toolkit.emulator.machine import Machine, Stop
from toolkit.emulator.peripherals import cortex_m, nrf52, nvic, rp2040, stm32f7
from toolkit.emulator.peripherals.peripheral import Settling
from toolkit.targets.board import load_board

EMULATED = own_boards(emulated=True)
LESS_EXACT = "e-[The crystal did not start: the clock is less exact]"
RING = "e-[The crystal did not start: the clock is about 6.5 MHz]"
CRYSTAL = "e-[The PLL did not start: the clock is 12 MHz]"
SLOW = "e-[PLL or over-drive did not start: the clock is 16 MHz]"

Break = Callable[[Machine], None]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Machine]:
    """Return a function from a board's name to a machine before its start."""

    @functools.cache
    def built(name: str) -> Path:
        return build_image(load_board(name), "gcc", tmp_path_factory.mktemp(name))

    return lambda name: Machine(built(name), load_board(name))


def never(part: Settling) -> None:
    part.reads = 1 << 40


def crystal_of_nrf(machine: Machine) -> None:
    never(machine._models.one(nrf52.Clock)._crystal)


def crystal_of_stm32(machine: Machine) -> None:
    never(machine._models.one(stm32f7.Rcc)._hse)


def pll(machine: Machine) -> None:
    never(machine._models.one(stm32f7.Rcc)._pll)


def overdrive(machine: Machine) -> None:
    never(machine._models.one(stm32f7.Pwr)._ready)


def overdrive_switch(machine: Machine) -> None:
    never(machine._models.one(stm32f7.Pwr)._switched)


def crystal_of_rp2040(machine: Machine) -> None:
    never(machine._models.one(rp2040.Xosc).crystal)


def pll_of_rp2040(machine: Machine) -> None:
    never(machine._models.one(rp2040.Pll).lock)


def started(machine: Machine, commands: str = "") -> list[str]:
    """Run until the firmware waits for input, and return its lines."""
    machine.line.offer(commands.encode())
    said, stop = b"", Stop.OUTPUT
    while stop is Stop.OUTPUT:
        stop = machine.run(30_000_000, timeout_s=60)
        said += machine.line.collect()
    assert stop is Stop.IDLE
    return said.decode("ascii").split("\r\n")[:-1]


@pytest.mark.parametrize(
    ("name", "fault", "complaint", "hz"),
    [
        ("nano33ble", crystal_of_nrf, LESS_EXACT.replace("crystal", "32 MHz crystal"), 64_000_000),
        ("stm32f746g_disco", crystal_of_stm32, LESS_EXACT, 216_000_000),
        ("stm32f746g_disco", pll, SLOW, 16_000_000),
        ("stm32f746g_disco", overdrive, SLOW, 16_000_000),
        ("stm32f746g_disco", overdrive_switch, SLOW, 16_000_000),
        ("raspberry_pi_pico", crystal_of_rp2040, RING, 6_500_000),
        ("raspberry_pi_pico", pll_of_rp2040, CRYSTAL, 12_000_000),
    ],
)
def test_a_clock_that_does_not_start_is_told_and_the_board_answers(
    build: Callable[[str], Machine], name: str, fault: Break, complaint: str, hz: int
) -> None:
    machine = build(name)
    fault(machine)
    # The emulated line refuses to carry anything at a wrong baud rate.
    assert started(machine) == [complaint, "m-init-done", "m-ready"]
    assert started(machine, "name%") == [f"m-name-dut-[{name}]", "m-ready"]
    assert f",clock={hz}," in started(machine, "tm info%")[0]


@pytest.mark.parametrize("name", EMULATED)
def test_a_cycle_counter_that_stands_still_holds_nothing_up(
    build: Callable[[str], Machine], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cortex_m.Dwt, "_count", lambda _self: 0)
    monkeypatch.setattr(nvic.SysTick, "_switch", lambda _self, _value: None)  # it counts on ARMv6-M
    machine = build(name)
    assert started(machine) == ["m-init-done", "m-ready"]
    assert started(machine, "infer 1 0%tm cycles total%")[-2:] == ["m-tm-cycles-[0]", "m-ready"]


@pytest.mark.parametrize("name", EMULATED)
def test_laps_are_the_inferences_and_not_the_line(build: Callable[[str], Machine], name: str) -> None:
    machine = build(name)
    started(machine)
    lines = started(machine, "infer 5 0%tm cycles total%")
    first, second = (int(line[9:]) for line in lines if line.startswith("m-lap-us-"))
    cycles = int(lines[-2].removeprefix("m-tm-cycles-[")[:-1])
    # Around each inference stand its input's copy and two looks at a clock.
    assert second - first < 5 * (cycles + 3000) / (machine.board.clock.hz / 1e6) + 2
