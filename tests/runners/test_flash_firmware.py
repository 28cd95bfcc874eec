# SPDX-License-Identifier: Apache-2.0
"""Flashing runs a tool of the board file on the images, after the port was looked at."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from toolkit.errors import DeviceError, InputError, ToolMissingError, UsageError
from toolkit.firmware import Firmware
from toolkit.firmware.sizes import Sizes
from toolkit.runners.flash import choose_upload, flash_firmware, require_flashable
from toolkit.targets.board import Upload, load_board

pty = pytest.importorskip("pty", reason="needs pseudo terminals, which this system does not have")

TOOL = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["FLASH_LOG"], "w") as log:
    json.dump({{"arguments": sys.argv[1:], "folder": os.getcwd(), "files": sorted(os.listdir("."))}}, log)
print("Device unlocked")
print("wrote 100 %", file=sys.stderr)
sys.exit(int(os.environ.get("FLASH_EXIT", "0")))
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but the tool flasher; it writes how it was called into the file returned."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "flasher").write_text(TOOL)
    (folder / "flasher").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("FLASH_LOG", str(tmp_path / "called.json"))
    return tmp_path / "called.json"


@pytest.fixture
def port() -> Iterator[str]:
    """A serial port: the far end of a pseudo terminal."""
    near, far = pty.openpty()
    yield os.ttyname(far)
    os.close(near)
    os.close(far)


def firmware(tmp_path: Path, *uploads: Upload) -> Firmware:
    folder = tmp_path / "a build" / "nano33ble"
    folder.mkdir(parents=True)
    for ending in ("elf", "bin", "hex"):
        (folder / f"firmware.{ending}").write_bytes(b"\x7fELF")
    board = dataclasses.replace(load_board("nano33ble"), upload=uploads)
    return Firmware(board, folder / "firmware.elf", Sizes(1, 1, 1, 1), folder, "gcc 12.2.1", "aot", "0.1.0")


def flasher(*arguments: str, tool: str = "flasher", touch_1200: bool = False) -> Upload:
    return Upload(tool, (tool, *arguments), note=f"{tool} comes with the board", touch_1200=touch_1200)


def test_the_tool_gets_the_images_by_plain_names_in_their_folder(tmp_path: Path, log: Path) -> None:
    built = firmware(tmp_path, flasher("-c", "program {hex} verify", "{elf}", "{bin}"))
    heard: list[str] = []
    flash_firmware(built, on_line=heard.append)
    called = json.loads(log.read_text())
    assert called["arguments"] == ["-c", "program firmware.hex verify", "firmware.elf", "firmware.bin"]
    assert called["folder"] == str(built.folder)
    assert heard == ["Device unlocked", "wrote 100 %"]


def test_the_first_tool_that_is_installed_is_taken(tmp_path: Path, log: Path) -> None:
    built = firmware(tmp_path, flasher(tool="not-there"), flasher("{bin}"))
    assert choose_upload(built.board).tool == "flasher"


def test_a_script_that_is_not_there_counts_as_not_installed(tmp_path: Path, log: Path) -> None:
    script = Upload("updater", ("flasher", "updater_of_the_vendor.py", "{bin}"))
    built = firmware(tmp_path, script, flasher("{bin}"))
    assert choose_upload(built.board).tool == "flasher"


def test_a_script_on_the_path_is_named_in_full(tmp_path: Path, log: Path) -> None:
    script = log.parent / "tools" / "updater.py"
    script.write_text("")
    script.chmod(0o755)
    flash_firmware(firmware(tmp_path, Upload("updater", ("flasher", "updater.py", "{bin}"))))
    assert json.loads(log.read_text())["arguments"] == [str(script), "firmware.bin"]


def test_a_missing_tool_is_said_with_how_to_get_it(tmp_path: Path, log: Path) -> None:
    built = firmware(tmp_path, flasher(tool="one"), flasher(tool="two"))
    with pytest.raises(
        ToolMissingError, match=r"no tool to flash nano33ble is installed: .* one, two\."
    ) as caught:
        flash_firmware(built)
    assert caught.value.hint == "one: one comes with the board\ntwo: two comes with the board"


def test_tool_and_port_are_looked_at_before_anything_is_built(tmp_path: Path, log: Path) -> None:
    with pytest.raises(ToolMissingError) as caught:
        require_flashable(firmware(tmp_path, flasher(tool="pyocd")).board, None, "pyocd")
    assert str(caught.value.hint).startswith("pyocd: pip install pyocd")
    with pytest.raises(UsageError, match="needs the board's serial port"):
        require_flashable(firmware(tmp_path / "2", flasher("{port}")).board, None, None)


def test_the_method_that_was_asked_for_is_not_replaced_by_another(tmp_path: Path, log: Path) -> None:
    built = firmware(tmp_path, flasher(tool="not-there"), flasher("{bin}"))
    with pytest.raises(ToolMissingError, match=r"looked for not-there\."):
        flash_firmware(built, method="not-there")


def test_an_unknown_method_is_answered_with_the_right_one(tmp_path: Path, log: Path) -> None:
    with pytest.raises(UsageError, match=r"no upload method 'flusher'\. Did you mean flasher\?"):
        flash_firmware(firmware(tmp_path, flasher()), method="flusher")


def test_the_host_is_not_flashed() -> None:
    with pytest.raises(InputError, match="host is not flashed"):
        choose_upload(load_board("host"))


def test_every_board_with_memory_has_a_way_to_flash_it() -> None:
    for name in ("nano33ble", "sparkfun_edge", "stm32f746g_disco"):
        board = load_board(name)
        for upload in board.upload:
            filled = [word.format(elf="e", bin="b", hex="h", port="p") for word in upload.command]
            assert filled != list(upload.command), f"{name} {upload.tool} sends no image"


def test_a_method_with_a_port_needs_one(tmp_path: Path, log: Path) -> None:
    with pytest.raises(UsageError, match=r"flasher needs the board's serial port\. Known: ") as caught:
        flash_firmware(firmware(tmp_path, flasher("{port}", "{bin}")))
    assert caught.value.hint == "Try: --port PORT"


def test_a_port_that_is_not_there_is_said_before_the_tool_runs(tmp_path: Path, log: Path) -> None:
    with pytest.raises(DeviceError, match=r"there is no port /dev/ttyNOWHERE\."):
        flash_firmware(firmware(tmp_path, flasher("{port}")), port="/dev/ttyNOWHERE")
    assert not log.exists()


def test_a_file_is_not_a_port(tmp_path: Path, log: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    with pytest.raises(DeviceError, match="is no serial port"):
        flash_firmware(firmware(tmp_path, flasher("{port}")), port=str(plain))


def test_a_port_in_use_is_said_before_the_tool_runs(tmp_path: Path, log: Path, port: str) -> None:
    with (
        serial.Serial(port, 115200, exclusive=True),
        pytest.raises(DeviceError, match=f"{port} is in use by another program"),
    ):
        flash_firmware(firmware(tmp_path, flasher("{port}")), port=port)
    assert not log.exists()


def test_the_tool_gets_the_port_after_the_touch_at_1200_baud(tmp_path: Path, log: Path, port: str) -> None:
    flash_firmware(firmware(tmp_path, flasher("--port={port}", touch_1200=True)), port=port, bootloader_s=0.3)
    assert json.loads(log.read_text())["arguments"] == [f"--port={port}"]


def test_a_tool_that_fails_is_shown_in_its_own_words(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASH_EXIT", "3")
    with pytest.raises(DeviceError) as caught:
        flash_firmware(firmware(tmp_path, flasher("{bin}")))
    assert caught.value.message == (
        "flasher could not flash nano33ble (exit code 3):\n  Device unlocked\n  wrote 100 %"
    )
    assert caught.value.hint == "Note: flasher comes with the board"
