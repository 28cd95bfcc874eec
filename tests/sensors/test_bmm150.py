# SPDX-License-Identifier: Apache-2.0
"""The magnetometer of the Nano 33 BLE Sense Rev2: an application gets what is fed, to its resolution."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import BMI270_STAND_IN, build_own_image

from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.targets.board import load_board

HZ = 64_000_000
BOARD = load_board("nano33ble_sense_rev2")
STEP_GAUSS = np.array([3.7e-3, 3.7e-3, 3.5e-3])
"""A bit of the chip, by its own numbers: 0.3 uT, as the data sheet says, and some."""
APP = """
#include "app.h"
#include "tm_sensors.h"
int16_t rows[200][3];
uint32_t so_far, lost;
int32_t result = -1;
tm_sensor_setting setting;
static void compute(uint32_t turns) {
    for (volatile uint32_t i = 0; i < turns; i++) {
    }
}
void app_start(void) { result = (int32_t)TM_MAG.start(%(rate)d, 4, &setting); }
void app_step(void) {
    so_far += TM_MAG.read(rows[so_far], 200u - so_far);
    lost += TM_MAG.lost();
    __asm volatile("cpsid i");
    compute(%(masked)du);
    __asm volatile("cpsie i");
    compute(400000u);
}
"""


def run(
    tmp_path: Path, feed: Feed | None, seconds: float, masked: int = 0, *, is_there: bool = True
) -> Machine:
    code = APP % {"rate": 30, "masked": masked}
    sensors = tuple(each for each in BOARD.sensors if is_there or each.name != "mag")
    elf = build_own_image(BOARD, "gcc", tmp_path, code, bmi270=BMI270_STAND_IN)
    board = dataclasses.replace(BOARD, sensors=sensors)
    machine = Machine(elf, board, feeds={"mag": feed} if feed else {})
    while machine.time < seconds * HZ:
        machine.run(int(seconds * HZ) - machine.time, timeout_s=60)
    return machine


def words(machine: Machine, name: str, count: int = 1, kind: type = np.int32) -> np.ndarray:
    data = machine.read_memory(machine.image.symbols[name], np.dtype(kind).itemsize * count)
    return np.frombuffer(data, kind)


def rows_of(machine: Machine) -> np.ndarray:
    count = int(words(machine, "so_far")[0])
    return words(machine, "rows", 3 * count, np.int16).reshape(count, 3)


def test_fields_come_compensated_while_the_program_computes(tmp_path: Path) -> None:
    """16 gauss are too strong for x, and the least number stands for that; -30 of z does not fit either."""
    fields = np.random.default_rng(1).uniform(-12, 12, (200, 3))
    fields[0] = [16, 0.5, -0.25]
    fields[1] = [0.5, -0.5, -30]

    machine = run(tmp_path, Feed(fields), 0.6)

    got, wanted = rows_of(machine), fields[: len(rows_of(machine))]
    scale = float(words(machine, "setting", 3)[2:].view(np.float32)[0])
    assert words(machine, "result")[0] == 0
    assert words(machine, "setting", 2).tolist() == [30_000, 13]
    assert scale == pytest.approx(1 / 1600)
    assert words(machine, "lost")[0] == 0
    assert 15 <= len(got) <= 18
    assert got[0, 0] == got[1, 2] == -32768
    off = np.abs(got * scale - wanted) - (STEP_GAUSS + scale) / 2
    off[0, 0] = off[1, 2] = -1
    assert (off < 1e-4).all()
    assert (np.abs(got * scale - wanted) > scale).any()  # the chip has fewer bits than the counts


def test_rows_that_were_overwritten_are_counted(tmp_path: Path) -> None:
    """The interrupts are kept away for some 200 ms at a time: six rows of the rate of 30 Hz."""
    rising = np.linspace(-10, 10, 200)

    machine = run(tmp_path, Feed(np.repeat(rising[:, None], 3, axis=1)), 1.0, masked=1_600_000)

    got = rows_of(machine)[:, 0] * float(words(machine, "setting", 3)[2:].view(np.float32)[0])
    places = np.rint((got + 10) / (rising[1] - rising[0])).astype(int)
    missing = int(places[-1] + 1 - len(places))
    assert missing >= 12
    assert abs(missing - words(machine, "lost")[0]) <= 3


def test_a_chip_that_is_not_there_is_absent(tmp_path: Path) -> None:
    assert words(run(tmp_path, None, 0.05, is_there=False), "result")[0] == 1
