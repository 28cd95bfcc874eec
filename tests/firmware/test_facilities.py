# SPDX-License-Identifier: Apache-2.0
"""Which files of sensors and ports are in a firmware: those whose header something includes."""

from __future__ import annotations

import pytest

from toolkit.errors import InputError
from toolkit.firmware.facilities import without_unused
from toolkit.targets.board import load_board

FILES: dict[str, str | bytes] = {
    "include/tm_sensors.h": '#include "tm_chip.h"\n',
    "src/port/port.c": '#include "tm_port.h"\n',
    "src/port/tm_port_i2c.c": '#include "tm_port_i2c.h"\n',
    "src/port/tm_port_pdm.c": '#include "tm_port_pdm.h"\n',
    "src/runtime/tm_port.h": "",
    "src/runtime/tm_port_i2c.h": "",
    "src/runtime/tm_port_pdm.h": "",
    "src/runtime/tm_port_ticks.h": "",
    "src/sensors/tm_chip.c": '#include "tm_chip.h"\n#include "tm_port_i2c.h"\n',
    "src/sensors/tm_chip.h": "",
    "src/sensors/tm_other.c": '#include "tm_port_pdm.h"\n',
}
SENSORS = {"include/tm_sensors.h", "src/sensors/tm_chip.c", "src/sensors/tm_chip.h", "src/port/tm_port_i2c.c"}


def kept(code: str, board: str = "nano33ble") -> set[str]:
    files = {**FILES, "src/app/my_app.cpp": code}
    found = without_unused(files, load_board(board))
    return {name for name in found if name.startswith(("include/", "src/sensors/", "src/port/tm_"))}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("", set()),
        ('// #include "tm_sensors.h" is not there\n', set()),
        ("  # include <tm_sensors.h>\n", SENSORS),
        ('#include "tm_port_i2c.h"\n', {"src/port/tm_port_i2c.c"}),
    ],
)
def test_only_what_is_included_is_there(code: str, wanted: set[str]) -> None:
    assert kept(code) == wanted


@pytest.mark.parametrize(
    ("code", "board", "words"),
    [
        ('#include "tm_port_pdm.h"\n', "nano33ble", r"nano33ble.toml has no \[microphone\]"),
        ('#include "tm_port_i2c.h"\n', "stm32f746g_disco", r"stm32f746g_disco.toml has no \[i2c\]"),
        ('#include "tm_port_ticks.h"\n', "nano33ble", "the port nrf52840 of nano33ble does not give it"),
    ],
)
def test_what_a_board_does_not_have_is_said(code: str, board: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        kept(code, board)
