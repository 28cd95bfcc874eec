# SPDX-License-Identifier: Apache-2.0
"""The programs that the board files name, run as they say, up to where a board would have to be."""

from __future__ import annotations

import dataclasses
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.flashing import copied

from toolkit.errors import DeviceError
from toolkit.firmware import Firmware
from toolkit.flash import flash_firmware, flash_methods
from toolkit.flash.program import find_program
from toolkit.targets.board import Upload, load_board

BOARDS = {"nano33ble": "nano", "sparkfun_edge": "edge", "stm32f746g_disco": "disco"}
LINES = [
    (name, upload.tool)
    for name in BOARDS
    for upload in load_board(name).upload
    if upload.tool in ("openocd", "pyocd", "st-flash", "dfu-util")
]


def upload_of(board: str, tool: str) -> Upload:
    """Return the board's line for a program; skips the test where that is not installed."""
    (upload,) = (upload for upload in load_board(board).upload if upload.tool == tool)
    usable = flash_methods()[tool].usable(upload)
    if not usable:
        pytest.skip(f"needs {tool}: {usable.get}")
    return upload


@pytest.mark.parametrize(("board", "tool"), LINES)
def test_a_program_accepts_its_line_and_finds_no_board(board, tool, request, tmp_path) -> None:
    upload_of(board, tool)
    firmware: Firmware = request.getfixturevalue(BOARDS[board])
    built = copied(firmware, tmp_path / "a build", *firmware.board.upload)
    with pytest.raises(DeviceError, match=rf"{tool} finds no .*: none is plugged in") as caught:
        flash_firmware(built, method=tool)
    assert str(caught.value.hint).startswith("Check: ")


def test_pyocd_knows_the_targets() -> None:
    boards = [board for board, tool in LINES if tool == "pyocd"]
    lines = [upload_of(board, "pyocd").command for board in boards]
    words = [str(find_program("pyocd")), "list", "--targets", "--no-header"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    known = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert known > {line[line.index("--target") + 1] for line in lines}


@pytest.mark.parametrize("board", [board for board, tool in LINES if tool == "pyocd"])
def test_pyocd_does_not_wait_for_a_probe_that_may_never_come(board: str) -> None:
    (upload,) = (upload for upload in load_board(board).upload if upload.tool == "pyocd")
    assert "--no-wait" in upload.command


LEFT = """Download\t[=========================] 100%        28492 bytes
Download done.
File downloaded successfully
dfu-util: Error during download get_status
"""


@pytest.fixture
def said_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disco: Firmware):
    """Flashes with a program that says what it is told to say."""

    def flash(tool: str, words: str, code: int) -> None:
        folder = tmp_path / "tools"
        folder.mkdir()
        program = folder / tool
        program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.write({words!r})\nsys.exit({code})\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        flash_firmware(dataclasses.replace(disco), method=tool)

    return flash


def test_dfu_util_has_succeeded_if_the_board_left_before_its_last_answer(said_by) -> None:
    said_by("dfu-util", LEFT, 74)


def test_dfu_util_has_failed_if_it_ends_the_same_way_without_the_download(said_by) -> None:
    with pytest.raises(DeviceError, match=r"dfu-util could not flash .* \(exit code 74\)"):
        said_by("dfu-util", LEFT.replace("File downloaded successfully\n", ""), 74)


def test_a_probe_that_the_user_may_not_open_is_told_from_none(said_by) -> None:
    words = "Error: libusb_open() failed with LIBUSB_ERROR_ACCESS\nError: open failed\n"
    with pytest.raises(
        DeviceError, match="openocd found a debug probe, but your user may not open it"
    ) as caught:
        said_by("openocd", words, 1)
    assert "udev rules" in str(caught.value.hint)
