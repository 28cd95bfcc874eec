# SPDX-License-Identifier: Apache-2.0
"""Sleep until a tick or a byte: how long, how much of the time, and that the serial line loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.firmware_image import build_own_image
from support.usb import Desk

from toolkit.emulator.machine import Machine
from toolkit.targets.board import load_board

APP = """
#include "app.h"
#include "tm_port_nap.h"
#include "tm_port_ticks.h"
uint32_t naps, slept_us, cycles, shortest_us = 1000000u, longest_us;
uint32_t busy_us;
static uint32_t start;
static void tick(void) {}
void app_start(void) {
    (void)tm_port_ticks_call(tick);
    naps = 0;
    start = tm_port_cycles();
}
void app_step(void) {
    for (volatile uint32_t i = 0; i < busy_us * (tm_port_clock_hz / 8000000u); i++) {
    }
    const uint32_t before = tm_port_ticks_us();
    tm_port_nap(20000);
    const uint32_t us = tm_port_ticks_us() - before;
    if (naps != 0 && us < shortest_us) {
        shortest_us = us;
    }
    if (naps != 0 && us > longest_us) {
        longest_us = us;
    }
    naps++;
    slept_us = tm_port_napped_us();
    cycles = tm_port_cycles() - start;
}
"""


@pytest.fixture(
    scope="module", params=["nano33ble", "sparkfun_edge", "stm32f746g_disco", "raspberry_pi_pico"]
)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def elf(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_own_image(load_board(name), "gcc", tmp_path_factory.mktemp(name), APP)


def run(machine: Machine, seconds: float) -> None:
    end = machine.time + int(seconds * machine.board.clock.hz)
    while machine.time < end:
        machine.run(end - machine.time, timeout_s=60)


def word(machine: Machine, name: str) -> int:
    return int.from_bytes(machine.read_memory(machine.image.symbols[name], 4), "little")


@pytest.mark.parametrize("counter_sleeps", [False, True])
def test_it_sleeps_nearly_all_the_time_and_the_cycle_counter_keeps_the_time(
    name: str, elf: Path, counter_sleeps: bool
) -> None:
    machine = Machine(elf, load_board(name), counter_sleeps=counter_sleeps)
    run(machine, 1.0)
    hz = machine.board.clock.hz
    assert 48 <= word(machine, "naps") <= 50
    assert machine.asleep / machine.time > 0.98
    assert word(machine, "slept_us") == pytest.approx(machine.asleep / hz * 1e6, rel=0.03)
    assert word(machine, "cycles") == pytest.approx(machine.time, rel=0.03)


def test_a_nap_is_never_shorter_and_a_tick_longer_at_the_most(name: str, elf: Path) -> None:
    """Wherever between two ticks it begins."""
    machine = Machine(elf, load_board(name))
    run(machine, 0.05)
    machine.write_memory(machine.image.symbols["busy_us"], (1300).to_bytes(4, "little"))
    run(machine, 0.7)
    assert word(machine, "naps") > 20
    assert word(machine, "shortest_us") >= 20_000
    assert 22_000 < word(machine, "longest_us") <= 25_050


def test_a_byte_wakes_it_and_the_answer_comes(name: str, elf: Path) -> None:
    machine = Machine(elf, load_board(name))
    run(machine, 0.1)
    naps = word(machine, "naps")
    machine.line.collect()
    machine.line.offer(b"name%")
    said = b""
    for _ in range(20):
        run(machine, 0.001)
        said += machine.line.collect()
        if b"m-ready" in said:
            break
    assert said.count(b"m-ready") == 1, said
    assert word(machine, "naps") - naps <= 1


def test_a_byte_on_the_usb_plug_wakes_it(tmp_path: Path) -> None:
    """It would sleep for half a second; every command is answered at once, and nothing is lost."""
    elf = build_own_image(load_board("nano33ble"), "gcc", tmp_path, APP.replace("20000", "500000"))
    desk = Desk(Machine(elf, load_board("nano33ble")))
    desk.plug()
    desk.pass_time(0.05)
    for count in (1, 1, 3):
        before = desk.machine.time
        said = desk.say(b"name%" * count)
        assert said.count(b"m-name-dut-[nano33ble]") == count
        assert (desk.machine.time - before) / desk.machine.board.clock.hz < 0.1
    assert desk.machine.asleep / desk.machine.time > 0.5
