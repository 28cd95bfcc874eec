# SPDX-License-Identifier: Apache-2.0
"""The Nano 33 BLE's sensors started, stopped and disturbed: rates that are true, losses that are counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals.nrf52_twi import Twi
from toolkit.emulator.sensors.lsm9ds1 import Lsm9ds1
from toolkit.targets.board import load_board

HZ = 64_000_000
NANO = load_board("nano33ble")
RUNS, ABSENT, _UNKNOWN, STUCK = range(4)
ACCEL, GYRO, MAG = range(3)
START, STOP, MASK = range(1, 4)
G_A_COUNT, GAUSS_A_COUNT = 0.061e-3, 0.14e-3
# Does as it is told, once each: what to do, with which sensor, the rate or for how long (us).
APP = """
#include "app.h"
#include "tm_port_sleep.h"
#include "tm_sensors.h"
static const tm_sensor *const sensors[] = {&TM_ACCEL, &TM_GYRO, &TM_MAG};
int16_t first[3][1500];
uint32_t rows_so_far[3], lost[3], rates[3], obeyed;
int32_t result = -1;
volatile int32_t order[4], reads = 1, sleeps;
tm_sensor_setting setting;
static void obey(void) {
    const tm_sensor *const sensor = sensors[order[1]];
    if (order[0] == 1) {
        result = (int32_t)sensor->start((uint32_t)order[2], 1, &setting);
    } else if (order[0] == 2) {
        sensor->stop();
    } else {
        __asm volatile("cpsid i");
        for (volatile int32_t i = 0; i < order[2] * 8; i++) {
        }
        __asm volatile("cpsie i");
    }
}
void app_start(void) {}
void app_step(void) {
    if (order[3] != 0) {
        obey();
        order[3] = 0;
    }
    for (uint32_t i = 0; i < 3u; i++) {
        int16_t row[3];
        while (reads && rows_so_far[i] < 1500u && sensors[i]->read(row, 1) == 1u) {
            first[i][rows_so_far[i]++] = row[0];
        }
        lost[i] += sensors[i]->lost();
        rates[i] = sensors[i]->rate_mhz();
    }
    if (sleeps) {
        tm_port_sleep();
    }
}
"""


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_own_image(NANO, "gcc", tmp_path_factory.mktemp("nano"), APP)


class Desk:
    """The board, whose x of each row is one count more than of the row before."""

    def __init__(self, elf: Path, counter_sleeps: bool = False) -> None:
        rising = np.repeat(np.arange(3000.0)[:, None], 3, axis=1)
        feeds = {"accel": Feed(rising * G_A_COUNT), "mag": Feed(rising * GAUSS_A_COUNT)}
        self.machine = Machine(elf, NANO, feeds=feeds, counter_sleeps=counter_sleeps)
        self.twi = self.machine.models.one(Twi)
        self.run(0.01)

    def run(self, seconds: float) -> None:
        end = self.machine.time + int(seconds * HZ)
        while self.machine.time < end:
            self.machine.run(end - self.machine.time, timeout_s=60)

    def words(self, name: str, count: int = 1) -> list[int]:
        data = self.machine.read_memory(self.machine.image.symbols[name], 4 * count)
        return np.frombuffer(data, np.int32).tolist()

    def set(self, name: str, *values: int) -> None:
        self.machine.write_memory(self.machine.image.symbols[name], np.array(values, np.int32).tobytes())

    def tell(self, what: int, sensor: int, number: int = 0) -> int:
        """Have the application do it; return what the last start returned."""
        self.set("order", what, sensor, number, 1)
        end = self.machine.time + HZ
        while self.words("order", 4)[3]:
            assert self.machine.time < end
            self.run(0.002)
        return self.words("result")[0]

    def rows(self, sensor: int) -> np.ndarray:
        count = self.words("rows_so_far", 3)[sensor]
        address = self.machine.image.symbols["first"] + 3000 * sensor
        return np.frombuffer(self.machine.read_memory(address, 2 * count), np.int16)

    def lost(self, sensor: int) -> int:
        return self.words("lost", 3)[sensor]


@pytest.fixture
def desk(elf: Path) -> Desk:
    return Desk(elf)


def missing(rows: np.ndarray) -> int:
    assert (np.diff(rows) > 0).all()
    return int((np.diff(rows) - 1).sum())


def test_a_stop_before_any_start_does_nothing(desk: Desk) -> None:
    for sensor in (ACCEL, GYRO, MAG):
        desk.tell(STOP, sensor)
    assert desk.words("rates", 3) == [0, 0, 0]
    assert desk.tell(START, ACCEL, 119) == RUNS


def test_fields_that_were_overwritten_are_counted_one_by_one(desk: Desk) -> None:
    """The magnetometer has no FIFO: 200 ms are 16 rows of 80 Hz."""
    assert desk.tell(START, MAG, 80) == RUNS
    desk.run(0.1)
    desk.tell(MASK, MAG, 200_000)
    desk.run(0.1)
    assert missing(desk.rows(MAG)) >= 14
    assert abs(missing(desk.rows(MAG)) - desk.lost(MAG)) <= 1


@pytest.mark.parametrize("counter_sleeps", [False, True])
def test_rows_that_a_stuck_bus_lost_are_counted_while_the_core_sleeps(
    elf: Path, counter_sleeps: bool
) -> None:
    """Whether or not its cycle counter stands still then. The FIFO has 34 ms of rows."""
    desk = Desk(elf, counter_sleeps)
    assert desk.tell(START, ACCEL, 952) == RUNS
    desk.set("sleeps", 1)
    desk.run(0.1)
    desk.twi.hold_data(30)  # four times nine clocks, 40 ms apart
    desk.run(0.4)
    assert missing(desk.rows(ACCEL)) > 100
    assert abs(missing(desk.rows(ACCEL)) - desk.lost(ACCEL)) <= 6


def test_two_parts_of_a_chip_have_one_rate_which_both_say(desk: Desk) -> None:
    """The rates of both together, and of the accelerometer alone, are others: 59.5 and 50 Hz."""
    assert desk.tell(START, ACCEL, 50) == RUNS
    desk.run(0.02)
    assert desk.words("rates", 3) == [50_000, 0, 0]
    assert desk.tell(START, GYRO, 50) == RUNS
    desk.run(0.02)
    assert desk.words("rates", 3) == [59_500, 59_500, 0]
    assert desk.tell(START, GYRO, 200) == RUNS
    desk.run(0.02)
    assert desk.words("rates", 3) == [238_000, 238_000, 0]
    desk.tell(STOP, ACCEL)
    desk.run(0.02)
    assert desk.words("rates", 3) == [0, 238_000, 0]


def test_rows_that_the_other_part_s_start_throws_away_are_counted(desk: Desk) -> None:
    desk.tell(START, ACCEL, 119)
    desk.run(0.2)
    desk.set("reads", 0)
    desk.run(0.3)
    desk.tell(START, GYRO, 119)
    desk.set("reads", 1)
    desk.run(0.2)
    assert missing(desk.rows(ACCEL)) > 30
    assert abs(missing(desk.rows(ACCEL)) - desk.lost(ACCEL)) <= 2


class Faulty(Lsm9ds1):
    """The chip, as it is while something is wrong with it: a register is refused so many times."""

    is_silent = False
    refuses = -1
    times = 0

    def answers(self) -> bool:
        return not self.is_silent

    def write(self, byte: int) -> bool:
        is_value = self._is_chosen
        number = self._number
        super().write(byte)
        if is_value and number == self.refuses and self.times:
            self.times -= 1
            return False
        return True


@pytest.mark.parametrize(
    ("fault", "result", "rate"),
    [
        ({"is_silent": True}, ABSENT, 119_000),
        ({"refuses": 0x10, "times": 1}, STUCK, 119_000),
        ({"refuses": 0x2E, "times": 1}, STUCK, 119_000),
        ({"refuses": 0x2E, "times": 99}, STUCK, 0),
    ],
)
def test_a_part_that_does_not_start_leaves_the_other_one_running(
    desk: Desk, fault: dict[str, int], result: int, rate: int
) -> None:
    """Nobody answers to WHO_AM_I, or a register is refused while both are set up; if for good, none runs."""
    chip = desk.twi.devices[0x6B]
    assert desk.tell(START, ACCEL, 119) == RUNS
    desk.run(0.2)
    before = len(desk.rows(ACCEL))
    chip.__class__ = Faulty
    vars(chip).update(fault)
    assert desk.tell(START, GYRO, 200) == result
    vars(chip).update(is_silent=False, times=0)
    desk.run(0.3)
    assert desk.words("rates", 3) == [rate, 0, 0]
    assert (len(desk.rows(ACCEL)) - before > 25) == (rate > 0)
    assert abs(missing(desk.rows(ACCEL)) - desk.lost(ACCEL)) <= 2
