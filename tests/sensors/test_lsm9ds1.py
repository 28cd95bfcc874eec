# SPDX-License-Identifier: Apache-2.0
"""The Nano 33 BLE's accelerometer and gyroscope: an application gets what is fed to the emulated chip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.targets.board import load_board

ROWS = 1500
HZ = 64_000_000
# Keeps all rows; between two looks it computes for BUSY_US, and at that only.
APP = """
#include "app.h"
#include "tm_sensors.h"
int16_t accel[%(rows)d][3], gyro[%(rows)d][3];
uint32_t accel_rows, gyro_rows, lost, looks;
int32_t results[2] = {-1, -1};
tm_sensor_setting settings[2];
static void compute(void) {
    for (volatile uint32_t i = 0; i < %(busy_us)du * 8u; i++) {
    }
}
void app_start(void) {
    %(start)s
}
void app_step(void) {
    accel_rows += TM_ACCEL.read(accel[accel_rows], %(rows)du - accel_rows);
    gyro_rows += TM_GYRO.read(gyro[gyro_rows], %(rows)du - gyro_rows);
    lost += TM_ACCEL.lost();
    looks++;
    compute();
    %(say)s
}
"""
START_ACCEL = "results[0] = (int32_t)TM_ACCEL.start(%d, %d, &settings[0]);"
START_GYRO = "results[1] = (int32_t)TM_GYRO.start(%d, %d, &settings[1]);"
SAY = 'tm_port_write("a line that keeps the serial port busy all the time, whatever comes\\r\\n", 68);'


class Heard(NamedTuple):
    """What the application has in its memory."""

    machine: Machine
    accel: np.ndarray
    gyro: np.ndarray
    results: tuple[int, ...]
    lost: int
    rate_hz: float
    range: int
    scale: float


def hear(
    tmp_path: Path,
    start: str,
    seconds: float,
    *,
    busy_us: int = 1000,
    say: str = "",
    feeds: dict[str, Feed] | None = None,
    toolchain: str = "gcc",
    change: str = "",
) -> Heard:
    """Run the application on an emulated Nano 33 BLE; change is C that stands for another source."""
    code = APP % {"rows": ROWS, "busy_us": busy_us, "start": start, "say": say}
    board = load_board("nano33ble")
    machine = Machine(build_own_image(board, toolchain, tmp_path, code + change), board, feeds=feeds)
    while machine.time < seconds * HZ:
        machine.run(int(seconds * HZ) - machine.time, timeout_s=60)
        machine.line.collect()
    return heard(machine)


def heard(machine: Machine) -> Heard:
    def words(name: str, count: int) -> list[int]:
        data = machine.read_memory(machine.image.symbols[name], 4 * count)
        return np.frombuffer(data, np.int32).tolist()

    def rows(name: str) -> np.ndarray:
        [count] = words(f"{name}_rows", 1)
        data = machine.read_memory(machine.image.symbols[name], 6 * count)
        return np.frombuffer(data, np.int16).reshape(count, 3)

    rate, most, scale = words("settings", 3)
    [lost] = words("lost", 1)
    real = float(np.array([scale], np.int32).view(np.float32)[0])
    both = rows("accel"), rows("gyro")
    return Heard(machine, *both, tuple(words("results", 2)), lost, rate / 1000, most, real)


def noise(seed: int, largest: float) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-largest, largest, (ROWS, 3))


def as_counts(values: np.ndarray, scale: float) -> np.ndarray:
    return np.clip(np.floor(values / scale + 0.5), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("toolchain", ["gcc", pytest.param("zig", marks=pytest.mark.bench)])
def test_an_application_gets_the_rows_that_are_fed_to_the_bit(tmp_path: Path, toolchain: str) -> None:
    """Values beyond the full scale are saturated; some 28 rows come in 0.25 s at 119 Hz.

    Two are left out before them (DS, turn-on time): those the emulated chip has as low as can be.
    """
    values = noise(1, 4.2)
    values[:3] = [[0, 0, 1], [4.2, -4.2, 3.9977], [-0.000061, 0.000122, -3.998]]

    got = hear(tmp_path, START_ACCEL % (100, 3), 0.3, feeds={"accel": Feed(values)}, toolchain=toolchain)

    assert got.results[0] == 0
    assert (got.rate_hz, got.range) == (119.0, 4)
    assert got.scale == pytest.approx(0.122e-3, rel=1e-6)
    assert 25 < len(got.accel) <= 31
    assert got.lost == 0
    assert np.array_equal(got.accel, as_counts(values, 0.122e-3)[: len(got.accel)])
    assert got.accel.max() == 32767
    assert got.accel.min() == -32768


def test_accelerometer_and_gyroscope_have_one_rate_and_lose_nothing_while_all_is_busy(
    tmp_path: Path,
) -> None:
    """At the highest rate: the application computes, and says as much as the line takes."""
    accel, gyro = noise(2, 16), noise(3, 2000)

    got = hear(
        tmp_path,
        START_ACCEL % (952, 16) + START_GYRO % (952, 2000),
        0.5,
        busy_us=60_000,
        say=SAY,
        feeds={"accel": Feed(accel), "gyro": Feed(gyro)},
    )

    assert got.results == (0, 0)
    assert got.lost == 0
    assert len(got.accel) == len(got.gyro) > 300
    assert np.array_equal(got.accel, as_counts(accel, 0.732e-3)[: len(got.accel)])
    assert np.array_equal(got.gyro, as_counts(gyro, 70e-3)[: len(got.gyro)])


def test_rows_that_find_no_room_are_counted(tmp_path: Path) -> None:
    """The ring holds 256 rows; the application looks twice, at the start and 0.8 s later."""
    values = noise(4, 2)

    got = hear(tmp_path, START_ACCEL % (952, 2), 1.1, busy_us=900_000, feeds={"accel": Feed(values)})

    assert len(got.accel) == 256
    assert np.array_equal(got.accel, as_counts(values, 0.061e-3)[:256])
    assert got.lost > 300


def test_a_file_s_rate_is_kept_whatever_the_sensor_s_is(tmp_path: Path) -> None:
    values = noise(5, 2)

    got = hear(tmp_path, START_ACCEL % (238, 2), 0.22, feeds={"accel": Feed(values, Fraction(50))})

    taken = [k * 50 // 238 for k in range(len(got.accel))]
    assert len(taken) > 35
    assert np.array_equal(got.accel, as_counts(values, 0.061e-3)[taken])


def test_a_sensor_that_is_not_fed_lies_still(tmp_path: Path) -> None:
    got = hear(tmp_path, START_ACCEL % (119, 2), 0.12)

    assert len(got.accel) > 5
    assert (got.accel == [0, 0, round(1 / 0.061e-3)]).all()
