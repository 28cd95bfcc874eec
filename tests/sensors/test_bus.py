# SPDX-License-Identifier: Apache-2.0
"""The I2C bus of the Nano 33 BLE when something is wrong with it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals.nrf52_twi import Twi
from toolkit.targets.board import Board, load_board

HZ = 64_000_000
NANO = load_board("nano33ble")
RUNS, ABSENT, UNKNOWN, STUCK = range(4)
APP = """
#include "app.h"
#include "tm_port_i2c.h"
#include "tm_sensors.h"
int32_t result = -1;
uint32_t rows_so_far, lost, steps;
int16_t last[3];
tm_sensor_setting setting;
void app_start(void) { result = (int32_t)TM_ACCEL.start(119, 2, &setting); }
void app_step(void) {
    while (TM_ACCEL.read(last, 1) != 0) {
        rows_so_far++;
    }
    lost += TM_ACCEL.lost();
    steps++;
}
"""


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_own_image(NANO, "gcc", tmp_path_factory.mktemp("bus"), APP)


def run(machine: Machine, seconds: float) -> None:
    end = machine.time + int(seconds * HZ)
    while machine.time < end:
        machine.run(end - machine.time, timeout_s=60)


def word(machine: Machine, name: str) -> int:
    return int(np.frombuffer(machine.read_memory(machine.image.symbols[name], 4), np.int32)[0])


def twi_of(machine: Machine) -> Twi:
    return machine.models.one(Twi)


def with_settings(**settings: int) -> Board:
    """Return the board with another wiring of its I2C bus."""
    assert NANO.emulation is not None
    changed = [
        dataclasses.replace(each, settings={**each.settings, **settings})
        if each.model == "nrf52_twi"
        else each
        for each in NANO.emulation.peripherals
    ]
    return dataclasses.replace(
        NANO, emulation=dataclasses.replace(NANO.emulation, peripherals=tuple(changed))
    )


def test_a_sensor_that_is_not_there_is_absent_and_the_firmware_goes_on(elf: Path) -> None:
    machine = Machine(elf, dataclasses.replace(NANO, sensors=()))
    run(machine, 0.05)
    assert word(machine, "result") == ABSENT
    assert word(machine, "steps") > 10


def test_another_chip_at_the_address_is_unknown(elf: Path) -> None:
    machine = Machine(elf, NANO)
    devices = twi_of(machine).devices
    devices[0x6B] = devices[0x1E]
    run(machine, 0.05)
    assert word(machine, "result") == UNKNOWN


@pytest.mark.parametrize("pin", ["power", "pull_up"])
def test_without_power_or_pull_ups_nothing_answers(elf: Path, pin: str) -> None:
    machine = Machine(elf, with_settings(**{pin: 63}))
    run(machine, 0.05)
    assert word(machine, "result") == ABSENT


@pytest.mark.parametrize(("clocks", "result"), [(9, RUNS), (1_000, STUCK)])
def test_a_data_line_that_is_held_at_the_start_is_freed_by_nine_clocks_or_said(
    elf: Path, clocks: int, result: int
) -> None:
    """The first transfer is lost, and start says it; the second start finds a free bus."""
    machine = Machine(elf, NANO)
    twi_of(machine).hold_data(clocks)
    run(machine, 0.3)
    assert word(machine, "result") == STUCK
    machine.line.offer(b"%tm app%")
    run(machine, 0.4)
    assert word(machine, "result") == result


def test_a_bus_that_is_stuck_while_it_samples_goes_on_and_counts_what_was_lost(elf: Path) -> None:
    """The FIFO holds 32 rows at 119 Hz, 0.27 s: a stop of 0.05 s loses nothing."""
    machine = Machine(elf, NANO, feeds={"accel": Feed(np.zeros((1, 3)))})
    run(machine, 0.15)
    before = word(machine, "rows_so_far")
    twi_of(machine).hold_data(5)
    run(machine, 0.3)
    after = word(machine, "rows_so_far")
    assert before > 5
    assert 30 < after - before <= 37
    assert word(machine, "lost") == 0
