# SPDX-License-Identifier: Apache-2.0
"""End to end without a board: a model of the bootloader is flashed, and what it received is emulated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.flashing import elf_with, usb_port
from support.samba_bootloader import SambaBootloader

from toolkit.cli.main import run
from toolkit.errors import DeviceError
from toolkit.firmware import Firmware, load_firmware
from toolkit.runners import ports
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.pty import serve_pty
from toolkit.targets.board import load_board

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is plugged in on USB: a list to change."""
    found: list[object] = []
    monkeypatch.setattr(ports.list_ports, "comports", lambda: list(found))
    return found


@contextmanager
def emulated(firmware: Firmware, flash: bytes, folder: Path) -> Iterator[str]:
    """Give the port of an adapter on the pins of a board with this in its flash."""
    elf = elf_with(firmware, flash, folder / "as_flashed.elf")
    with serve_pty(EmulatorLink(elf, firmware.board)) as server:
        yield server.name
        server.check()


def test_a_board_is_flashed_over_usb_then_checked_and_watched(
    made_project: Path, tmp_path: Path, plugged: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--project", str(made_project), "--board", "nano33ble"]
    with SambaBootloader() as model:
        plugged[:] = [usb_port(model.port, "2341:005a", "0095F6")]
        assert run(["flash", *options]) == 0
        model.wait_for_reset()
    assert "is on Arduino Nano 33 BLE" in capsys.readouterr().out
    firmware = load_firmware(load_board("nano33ble"), made_project / "build" / "nano33ble")
    with emulated(firmware, bytes(model.flash), tmp_path) as port:
        plugged[:] = [usb_port(port, "0403:6001", "A502", "FT232R USB UART")]
        assert run(["check", *options, "--port", "auto", "--samples", "4"]) == 0
        assert run(["monitor", "--seconds", "1"]) == 0
        assert run(["check", *options, "--serial-number", "A502", "--samples", "1"]) == 0
    said = capsys.readouterr().out
    assert "4 of 4" in said
    assert f"{port} at 115200 baud" in said


def test_what_was_not_flashed_does_not_run(made_project: Path, tmp_path: Path) -> None:
    firmware = load_firmware(load_board("nano33ble"), made_project / "build" / "nano33ble")
    link = EmulatorLink(elf_with(firmware, b"\xff" * 0xF_0000, tmp_path / "empty.elf"), firmware.board)
    with pytest.raises(DeviceError):
        link.read(1)


def test_methods_are_listed_with_what_they_lack(
    made_project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    options = ["--project", str(made_project), "--board", "nano33ble"]
    assert run(["flash", *options, "--method", "list"]) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line for line in said.splitlines()}
    assert "yes" in rows["samba"] and "built in" in rows["samba"]
    assert "no: openocd is not installed" in rows["openocd"] or "apt-get install openocd" in said
    assert run(["flash", *options, "--method", "openocd"]) == 4
