# SPDX-License-Identifier: Apache-2.0
"""Firmware to flash, and ports to flash it over."""

from __future__ import annotations

import dataclasses
import os
import pty
import shutil
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elftools.elf.elffile import ELFFile
from serial.tools.list_ports_common import ListPortInfo
from support.firmware_image import build_image

from toolkit.firmware import Firmware
from toolkit.firmware.sizes import BuildFacts, Sizes
from toolkit.flash.image import load_flash_image
from toolkit.targets.board import Upload, load_board


def built_firmware(folder: Path, board: str) -> Firmware:
    """Return the firmware with the fake model for a board, with the files that a build leaves."""
    found = load_board(board)
    elf = build_image(found, "gcc", folder)
    (folder / "firmware.bin").write_bytes(load_flash_image(elf).data)
    (folder / "firmware.hex").write_text(":00000001FF\n")
    facts = BuildFacts(1, 1, 1, 1, True, "gcc 12.2.1", engine="aot", version="0.0.0")
    (folder / "firmware.json").write_text(facts.to_json())
    return Firmware(found, elf, Sizes(1, 1, 1, 1), folder, "gcc 12.2.1", "aot", "0.0.0")


def copied(firmware: Firmware, folder: Path, *uploads: Upload) -> Firmware:
    """Return a firmware's copy in a new folder, its board with these upload methods."""
    folder.mkdir(parents=True)
    for ending in ("elf", "bin", "hex", "json"):
        shutil.copy(firmware.folder / f"firmware.{ending}", folder)
    board = dataclasses.replace(firmware.board, upload=uploads)
    return dataclasses.replace(firmware, board=board, folder=folder, elf=folder / "firmware.elf")


@contextmanager
def port_without_a_board() -> Iterator[str]:
    """Give a serial port: the far end of a pseudo terminal that nobody reads."""
    near, far = pty.openpty()
    tty.setraw(far)
    yield os.ttyname(far)
    os.close(near)
    os.close(far)


@contextmanager
def pipe_at(path: Path) -> Iterator[None]:
    """Give a named pipe; whoever waits at it is let go after a few seconds, and the test can fail."""
    os.mkfifo(path)
    ended = threading.Event()

    def let_go() -> None:
        while not ended.wait(4):
            os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))

    thread = threading.Thread(target=let_go, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)


def usb_port(name: str, ids: str, serial_number: str = "", about: str = "") -> ListPortInfo:
    """Return what pyserial says of a port on USB; ids are such as "2341:005a"."""
    info = ListPortInfo(name, skip_link_detection=True)
    info.vid, info.pid = (int(part, 16) for part in ids.split(":"))
    info.serial_number = serial_number or None
    info.product = about or None
    return info


def elf_with(firmware: Firmware, flash: bytes, elf: Path) -> Path:
    """Write the firmware's ELF file with what stands in a board's flash, from the application's start on.

    What is not in flash is not in the file: the emulator then runs what was flashed, and nothing else.
    """
    assert firmware.board.memory is not None
    origin = firmware.board.memory.flash.origin
    data = bytearray(firmware.elf.read_bytes())
    with firmware.elf.open("rb") as stream:
        for segment in ELFFile(stream).iter_segments():
            start, size = segment["p_paddr"] - origin, segment["p_filesz"]
            if segment["p_type"] == "PT_LOAD" and size:
                data[segment["p_offset"] : segment["p_offset"] + size] = flash[start : start + size]
    elf.write_bytes(data)
    return elf
