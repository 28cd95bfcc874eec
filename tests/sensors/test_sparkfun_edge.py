# SPDX-License-Identifier: Apache-2.0
"""The SparkFun Edge's accelerometer: an application gets what is fed to the emulated chip."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.targets.board import load_board

HZ = 48_000_000
ROWS = 1000
EDGE = load_board("sparkfun_edge")
# Between two looks it computes, says a line, and keeps the interrupts away for a while.
APP = """
#include "app.h"
#include "tm_sensors.h"
int16_t rows_[%(rows)d][3];
uint32_t rows_so_far, lost;
int32_t result = -1;
tm_sensor_setting setting;
static void compute(uint32_t us) {
    for (volatile uint32_t i = 0; i < us * 6u; i++) {
    }
}
void app_start(void) { result = (int32_t)TM_ACCEL.start(400, %(range)d, &setting); }
void app_step(void) {
    rows_so_far += TM_ACCEL.read(rows_[rows_so_far], %(rows)du - rows_so_far);
    lost += TM_ACCEL.lost();
    tm_port_write("a line that keeps the serial port busy\\r\\n", 40);
    __asm volatile("cpsid i");
    compute(%(masked_us)du);
    __asm volatile("cpsie i");
    compute(60000);
}
"""


def run(
    tmp_path: Path, feed: Feed | None, seconds: float, masked_us: int, has_sensor: bool = True
) -> Machine:
    code = APP % {"rows": ROWS, "range": 4, "masked_us": masked_us}
    board = EDGE if has_sensor else dataclasses.replace(EDGE, sensors=())
    elf = build_own_image(EDGE, "gcc", tmp_path, code)
    machine = Machine(elf, board, feeds={"accel": feed} if feed else {})
    end = int(seconds * HZ)
    while machine.time < end:
        machine.run(end - machine.time, timeout_s=60)
        machine.line.collect()
    return machine


def words(machine: Machine, name: str, count: int = 1) -> list[int]:
    data = machine.read_memory(machine.image.symbols[name], 4 * count)
    return np.frombuffer(data, np.int32).tolist()


def rows_of(machine: Machine) -> np.ndarray:
    [count] = words(machine, "rows_so_far")
    data = machine.read_memory(machine.image.symbols["rows_"], 6 * count)
    return np.frombuffer(data, np.int16).reshape(count, 3)


def as_counts(values: np.ndarray) -> np.ndarray:
    """Return 2 mg a bit, saturated at 12 bits, at the top of 16."""
    return (np.clip(np.floor(values / 2e-3 + 0.5), -2048, 2047) * 16).astype(np.int16)


@pytest.mark.parametrize("masked_us", [0, 40_000])
def test_no_row_is_lost_at_the_highest_rate_while_all_is_busy(tmp_path: Path, masked_us: int) -> None:
    """With the interrupts kept away for 40 ms there is more to read at once than the bus's FIFO holds."""
    values = np.random.default_rng(6).uniform(-4.2, 4.2, (ROWS, 3))

    machine = run(tmp_path, Feed(values), 0.7, masked_us)

    got = rows_of(machine)
    assert words(machine, "result") == [0]
    assert words(machine, "setting", 2) == [400_000, 4]
    assert words(machine, "lost") == [0]
    assert len(got) > 200
    assert np.array_equal(got, as_counts(values)[: len(got)])
    assert got.max() == 2047 * 16


def test_rows_that_the_fifo_had_no_room_for_are_counted(tmp_path: Path) -> None:
    """The interrupts are kept away for 0.2 s, 80 rows; the FIFO has 32."""
    values = np.repeat(np.arange(ROWS)[:, None] * 2e-3 - 1, 3, axis=1)

    machine = run(tmp_path, Feed(values), 0.6, 200_000)

    got, [lost] = rows_of(machine)[:, 0] // 16 + 500, words(machine, "lost")
    missing = int(got[-1]) + 1 - len(got)
    assert missing > 30
    assert abs(missing - lost) < 0.3 * missing


def test_a_sensor_that_is_not_there_is_absent(tmp_path: Path) -> None:
    machine = run(tmp_path, None, 0.1, 0, has_sensor=False)
    assert words(machine, "result") == [1]
    assert words(machine, "rows_so_far") == [0]
