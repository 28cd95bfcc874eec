# SPDX-License-Identifier: Apache-2.0
"""Flashing runs a tool of the board file on the images, after the port was looked at."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial
from support.flashing import copied, port_without_a_board, usb_port

from toolkit.cli.main import run
from toolkit.errors import DeviceError, InputError, ToolMissingError, UsageError
from toolkit.firmware import Firmware
from toolkit.flash import Patience, choose_way, flash_firmware, flash_methods, require_flashable
from toolkit.runners import ports
from toolkit.targets.board import Upload, load_board

pytestmark = pytest.mark.xdist_group("flash")
TOOL = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["FLASH_LOG"], "w") as log:
    json.dump({{"arguments": sys.argv[1:], "folder": os.getcwd(), "files": sorted(os.listdir("."))}}, log)
print("Device unlocked")
print("wrote 100 %", file=sys.stderr)
sys.exit(int(os.environ.get("FLASH_EXIT", "0")))
"""


@pytest.fixture
def log(tmp_path: Path, nano: Firmware, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but the tool flasher; it writes how it was called into the file returned."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "flasher").write_text(TOOL)
    (folder / "flasher").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("FLASH_LOG", str(tmp_path / "called.json"))
    return tmp_path / "called.json"


@pytest.fixture(autouse=True)
def no_usb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is plugged in, whatever is on this computer."""
    monkeypatch.setattr(ports.list_ports, "comports", list)


@pytest.fixture
def port() -> Iterator[str]:
    """A serial port: the far end of a pseudo terminal."""
    with port_without_a_board() as name:
        yield name


@pytest.fixture
def firmware(tmp_path: Path, nano: Firmware, log: Path) -> Callable[..., Firmware]:
    """A function that returns the firmware with other upload methods, in a folder with a space."""
    numbers = itertools.count(1)
    return lambda *uploads: copied(nano, tmp_path / f"a build {next(numbers)}", *uploads)


Make = Callable[..., Firmware]


def flasher(*arguments: str, tool: str = "flasher", touch_1200: bool = False) -> Upload:
    return Upload(tool, (tool, *arguments), note=f"{tool} comes with the board", touch_1200=touch_1200)


def test_the_tool_gets_the_images_by_plain_names_in_their_folder(firmware: Make, log: Path) -> None:
    built = firmware(flasher("-c", "program {hex} verify", "{elf}", "{bin}"))
    heard: list[str] = []
    flash_firmware(built, on_line=heard.append)
    called = json.loads(log.read_text())
    assert called["arguments"] == ["-c", "program firmware.hex verify", "firmware.elf", "firmware.bin"]
    assert called["folder"] == str(built.folder)
    assert heard == ["Device unlocked", "wrote 100 %"]


def test_the_first_tool_that_is_installed_is_taken(firmware: Make, log: Path) -> None:
    built = firmware(flasher(tool="not-there"), flasher("{bin}"))
    assert choose_way(built.board).upload.tool == "flasher"


def test_a_script_that_is_not_there_counts_as_not_installed(firmware: Make, log: Path) -> None:
    script = Upload("updater", ("flasher", "updater_of_the_vendor.py", "{bin}"))
    built = firmware(script, flasher("{bin}"))
    assert choose_way(built.board).upload.tool == "flasher"


def test_a_script_on_the_path_is_named_in_full(firmware: Make, log: Path) -> None:
    script = log.parent / "tools" / "updater.py"
    script.write_text("")
    script.chmod(0o755)
    flash_firmware(firmware(Upload("updater", ("flasher", "updater.py", "{bin}"))))
    assert json.loads(log.read_text())["arguments"] == [str(script), "firmware.bin"]


def test_a_missing_tool_is_said_with_how_to_get_it(firmware: Make, log: Path) -> None:
    built = firmware(flasher(tool="one"), flasher(tool="two"))
    with pytest.raises(
        ToolMissingError, match=r"no tool to flash nano33ble is installed: .* one, two\."
    ) as caught:
        flash_firmware(built)
    assert caught.value.hint == "one: one comes with the board\ntwo: two comes with the board"


def test_tool_and_port_are_looked_at_before_anything_is_built(firmware: Make, log: Path) -> None:
    with pytest.raises(ToolMissingError) as caught:
        require_flashable(firmware(flasher(tool="pyocd")).board, None, "pyocd")
    assert str(caught.value.hint).startswith("pyocd: pip install pyocd")
    with pytest.raises(UsageError, match="no serial port on USB"):
        require_flashable(firmware(flasher("{port}")).board, None, None)


def test_the_method_that_was_asked_for_is_not_replaced_by_another(firmware: Make, log: Path) -> None:
    built = firmware(flasher(tool="not-there"), flasher("{bin}"))
    with pytest.raises(ToolMissingError, match=r"^not-there cannot be used here: not-there is not") as caught:
        flash_firmware(built, method="not-there")
    assert str(caught.value.hint).endswith("Or: --method flasher, which can be used")


def test_an_unknown_method_is_answered_with_the_right_one(firmware: Make, log: Path) -> None:
    with pytest.raises(UsageError, match=r"no upload method 'flusher'\. Did you mean flasher\?"):
        flash_firmware(firmware(flasher()), method="flusher")


def test_the_host_is_not_flashed() -> None:
    with pytest.raises(InputError, match="host is not flashed"):
        choose_way(load_board("host"))


def test_the_list_of_the_host_says_that_it_is_not_flashed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], nano: Firmware
) -> None:
    words = ["flash", "--board", "host", "--elf", str(nano.elf), "--method", "list"]
    assert run(words) == 3
    assert "host is not flashed" in capsys.readouterr().err


def test_a_port_that_the_method_has_no_use_for_is_said(
    nano: Firmware, capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    words = ["flash", "--board", "stm32f746g_disco", "--elf", str(nano.elf), "--method", "drive"]
    assert run([*words, "--port", "/dev/ttyNONE"]) == 3  # the firmware is another board's
    assert "--port says nothing to drive" in capsys.readouterr().err


def test_every_board_with_memory_has_a_way_to_flash_it() -> None:
    for name in ("nano33ble", "sparkfun_edge", "stm32f746g_disco"):
        board = load_board(name)
        assert board.upload
        for upload in board.upload:
            if not upload.command:
                assert upload.tool in flash_methods()
                continue
            filled = [word.format(elf="e", bin="b", hex="h", port="p") for word in upload.command]
            assert not upload.command or filled != list(upload.command), (
                f"{name} {upload.tool} sends no image"
            )


def test_the_port_that_fits_the_board_is_found(
    firmware: Make, log: Path, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [usb_port("/dev/ttyUSB7", "1a86:7523")]
    monkeypatch.setattr(ports.list_ports, "comports", lambda: there)
    there[0].device = port
    flash_firmware(firmware(flasher("{port}", "{bin}")))
    assert json.loads(log.read_text())["arguments"] == [port, "firmware.bin"]


def test_a_port_that_is_not_there_is_said_before_the_tool_runs(firmware: Make, log: Path) -> None:
    with pytest.raises(DeviceError, match=r"there is no port /dev/ttyNOWHERE\."):
        flash_firmware(firmware(flasher("{port}")), port="/dev/ttyNOWHERE")
    assert not log.exists()


def test_a_file_is_not_a_port(firmware: Make, log: Path) -> None:
    plain = log.parent / "plain"
    plain.touch()
    with pytest.raises(DeviceError, match="is no serial port"):
        flash_firmware(firmware(flasher("{port}")), port=str(plain))


def test_a_port_in_use_is_said_before_the_tool_runs(firmware: Make, log: Path, port: str) -> None:
    with (
        serial.Serial(port, 115200, exclusive=True),
        pytest.raises(DeviceError, match=f"{port} is in use by another program"),
    ):
        flash_firmware(firmware(flasher("{port}")), port=port)
    assert not log.exists()


def test_the_tool_gets_the_port_after_the_touch_at_1200_baud(firmware: Make, log: Path, port: str) -> None:
    flash_firmware(
        firmware(flasher("--port={port}", touch_1200=True)), port=port, patience=Patience(touch_s=0.3)
    )
    assert json.loads(log.read_text())["arguments"] == [f"--port={port}"]


def test_a_tool_that_fails_is_shown_in_its_own_words(
    firmware: Make, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASH_EXIT", "3")
    with pytest.raises(DeviceError) as caught:
        flash_firmware(firmware(flasher("{bin}")))
    assert caught.value.message == (
        "flasher could not flash nano33ble (exit code 3):\n  Device unlocked\n  wrote 100 %"
    )
    assert caught.value.hint == "Note: flasher comes with the board"
