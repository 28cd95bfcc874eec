# SPDX-License-Identifier: Apache-2.0
"""The pins of every port, and the buttons of the boards that have one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.emulator.pins import presses
from toolkit.errors import InputError
from toolkit.runners.feeds import read_feeds, read_presses
from toolkit.targets.board import load_board

APP = """
#include "app.h"
#include "tm_port.h"
#include "tm_port_pins.h"
uint32_t results, edges, levels, steps;
#ifdef TM_BUTTON_PIN
static bool was_pressed;
#endif
static void note(uint32_t bit, bool yes) { results |= (uint32_t)yes << bit; }
void app_start(void) {
    results = edges = levels = 0;
    note(0, tm_port_pin_set_up(FREE, TM_PIN_INPUT_PULLED_UP));
    note(1, tm_port_pin_read(FREE));
    note(2, tm_port_pin_set_up(FREE, TM_PIN_INPUT_PULLED_DOWN));
    note(3, tm_port_pin_read(FREE));
    note(4, tm_port_pin_set_up(FREE, TM_PIN_OUTPUT));
    note(5, tm_port_pin_read(FREE));
    tm_port_pin_write(FREE, true);
    note(6, tm_port_pin_read(FREE));
    tm_port_pin_write(FREE, false);
    note(7, tm_port_pin_read(FREE));
    note(8, tm_port_pin_set_up(NONE, TM_PIN_INPUT));
    note(9, tm_port_pin_set_up(FREE, TM_PIN_INPUT));
    note(12, tm_port_pin_set_up(FREE, (tm_pin_mode)77));
    for (uint32_t pin = NONE; pin < 10000u; pin += 9999u - NONE) {
        note(13, tm_port_pin_set_up(pin, TM_PIN_INPUT_PULLED_UP));
        tm_port_pin_write(pin, true);
        tm_port_pin_write(pin, false);
        note(14, tm_port_pin_read(pin));
    }
#ifdef TM_BUTTON_PIN
    note(10, tm_port_button_on());
    was_pressed = tm_port_button_is_pressed();
    note(11, was_pressed);
#endif
}
void app_step(void) {
#ifdef TM_BUTTON_PIN
    const bool is_pressed = tm_port_button_is_pressed();
    edges += is_pressed && !was_pressed;
    was_pressed = is_pressed;
#endif
    levels = levels << 1 | tm_port_pin_read(FREE);
    steps++;
}
"""
FREE = {
    "nano33ble": "TM_PIN(1, 11)",
    "sparkfun_edge": "16",
    "stm32f746g_disco": "TM_PIN(8, 2)",
    "raspberry_pi_pico": "15",
}
WITH_BUTTON = [name for name in FREE if load_board(name).button is not None]
NONE = {"nano33ble": 48, "sparkfun_edge": 50, "raspberry_pi_pico": 30}


@pytest.fixture(scope="module", params=FREE)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def elf(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(name)
    code = f"#define FREE {FREE[name]}\n#define NONE {NONE.get(name, 400)}u\n{APP}"
    return build_own_image(load_board(name), "gcc", folder, code)


def run(machine: Machine, seconds: float) -> None:
    end = machine.time + int(seconds * machine.board.clock.hz)
    while machine.time < end:
        machine.run(end - machine.time, timeout_s=60)


def word(machine: Machine, name: str) -> int:
    return int.from_bytes(machine.read_memory(machine.image.symbols[name], 4), "little")


def test_a_pin_is_pulled_read_and_written(name: str, elf: Path) -> None:
    machine = Machine(elf, load_board(name))
    run(machine, 0.01)
    has_pull_down = name != "sparkfun_edge"
    button = 1 << 10 if name in WITH_BUTTON else 0
    assert word(machine, "results") == 1 | 1 << 1 | has_pull_down << 2 | 1 << 4 | 1 << 6 | 1 << 9 | button | (
        0 if has_pull_down else 1 << 3
    )
    number = int(eval(FREE[name].replace("TM_PIN", "(lambda port, pin: 32 * port + pin)")))
    machine.pins.drive(number, True)
    run(machine, 0.002)
    assert word(machine, "levels") == 0xFFFFFFFF


def test_each_press_of_the_button_is_seen(name: str, elf: Path) -> None:
    if name not in WITH_BUTTON:
        pytest.skip("the board has no button")
    machine = Machine(elf, load_board(name), feeds={"button": presses("0.01-0.015,0.02-0.03")})
    seen = []
    for _ in range(4):
        run(machine, 0.009)
        seen.append(word(machine, "edges"))
    assert seen == [0, 1, 2, 2]
    assert word(machine, "steps") > 100


def test_presses_come_from_a_table_too(tmp_path: Path) -> None:
    table = tmp_path / "presses.csv"
    table.write_text("time_ms,pressed\n0,0\n10,1\n20,0\n30,1\n")
    board = load_board("sparkfun_edge")
    fed = read_feeds(board, [f"button={table}"])
    assert fed["button"].rate_hz == 100
    assert fed["button"].take_all(9, Fraction(100))[:, 0].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("board", "text", "fed", "problem"),
    [
        ("nano33ble", "0.5", {}, r"boards/nano33ble.toml has no \[button\]"),
        ("sparkfun_edge", "0.5-0.2", {}, "'0.5-0.2' is no press"),
        ("sparkfun_edge", "soon", {}, "'soon' is no press"),
        ("sparkfun_edge", "0.5", {"button": Feed(np.zeros((1, 1)))}, "both say"),
    ],
)
def test_a_press_that_cannot_be_is_refused(board: str, text: str, fed: dict[str, Feed], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_presses(load_board(board), text, fed)
