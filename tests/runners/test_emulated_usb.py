# SPDX-License-Identifier: Apache-2.0
"""A whole check over the emulated Nano's USB plug, alone and behind a pseudo terminal: as over its UART."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.firmware_image import FAKE_INPUT_BYTES, build_image

from toolkit.errors import InputError
from toolkit.runners.emulated_usb import EmulatedUsbLink
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.link import open_link
from toolkit.runners.pty import serve_pty
from toolkit.runners.serial import SerialLink
from toolkit.runners.session import run_samples
from toolkit.targets.board import load_board

NANO = load_board("nano33ble")
SAMPLES = [bytes((7 * i + j) % 128 for j in range(FAKE_INPUT_BYTES)) for i in range(12)]


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(NANO, "gcc", tmp_path_factory.mktemp("usb"))


def test_a_check_over_usb_finds_what_a_check_over_the_uart_finds(elf: Path) -> None:
    by_uart, by_usb = EmulatorLink(elf, NANO), open_link(elf, NANO, usb=True)
    assert isinstance(by_usb, EmulatedUsbLink)
    found = [run_samples(link, SAMPLES) for link in (by_uart, by_usb)]
    outputs = [[each.outputs for each in transcript.inferences] for transcript in found]
    assert outputs[0] == outputs[1] and len(outputs[0]) == len(SAMPLES)


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo terminals, which Windows has not")
def test_any_program_talks_to_the_emulated_plug_behind_a_pseudo_terminal(elf: Path) -> None:
    with serve_pty(EmulatedUsbLink(elf, NANO), in_real_time=False) as server:
        link = SerialLink(server.name)
        try:
            found = run_samples(link, SAMPLES[:3], timeout_s=30)
        finally:
            link.close()
        server.check()
    assert len(found.inferences) == 3


def test_a_board_without_a_plug_of_its_own_says_so(elf: Path) -> None:
    with pytest.raises(InputError, match="sparkfun_edge does not talk over a USB plug"):
        EmulatedUsbLink(elf, load_board("sparkfun_edge"))
