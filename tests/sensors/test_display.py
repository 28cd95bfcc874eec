# SPDX-License-Identifier: Apache-2.0
"""The Discovery's screen: what an application writes is what LTDC's panel shows."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.emulator.error import EmulationError, WrongUseError
from toolkit.emulator.machine import Machine
from toolkit.emulator.screen import Screen, png_of_screen
from toolkit.errors import InputError
from toolkit.targets.board import load_board

DISCO = load_board("stm32f746g_disco")
DRAWN = 6_000_000
"""Cycles after which everything has been drawn."""
APP = """
#include "app.h"
#include "app_data.h"
#include "tm_port_text.h"
#include "tm_port_display.h"
uint32_t place;
void app_start(void) {
    place = (uint32_t)(uintptr_t)tm_port_display_on();
    %s
}
void app_step(void) {}
"""
HI = """
#...#...#...
#...#.......
#...#..##...
#####...#...
#...#...#...
#...#...#...
#...#..###..
............
"""
ETE = """
#####...#...#####.
#...#...#...#...#.
#...#..###..#...#.
#...#...#...#...#.
#...#...#...#...#.
#...#...#...#...#.
#####....##.#####.
..................
"""
"""A label beyond ASCII: a box is a character."""


def show(folder: Path, code: str) -> Machine:
    machine = Machine(build_own_image(DISCO, "gcc", folder, APP % code), DISCO)
    while machine.time < DRAWN:
        machine.run(DRAWN - machine.time, timeout_s=60)
    return machine


def picture(machine: Machine) -> np.ndarray:
    """Return the greys (272, 480) of what is seen."""
    seen = machine.models.one(Screen).picture()
    assert seen.shape == (272, 480, 3)
    assert (seen == seen[:, :, :1]).all()
    return seen[:, :, 0]


def dots(text: str, size: int) -> np.ndarray:
    rows = [[255 * (each == "#") for each in row] for row in text.split()]
    return np.kron(np.array(rows), np.ones((size, size), int))


def test_words_stand_where_they_were_written_and_nowhere_else(tmp_path: Path) -> None:
    """Twice in the same place, the first one is longer; beyond the edge there is nothing."""
    code = """
    tm_port_text(10, 20, 1, "Hi");
    tm_port_text(7, 100, 12, "another");
    tm_port_text(7, 100, 12, "Hi");
    tm_port_text(0, 240, 1, tm_app.label[2]);
    tm_port_text(474, 268, 1, "Hi");
    """
    machine = show(tmp_path, code)
    wanted = np.zeros((272, 480), int)
    wanted[20:28, 10:22] = dots(HI, 1)
    wanted[100:196, 7:151] = dots(HI, 12)
    wanted[268:272, 474:480] = dots(HI, 1)[:4, :6]
    wanted[240:248, 0:18] = dots(ETE, 1)

    assert np.array_equal(picture(machine), wanted)
    [place] = np.frombuffer(machine.read_memory(machine.image.symbols["place"], 4), np.uint32)
    assert place >= 0x20010000

    plt = pytest.importorskip("matplotlib.image", reason="needs matplotlib: pip install matplotlib")
    png = np.rint(plt.imread(io.BytesIO(png_of_screen(machine.models))) * 255)
    assert np.array_equal(png[:, :, 0], wanted)


def test_letters_are_told_from_each_other_and_what_is_no_ascii_is_one_box(tmp_path: Path) -> None:
    printable = "".join(map(chr, range(32, 127))).replace("\\", "\\\\").replace('"', '\\"')
    code = f'tm_port_text(0, 0, 1, "{printable[:60]}"); tm_port_text(0, 8, 1, "{printable[60:]}ä€");'
    seen = picture(show(tmp_path, code))

    cells = [seen[8 * row : 8 * row + 8, 6 * i : 6 * i + 6].tobytes() for row in (0, 1) for i in range(60)]
    assert len(set(cells[:97])) >= 96
    boxes = [i for i, cell in enumerate(cells) if cells.count(cell) == 2]
    assert len(boxes) == 2


def test_what_was_not_shown_is_not_seen_and_greys_are(tmp_path: Path) -> None:
    """It may still be in the data cache."""
    code = """
    uint8_t *const pixels = tm_port_display_on();
    for (uint32_t i = 0; i < 480; i++) {
        pixels[i] = (uint8_t)(i / 2u);
        pixels[480 * 5 + i] = 200;
    }
    tm_port_display_show(0, 1);
    """
    seen = picture(show(tmp_path, code))
    assert seen[0].tolist() == [i // 2 for i in range(480)]
    assert not seen[1:].any()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("*(volatile uint32_t *)0x4001680Cu = 0x35000Au;", "BPCR is 0x35000a"),
        ("*(volatile uint32_t *)0x40022820u = 0;", "PK7 is not set to LTDC"),
        ("*(volatile uint32_t *)0x4002388Cu = 0;", "19.2 MHz; it takes 5 to 12"),
        ("*(volatile uint32_t *)0x40016894u = 2; *(volatile uint32_t *)0x40016824u = 1;", "not opaque L8"),
    ],
)
def test_what_the_panel_would_show_as_noise_is_refused(tmp_path: Path, code: str, words: str) -> None:
    machine = show(tmp_path, code)
    with pytest.raises(WrongUseError, match=words):
        picture(machine)


def test_pixels_in_the_dtcm_and_a_controller_without_clocks_are_refused(tmp_path: Path) -> None:
    dtcm = "*(volatile uint32_t *)0x400168ACu = 0x20000000u; *(volatile uint32_t *)0x40016824u = 1;"
    with pytest.raises(EmulationError, match="it is in the DTCM"):
        show(tmp_path, dtcm)
    clocks = "*(volatile uint32_t *)0x40023844u &= ~(1u << 26); *(volatile uint32_t *)0x40016818u = 1;"
    with pytest.raises(EmulationError, match="before RCC gives it its clocks"):
        show(tmp_path, clocks)


def test_a_backlight_that_is_off_shows_nothing(tmp_path: Path) -> None:
    code = 'tm_port_text(0, 0, 4, "dark"); *(volatile uint32_t *)0x40022818u = 1u << 19;'
    assert not picture(show(tmp_path, code)).any()


def test_a_board_without_a_screen_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"tm_port_display.h is included, and .* has no \[display\]|not give it"
    ):
        build_own_image(load_board("nano33ble"), "gcc", tmp_path, APP % "")
