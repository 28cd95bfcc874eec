# SPDX-License-Identifier: Apache-2.0
"""End to end without a board: a model of the bootloader is flashed, and what it received is emulated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from support.flashing import elf_with, usb_port
from support.samba_bootloader import SambaBootloader

from toolkit.cli.main import run
from toolkit.errors import DeviceError
from toolkit.files import sha256_of
from toolkit.firmware import Firmware, load_firmware
from toolkit.flash.image import load_flash_image
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


def test_a_fleet_of_a_project_is_checked_sample_by_sample(
    made_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three at once: one has another model than the project's."""
    firmware = load_firmware(load_board("nano33ble"), made_project / "build" / "nano33ble")
    image = load_flash_image(firmware.elf)
    other = bytearray(image.data)
    sha = sha256_of(made_project / "build" / "model.tflite")
    place = other.index(sha.encode())
    other[place : place + 8] = b"00000000"
    with ExitStack() as stack:
        lines = [
            stack.enter_context(emulated(firmware, data, tmp_path))
            for data in (image.data, image.data, other)
        ]
        entries = [
            f'[[board]]\nname = "n{number}"\nboard = "nano33ble"\n'
            f"project = {json.dumps(str(made_project))}\nport = {json.dumps(line)}\n"
            for number, line in enumerate(lines)
        ]
        (tmp_path / "boards.toml").write_text("".join(entries), encoding="utf-8")
        assert run(["fleet", str(tmp_path / "boards.toml"), "--no-flash", "--samples", "3"]) == 5
    said = capsys.readouterr()
    rows = {line.split()[0]: line for line in said.out.splitlines() if line.startswith("n")}
    assert rows["n0"].endswith("3 of 3 equal") and rows["n1"].endswith("3 of 3 equal")
    assert "the board runs another model: its SHA-256 is 00000000" in rows["n2"]
    assert "1 of 3 boards failed: n2" in said.err
