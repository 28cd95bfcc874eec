# SPDX-License-Identifier: Apache-2.0
"""The SparkFun Edge's analog microphone: an application gets what is fed, at the converter's 14 bits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from support.bench import Bench
from support.firmware_image import build_own_image

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.stack.bound import prove_stack
from toolkit.targets.board import load_board

MOST = 40_000
EDGE = load_board("sparkfun_edge")
# From step 5 on the interrupts are kept away for some 5 ms, which are 80 samples: the FIFO has 16.
APP = """
#include "app.h"
#include "tm_port.h"
#include "tm_sensors.h"
int16_t heard[%(most)d];
uint32_t so_far, before_masks, lost, steps;
int32_t result = -1;
tm_sensor_setting setting;
static void compute(uint32_t us) {
    for (volatile uint32_t i = 0; i < us * 6u; i++) {
    }
}
void app_start(void) { result = (int32_t)TM_MICROPHONE.start(16000, 1, &setting); }
void app_step(void) {
    so_far += TM_MICROPHONE.read(heard + so_far, %(most)du - so_far);
    lost += TM_MICROPHONE.lost();
    tm_port_write("a line that keeps the serial port busy\\r\\n", 40);
    if (++steps < 5) {
        before_masks = so_far;
    } else {
        __asm volatile("cpsid i");
        compute(5000);
        __asm volatile("cpsie i");
    }
    compute(50000);
}
"""


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_own_image(EDGE, "gcc", tmp_path_factory.mktemp("mic"), APP % {"most": MOST})


class Heard:
    """What the application got, from 0.6 s on, in which the amplifier settles."""

    def __init__(self, elf: Path, supply_mv: int, feed: Feed, seconds: float) -> None:
        assert EDGE.analog is not None
        board = dataclasses.replace(EDGE, analog=dataclasses.replace(EDGE.analog, supply_mv=supply_mv))
        self._machine = machine = Machine(elf, board, feeds={"microphone": feed})
        end = int(seconds * EDGE.clock.hz)
        while machine.time < end:
            machine.run(end - machine.time, timeout_s=60)
            machine.line.collect()
        self.so_far, self.before_masks = (int(self.words(name)[0]) for name in ("so_far", "before_masks"))
        [self.lost], [self.result] = self.words("lost"), self.words("result")
        self.samples = self.words("heard", self.so_far, np.int16)

    def words(self, name: str, count: int = 1, kind: type = np.int32) -> np.ndarray:
        machine = self._machine
        data = machine.read_memory(machine.image.symbols[name], np.dtype(kind).itemsize * count)
        return np.frombuffer(data, kind)


def sound(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32768, 32768, MOST).astype(np.int16)


def fed(pcm: np.ndarray) -> Feed:
    return Feed(pcm[:, None], unit=1 / 32768)


def as_heard(pcm: np.ndarray, supply_mv: int) -> np.ndarray:
    """Return the nearest of 14 bits; silence is 10 / 32 of the supply, and the count is no less than 0."""
    silence = supply_mv * 16384 * 10 // (2000 * 32)
    counts = np.clip(silence - np.ceil(pcm / 4 - 0.5), 0, 16383)
    return np.maximum(4 * (silence - counts), -32768).astype(np.int16)


def gaps_in(samples: np.ndarray, whole: np.ndarray) -> list[int]:
    """Return how many of the whole are missing in each place where some are."""
    gaps, here, place = list[int](), 0, 0
    while here < len(samples):
        alike = samples[here:] == whole[place : place + len(samples) - here]
        run = len(alike) if alike.all() else int(np.argmin(alike))
        here, place, gap = here + run, place + run, 0
        ahead = samples[here : here + 8]
        while len(ahead) and not np.array_equal(whole[place + gap : place + gap + len(ahead)], ahead):
            gap += 1
        gaps += [gap] if gap else []
        place += gap
    return gaps


def test_what_is_fed_comes_while_all_is_busy_and_what_is_overslept_is_counted(elf: Path) -> None:
    pcm = sound()
    wanted = as_heard(pcm, 3000)

    got = Heard(elf, 3000, fed(pcm), 1.1)

    assert got.result == 0
    assert got.words("setting", 2).tolist() == [16_000_000, 1]
    assert got.words("setting", 3)[2:].view(np.float32)[0] == pytest.approx(1 / 32768)
    assert got.before_masks > 1500
    assert np.array_equal(got.samples[: got.before_masks], wanted[: got.before_masks])
    assert got.samples.min() < -32700
    assert got.samples.max() == 4 * 7680  # the amplifier's output is at ground then
    gaps = gaps_in(got.samples, wanted)
    assert len(gaps) >= 2
    assert min(gaps) > 16
    assert got.lost == sum(gaps)


@pytest.mark.parametrize("supply_mv", [2500, pytest.param(3300, marks=pytest.mark.wide)])
def test_silence_is_zero_whatever_the_supply(elf: Path, supply_mv: int) -> None:
    pcm = (sound() // 3)[:1200]
    got = Heard(elf, supply_mv, fed(pcm), 0.75)
    silence = np.zeros(max(0, got.so_far - len(pcm)), np.int16)
    assert got.so_far > 1300
    assert np.array_equal(got.samples, np.append(as_heard(pcm, supply_mv), silence)[: got.so_far])


def test_the_stack_is_proved_with_it(elf: Path) -> None:
    assert prove_stack(elf).why_unknown == ""


ADC, CTIMER, POWER = 0x50010000, 0x40008000, 0x40021008
CFG = 0x01071014
"""As the port has it: HFRC, triggered by software, 2.0 V, repeated; not yet enabled."""


@pytest.fixture
def bench() -> Bench:
    """The Edge's ADC with power, and the microphone's pad set to it."""
    bench = Bench("sparkfun_edge")
    bench.write(POWER, 1 << 9)
    while not bench.read(0x40021018) & 1 << 5:
        pass
    bench.write(0x40010060, 0x73)
    bench.write(0x40010000 + 11, 0, size=1)
    return bench


@pytest.mark.parametrize(
    ("slot", "cfg", "words"),
    [
        (0x201, CFG | 1, "timer A3 does not run"),
        (0x301, CFG | 1, "input 3, on which the board has nothing"),
        (0x501, CFG | 1, "pad 33 is not set to the ADC"),
        (0x01000201, CFG | 1, "14 bits without an average"),
        (0x201, CFG | 0x101, "CFG of the ADC is 0x1071115"),
        (0x201, CFG, "CFG of the ADC is 0x1071014; 0x1071015 is what"),
    ],
)
def test_the_model_refuses_scans_that_a_board_would_make_otherwise(
    bench: Bench, slot: int, cfg: int, words: str
) -> None:
    bench.write(ADC + 0x00C, slot)
    bench.write(ADC, cfg)
    with pytest.raises(WrongUseError, match=words):
        bench.write(ADC + 0x008, 0x37)


@pytest.mark.parametrize(
    ("address", "value", "words"),
    [
        (ADC + 0x00C, 0x201, "written while it is enabled"),
        (ADC, 0x00071015, "has no clock"),
        (CTIMER + 0x06C, 0x00000043, "timer A3 runs repeated"),
    ],
)
def test_the_model_refuses_settings_that_do_not_work(
    bench: Bench, address: int, value: int, words: str
) -> None:
    bench.write(ADC, CFG | 1)
    with pytest.raises(WrongUseError, match=words):
        bench.write(address, value)


def test_the_adc_needs_its_power(bench: Bench) -> None:
    bench.write(POWER, 0)
    with pytest.raises(WrongUseError, match="before PWRCTRL has switched its power on"):
        bench.write(ADC + 0x200, 4)


def test_the_fifo_keeps_sixteen_and_says_twelve(bench: Bench) -> None:
    bench.write(ADC + 0x00C, 0x201)
    bench.write(ADC, CFG | 1)
    bench.write(ADC + 0x200, 4)
    bench.write(CTIMER + 0x064, 749)
    bench.write(CTIMER + 0x06C, 1 << 15 | 1 << 6 | 1 << 1 | 6 << 22 | 20 << 17)
    bench.write(CTIMER + 0x06C, bench.read(CTIMER + 0x06C) | 1 | 1 << 16)
    bench.write(ADC + 0x008, 0x37)

    def after(turns: float) -> tuple[int, bool]:
        bench.time += int(turns * 3000)
        bench.system.events.run_until(bench.time)
        return bench.read(ADC + 0x038) >> 20 & 0xFF, bench.has_interrupt(18)

    assert after(10.5) == (11, False)
    assert after(1) == (12, True)
    assert after(20) == (16, True)
    assert bench.read(CTIMER + 0x060) >> 16 == 31
    bench.write(ADC + 0x208, 0xFF)
    assert not bench.has_interrupt(18)
    assert [bench.read(ADC + 0x03C) >> 6 & 0x3FFF for _ in range(16)] == [7680] * 16
    assert after(0)[0] == 0
