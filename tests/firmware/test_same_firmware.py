# SPDX-License-Identifier: Apache-2.0
"""A check is of the firmware that was built, and of no other that answers on the line."""

from __future__ import annotations

import dataclasses

import pytest
from support.firmware import SAMPLES, digits_like

from toolkit.errors import DeviceError
from toolkit.report.text import verdict_lines
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.ports import is_pseudo_terminal
from toolkit.runners.pty import serve_pty
from toolkit.verify.on_device import Place, Samples, check_firmware
from toolkit.verify.verdict import Verdict

pytestmark = pytest.mark.xdist_group("firmware")


def check(firmware, elf_of, compiled=None) -> Verdict:
    """Check firmware on a port behind which that of elf_of runs."""
    data, model = digits_like()
    with serve_pty(EmulatorLink(elf_of.elf, elf_of.board)) as server:
        place = Place(port=server.name)
        checked = check_firmware(firmware, compiled or model, data, Samples(SAMPLES), place)
    assert checked.verdict.passed
    return checked.verdict


def test_the_board_that_was_built_for_passes(built) -> None:
    firmware = built("nano33ble", "gcc")
    assert (firmware.engine, firmware.version) == ("aot", "0.1.0")
    verdict = check(firmware, firmware)
    assert verdict.cycles and verdict.latency_ms is None, "an emulator's cycles are no time of a board"
    text = "\n".join(verdict_lines(verdict))
    assert "ran on    a program behind a pseudo terminal, not the board" in text
    assert " ms" not in text


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("/dev/pts/5", True), ("/dev/../dev/pts/5", True), ("/dev/ttys003", True)]
    + [(name, False) for name in ("/dev/ttyUSB0", "/dev/ttyACM0", "COM3", "/dev/cu.usbmodem101", "auto")],
)
def test_a_pseudo_terminal_is_known_by_its_name(name: str, is_one: bool) -> None:
    assert is_pseudo_terminal(name) is is_one


@pytest.mark.parametrize("board", ["sparkfun_edge", "stm32f746g_disco"])
def test_another_board_on_the_port_is_not_taken_for_this_one(built, board: str) -> None:
    with pytest.raises(DeviceError, match=f"is nano33ble; {board} was to be checked") as caught:
        check(built(board, "gcc"), built("nano33ble", "gcc"))
    assert caught.value.exit_code == 5
    assert caught.value.hint == "Try: --board nano33ble, or another --port"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": "0.0.9"}, "has the version 0.1.0; the one that was built has 0.0.9"),
        ({"engine": "tflm"}, "has the engine aot; the one that was built has tflm"),
    ],
)
def test_another_version_or_engine_is_told(built, changed: dict[str, str], words: str) -> None:
    firmware = built("nano33ble", "gcc")
    with pytest.raises(DeviceError, match=words):
        check(dataclasses.replace(firmware, **changed), firmware)


def test_another_model_is_told(built) -> None:
    firmware = built("nano33ble", "gcc")
    other = dataclasses.replace(digits_like()[1], sha256="0" * 64)
    with pytest.raises(DeviceError, match="runs another model"):
        check(firmware, firmware, other)
