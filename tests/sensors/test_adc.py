# SPDX-License-Identifier: Apache-2.0
"""The analog input of each board that has one: an application gets what is fed, to the bit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from support.bench import RAM, Bench
from support.firmware_image import build_own_image

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.errors import InputError
from toolkit.runners.feeds import read_feeds
from toolkit.stack.bound import prove_stack
from toolkit.targets.board import board_names, load_board

SAMPLES = 6000
SUPPLY_MV = 3300
FULL_SCALE = {"nrf52840": (3600, 12), "stm32/f746": (3300, 12), "rp2040": (3300, 12), "apollo3": (2000, 14)}
"""Millivolts and bits, by port."""
BOARDS = ["nano33ble", "stm32f746g_disco", "raspberry_pi_pico", "sparkfun_edge"]
# The Edge's microphone, on the same converter and its driver, is tried always: test_edge_microphone.py.
ALWAYS = [*BOARDS[:3], pytest.param("sparkfun_edge", marks=pytest.mark.wide)]
APP = """
#include "app.h"
#include "board_config.h"
#include "tm_port.h"
#include "tm_sensors.h"
int16_t samples[%(samples)d];
uint32_t so_far, lost;
int32_t result = -1;
tm_sensor_setting setting;
static void compute(uint32_t us) {
    for (volatile uint32_t i = 0; i < us * (TM_CLOCK_HZ / 8000000u); i++) {
    }
}
void app_start(void) { result = (int32_t)TM_ANALOG.start(%(rate)du, 0, &setting); }
void app_step(void) {
    so_far += TM_ANALOG.read(samples + so_far, %(samples)du - so_far);
    lost += TM_ANALOG.lost();
    __asm volatile("cpsid i");
    compute(%(masked_us)du);
    __asm volatile("cpsie i");
    compute(20000);
}
"""


class Heard:
    """What the application got, in the emulated board's memory."""

    def __init__(self, machine: Machine) -> None:
        def words(name: str, count: int, kind: type = np.int32) -> np.ndarray:
            data = machine.read_memory(machine.image.symbols[name], np.dtype(kind).itemsize * count)
            return np.frombuffer(data, kind)

        self.samples = words("samples", int(words("so_far", 1)[0]), np.int16)
        [self.lost], [self.result] = words("lost", 1), words("result", 1)
        self.rate_mhz, self.range_mv = words("setting", 2).tolist()
        self.scale = float(words("setting", 3)[2:].view(np.float32)[0])


def hear(
    name: str, folder: Path, feeds: dict[str, Feed], seconds: float, rate: int = 1000, masked_us: int = 0
) -> Heard:
    board = load_board(name)
    code = APP % {"samples": SAMPLES, "rate": rate, "masked_us": masked_us}
    machine = Machine(build_own_image(board, "gcc", folder, code), board, feeds=feeds)
    end = int(seconds * board.clock.hz)  # a fraction of a cycle would never be over
    while machine.time < end:
        machine.run(end - machine.time, timeout_s=60)
    return Heard(machine)


def as_counts(name: str, millivolts: np.ndarray) -> np.ndarray:
    full_scale, bits = FULL_SCALE[load_board(name).port]
    counts = np.floor(np.clip(millivolts, 0, SUPPLY_MV) * 2**bits / full_scale + 0.5)
    return np.minimum(counts, 2**bits - 1).astype(np.int16)


@pytest.mark.parametrize("name", BOARDS)
def test_what_is_fed_comes_to_the_bit_while_all_is_busy(name: str, tmp_path: Path) -> None:
    """Below ground and above the supply the pin stays at these."""
    millivolts = np.random.default_rng(3).uniform(-200, 3800, (SAMPLES, 1))

    got = hear(name, tmp_path, {"analog": Feed(millivolts)}, 0.08, rate=16000)

    full_scale, bits = FULL_SCALE[load_board(name).port]
    assert (got.result, got.lost, got.rate_mhz, got.range_mv) == (0, 0, 16_000_000, full_scale)
    assert got.scale == pytest.approx(full_scale / 2**bits)
    assert len(got.samples) > 800
    assert np.array_equal(got.samples, as_counts(name, millivolts[:, 0])[: len(got.samples)])


@pytest.mark.parametrize("name", ALWAYS)
def test_samples_that_were_overslept_are_counted(name: str, tmp_path: Path) -> None:
    """The interrupts are kept away for 70 ms: four blocks and more at 1 kHz."""
    millivolts = np.arange(3000.0)[:, None]

    got = hear(name, tmp_path, {"analog": Feed(millivolts)}, 0.25, masked_us=70_000)

    counts = as_counts(name, millivolts[:, 0])
    place, jumps = -1, 0
    for count in got.samples:
        nearest = int(np.searchsorted(counts, count, "left"))
        assert counts[nearest] == count
        jumps += nearest > place + 2
        place = max(nearest, place + 1)
    missing = place + 1 - len(got.samples)
    assert jumps >= 2
    assert missing > 100
    assert abs(missing - got.lost) <= 20


@pytest.mark.parametrize("name", ["nano33ble", "raspberry_pi_pico"])
def test_a_rate_of_its_own_follows_the_feeds_time(name: str, tmp_path: Path) -> None:
    """100 rows a second, heard at 250 Hz: two or three samples of each row."""
    millivolts = np.arange(100.0)[:, None] * 30

    got = hear(name, tmp_path, {"analog": Feed(millivolts, Fraction(100))}, 0.2, rate=250)

    assert got.rate_mhz >= 250_000
    assert len(got.samples) > 35
    places = np.arange(len(got.samples)) * 100_000 // got.rate_mhz
    assert np.array_equal(got.samples, as_counts(name, millivolts[:, 0])[places])


def test_a_table_says_volts_or_millivolts(tmp_path: Path) -> None:
    table = tmp_path / "pot.csv"
    table.write_text("time_ms,analog [V]\n0,0.5\n10,1.25\n")

    feed = read_feeds(load_board("nano33ble"), [f"analog={table}"])["analog"]

    assert feed.rate_hz == 100
    assert [feed.take(Fraction(100)).tolist() for _ in range(2)] == [[500.0], [1250.0]]
    table.write_text("analog [A]\n0.5\n")
    with pytest.raises(InputError, match="the unit 'a' is not known"):
        read_feeds(load_board("nano33ble"), [f"analog={table}"])


SAADC = 0x40007000


@pytest.mark.parametrize(
    ("offset", "value", "words"),
    [
        (0x500, 0, "while ENABLE is 0"),
        (0x510, 4, "is 4, the board's pin is 3"),
        (0x518, 0x121000, "no pin against the 0.6 V alone"),
        (0x5F4, 1, "averages, or paces itself"),
        (0x008, 1, "has no buffer"),
        (0x004, 1, "still converts"),
    ],
)
def test_saadc_refuses_what_a_board_would_answer_wrongly(offset: int, value: int, words: str) -> None:
    bench = Bench("nano33ble")
    for place, number in ((0x500, 1), (0x510, 3), (0x5F0, 2), (0x62C, RAM), (0x630, 1), (0x000, 1)):
        bench.write(SAADC + place, number)
    bench.write(SAADC + offset, value)
    with pytest.raises(WrongUseError, match=words):
        bench.write(SAADC + 0x004, 1)


def test_saadc_refuses_a_calibration_at_the_wrong_time_and_dma_out_of_ram() -> None:
    bench = Bench("nano33ble")
    bench.write(SAADC + 0x500, 1)
    bench.write(SAADC + 0x62C, 0x10000)
    bench.write(SAADC + 0x630, 1)
    with pytest.raises(WrongUseError, match="reaches RAM only"):
        bench.write(SAADC, 1)
    bench.write(SAADC + 0x62C, RAM)
    bench.write(SAADC + 0x00C, 1)
    with pytest.raises(WrongUseError, match="without STOP between"):
        bench.write(SAADC, 1)
    bench.write(SAADC + 0x008, 1)
    bench.write(SAADC, 1)
    with pytest.raises(WrongUseError, match="calibrated while it samples"):
        bench.write(SAADC + 0x00C, 1)


@pytest.mark.parametrize("name", ALWAYS)
def test_the_stack_is_proved_with_it(name: str, tmp_path: Path) -> None:
    """What a driver's start calls, by a pointer, must call nothing by one: it could be start again."""
    code = APP % {"samples": 10, "rate": 100, "masked_us": 0}
    assert prove_stack(build_own_image(load_board(name), "gcc", tmp_path, code)).why_unknown == ""


def test_every_board_with_an_analog_input_is_tried_here() -> None:
    assert {load_board(name).port for name in board_names() if load_board(name).analog} == set(FULL_SCALE)


def test_the_page_shows_how_the_input_is_read_without_the_ring(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "ports.md").read_text(encoding="utf-8")
    shown = page.split("## The analog input")[1].split("## ")[0]
    lines = [line[4:] for line in shown.splitlines() if line.startswith("    ") or not line]
    board = load_board("nano33ble")
    code = '#include "app.h"\n' + "\n".join(lines) + "\nvoid app_step(void) {}\n"
    machine = Machine(
        build_own_image(board, "gcc", tmp_path, code), board, feeds={"analog": Feed(np.array([[1500.0]]))}
    )
    while machine.time < 0.1 * board.clock.hz:
        machine.run(int(0.1 * board.clock.hz) - machine.time, timeout_s=60)

    def number(name: str, place: int = 0) -> int:
        data = machine.read_memory(machine.image.symbols[name] + 4 * place, 4)
        return int.from_bytes(data, "little")

    assert number("setting") == 1_000_000
    assert number("samples_so_far") > 50
    millivolts = number("sum") * number("setting", 1) / number("setting", 2) / number("samples_so_far")
    assert millivolts == pytest.approx(1500, abs=1)
