# SPDX-License-Identifier: Apache-2.0
"""The accelerometer and gyroscope of the Nano 33 BLE Sense Rev2: 8 kB into the chip, and then what is fed.

The 8 kB are a stand-in for Bosch's, which the toolkit does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import BMI270_STAND_IN as STAND_IN
from support.firmware_image import build_own_image

from toolkit.emulator.feed import Feed
from toolkit.emulator.led import Led
from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals.peripheral import Models, System
from toolkit.emulator.sensors.bmi270 import Bmi270
from toolkit.emulator.serial_line import SerialLine
from toolkit.firmware.bmi270 import CONFIG_BYTES
from toolkit.targets.board import load_board

HZ = 64_000_000
ROWS = 1200
BOARD = load_board("nano33ble_sense_rev2")
RUNS = 0
APP = """
#include "app.h"
#include "tm_sensors.h"
int16_t accel[%(rows)d][3], gyro[%(rows)d][3];
uint32_t accel_rows, gyro_rows, lost, lost_of_gyro, slow_rows[2], lost_slowly;
int32_t results[2] = {-1, -1};
tm_sensor_setting settings[2];
static void compute(uint32_t turns) {
    for (volatile uint32_t i = 0; i < turns; i++) {
    }
}
static void start(uint32_t rate) {
    results[0] = (int32_t)TM_ACCEL.start(rate, 3, &settings[0]);
    results[1] = (int32_t)TM_GYRO.start(rate, 900, &settings[1]);
}
void app_start(void) { start(200u); }
void app_step(void) {
    static uint32_t steps;
    if (accel_rows >= %(slow)du && slow_rows[0] == 0) {
        slow_rows[0] = accel_rows;
        slow_rows[1] = gyro_rows;
        lost_slowly = lost + lost_of_gyro;
        start(1600u);
    }
    accel_rows += TM_ACCEL.read(accel[accel_rows], %(rows)du - accel_rows);
    gyro_rows += TM_GYRO.read(gyro[gyro_rows], %(rows)du - gyro_rows);
    lost += TM_ACCEL.lost();
    lost_of_gyro += TM_GYRO.lost();
    if (slow_rows[0] != 0 && ++steps == 6u) {
        __asm volatile("cpsid i");
        compute(1800000u); /* twice the time of the FIFO */
        __asm volatile("cpsie i");
    }
    compute(50000u);
}
"""


def run(tmp_path: Path, feeds: Mapping[str, Feed], seconds: float, slow_rows: int = ROWS) -> Machine:
    """Have the application take this many rows at 200 Hz, and then those of the highest rate."""
    code = APP % {"rows": ROWS, "slow": slow_rows}
    machine = Machine(build_own_image(BOARD, "gcc", tmp_path, code, bmi270=STAND_IN), BOARD, feeds=feeds)
    while machine.time < seconds * HZ:
        machine.run(int(seconds * HZ) - machine.time, timeout_s=60)
    return machine


def words(machine: Machine, name: str, count: int = 1, kind: type = np.int32) -> np.ndarray:
    data = machine.read_memory(machine.image.symbols[name], np.dtype(kind).itemsize * count)
    return np.frombuffer(data, kind)


def rows_of(machine: Machine, name: str) -> np.ndarray:
    count = int(words(machine, f"{name}_rows")[0])
    return words(machine, name, 3 * count, np.int16).reshape(count, 3)


def fed(seed: int, largest: float, full_scale: float) -> tuple[Feed, np.ndarray]:
    """Return rows, some beyond the full scale, and their counts."""
    values = np.random.default_rng(seed).uniform(-largest, largest, (ROWS, 3))
    values[20] = [largest, -largest, 0]
    return Feed(values), np.clip(np.rint(values / full_scale * 32768), -32768, 32767).astype(np.int16)


def places(rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the number of each row among those that were fed, all of which are different."""
    number = {tuple(row): i for i, row in enumerate(counts.tolist())}
    return np.array([number[tuple(row)] for row in rows.tolist()])


def test_rows_are_those_that_were_fed_to_the_bit_and_those_that_were_overwritten_are_counted(
    tmp_path: Path,
) -> None:
    """Both in one run, as 8 kB over the bus take long; the FIFO holds 170 rows, 0.1 s at 1600 Hz."""
    (accel, accel_counts), (gyro, gyro_counts) = fed(1, 4.4, 4), fed(2, 1100, 1000)

    machine = run(tmp_path, {"accel": accel, "gyro": gyro}, 0.98, slow_rows=24)

    assert words(machine, "results", 2).tolist() == [RUNS, RUNS]
    setting = words(machine, "settings", 6)
    assert setting[[0, 1, 3, 4]].tolist() == [1_600_000, 4, 1_600_000, 1000]
    assert setting.view(np.float32)[[2, 5]].tolist() == [4 / 32768, np.float32(1000 / 32768)]
    assert words(machine, "lost_slowly")[0] == 0
    slow = words(machine, "slow_rows", 2)
    assert slow[0] == slow[1] >= 24
    for name, lost, counts in (("accel", "lost", accel_counts), ("gyro", "lost_of_gyro", gyro_counts)):
        got = places(rows_of(machine, name), counts)
        assert got[0] < 4 and 20 in got
        assert (np.diff(got[: slow[0]]) == 1).all()
        steps = np.diff(got[slow[0] :])
        assert (steps >= 1).all() and (steps[:20] == 1).all()
        missing = int((steps - 1).sum())
        assert missing > 50
        assert abs(int(words(machine, lost)[0]) - missing) <= 2


@pytest.mark.bench
def test_a_sensor_that_is_not_ready_yet_gives_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gyroscope that takes twice as long as the driver waits."""
    monkeypatch.setattr("toolkit.emulator.sensors.bmi270._START_UP_S", {4: 0.002, 2: 0.1})
    (accel, accel_counts), (gyro, gyro_counts) = fed(5, 4, 4), fed(6, 1000, 1000)

    machine = run(tmp_path, {"accel": accel, "gyro": gyro}, 0.6)

    got = places(rows_of(machine, "accel"), accel_counts), places(rows_of(machine, "gyro"), gyro_counts)
    assert len(got[0]) == len(got[1]) > 10
    assert (np.diff(got[0]) == 1).all() and got[1].tolist() == list(range(len(got[1])))


class Chip:
    """The model alone, at a time that the test turns."""

    def __init__(self) -> None:
        self.time = 0
        self.system = System(
            board=BOARD,
            line=SerialLine(115_200),
            led=Led(),
            now=lambda: self.time,
            cycles=lambda: self.time,
            read_memory=lambda _address, _count: b"",
            write_memory=lambda _address, _data: None,
            models=Models(),
        )
        self.chip = Bmi270(self.system, 0x68)

    def wait(self, seconds: float) -> None:
        end = self.time + int(seconds * HZ)
        while (due := self.system.events.next_at) is not None and due <= end:
            self.time = due
            self.system.events.run_until(due)
        self.time = end

    def write(self, *values: int) -> None:
        self.chip.start(is_read=False)
        for value in values:
            self.chip.write(value)
        self.chip.stop()

    def read(self, register: int, count: int = 1) -> list[int]:
        self.write(register)
        self.chip.start(is_read=True)
        found = [self.chip.read() for _ in range(count)]
        self.chip.stop()
        return found


PIECE = 64
EACH = tuple(range(0, CONFIG_BYTES, PIECE))


def upload(chip: Chip, pieces: tuple[int, ...], *, awake_for_s: float = 0.0005, size: int = PIECE) -> int:
    """Write pieces from these bytes on, and return what the chip says of it."""
    chip.write(0x7C, 0x00)
    chip.wait(awake_for_s)
    chip.write(0x59, 0x00)
    for first in pieces:
        chip.write(0x5B, first // 2 & 0x0F, first // 2 >> 4)
        chip.write(0x5E, *STAND_IN.data[first : first + size])
    chip.write(0x59, 0x01)
    chip.wait(0.021)
    return chip.read(0x21)[0]


def rows_in_fifo(chip: Chip) -> int:
    chip.write(0x40, 0xA8)
    chip.write(0x42, 0xE8)
    chip.write(0x7D, 0x06)
    chip.write(0x49, 0xC0)
    chip.wait(0.3)
    low, high = chip.read(0x24, 2)
    return (low | high << 8) // 12


def test_the_chip_senses_only_with_all_of_its_configuration() -> None:
    loaded = Chip()
    assert upload(loaded, EACH) == 1
    assert rows_in_fifo(loaded) == 30
    without = Chip()
    without.write(0x7C, 0x00)
    without.wait(0.001)
    assert without.read(0x21) == [0]
    assert rows_in_fifo(without) == 0


@pytest.mark.parametrize(
    "pieces",
    [EACH[:-1], EACH[1:], (*EACH[:4], EACH[5], EACH[4], *EACH[6:]), (*EACH, 0), (*EACH[:1], *EACH)],
    ids=["without-last", "without-first", "swapped", "one-more", "first-twice"],
)
def test_a_configuration_that_is_not_whole_or_not_in_order_is_an_error(pieces: tuple[int, ...]) -> None:
    chip = Chip()
    assert upload(chip, pieces) == 2
    assert rows_in_fifo(chip) == 0


def test_the_chip_takes_no_configuration_before_it_is_awake() -> None:
    assert upload(Chip(), EACH, awake_for_s=0.0001) != 1
    chip = Chip()
    chip.write(0x7C, 0x03)
    chip.write(0x59, 0x00)
    for first in EACH:
        chip.write(0x5B, first // 2 & 0x0F, first // 2 >> 4)
        chip.write(0x5E, *STAND_IN.data[first : first + PIECE])
    chip.write(0x59, 0x01)
    chip.wait(0.021)
    assert chip.read(0x21) == [2]


def test_a_row_that_was_read_in_part_is_read_again_and_an_empty_fifo_says_so() -> None:
    chip = Chip()
    upload(chip, EACH)
    assert rows_in_fifo(chip) > 0
    chip.write(0x7E, 0xB0)
    chip.wait(0.05)
    at_rest = [0] * 6 + [0, 0, 0, 0, 0x00, 0x10]  # 1 g of 8
    assert chip.read(0x26, 7) == at_rest[:7]
    assert chip.read(0x26, 12) == at_rest
    chip.write(0x7E, 0xB0)
    assert chip.read(0x24, 2) == [0, 0]
    assert chip.read(0x26, 4) == [0x00, 0x80, 0x00, 0x80]
