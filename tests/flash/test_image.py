# SPDX-License-Identifier: Apache-2.0
"""Before anything is written: the image is of this board, and lies where an application may lie."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tracemalloc
from pathlib import Path

import pytest
from support.flashing import copied, pipe_at

from toolkit.errors import DoesNotFitError, InputError
from toolkit.firmware import Firmware
from toolkit.flash import flash_firmware
from toolkit.flash.image import checked_image, load_flash_image
from toolkit.targets.board import Memory, Region, Upload, load_board

pytestmark = pytest.mark.xdist_group("flash")
WRITER = Upload("writer", ("sh", "-c", "touch written", "{bin}"))


def test_the_image_says_its_board_and_is_the_bin_file(nano: Firmware, disco: Firmware) -> None:
    for firmware in (nano, disco):
        image = checked_image(firmware)
        assert image.board_name == firmware.board.name
        assert image.origin == firmware.board.memory.flash.origin  # type: ignore[union-attr]
        assert image.data == (firmware.folder / "firmware.bin").read_bytes()


@pytest.mark.parametrize("other", ["sparkfun_edge", "nano33ble"])
def test_the_firmware_of_another_board_is_refused_by_name(
    disco: Firmware, tmp_path: Path, other: str
) -> None:
    wrong = copied(disco, tmp_path / "wrong")
    board = dataclasses.replace(load_board(other), upload=(WRITER,))
    with pytest.raises(InputError, match=f"was built for stm32f746g_disco, and {other} was to be"):
        flash_firmware(dataclasses.replace(wrong, board=board))
    assert not (wrong.folder / "written").exists()


def with_flash(firmware: Firmware, folder: Path, origin: int, size: int) -> Firmware:
    """Return the firmware for a board whose application has other flash."""
    memory = firmware.board.memory
    assert memory is not None
    moved = Memory(Region(origin, size, "a test"), memory.ram)
    made = copied(firmware, folder, WRITER)
    return dataclasses.replace(made, board=dataclasses.replace(made.board, memory=moved))


@pytest.mark.parametrize(("origin", "size"), [(0x1_1000, 0xE_F000), (0x1_0000, 0x400)])
def test_neither_a_bootloader_nor_what_is_behind_the_flash_is_written(
    nano: Firmware, tmp_path: Path, origin: int, size: int
) -> None:
    wrong = with_flash(nano, tmp_path / "wrong", origin, size)
    with pytest.raises(DoesNotFitError, match=r"for an application is .* Nothing was written"):
        flash_firmware(wrong)
    assert not (wrong.folder / "written").exists()


def test_an_image_that_does_not_begin_where_the_board_starts_is_refused(
    nano: Firmware, tmp_path: Path
) -> None:
    wrong = with_flash(nano, tmp_path / "wrong", 0x8000, 0xF_8000)
    with pytest.raises(InputError, match="no vector table at 0x00008000"):
        flash_firmware(wrong)


def test_a_segment_counts_that_no_section_names(nano: Firmware, tmp_path: Path) -> None:
    """As of a linker that puts the ELF's own header in front of the first section, over a bootloader."""
    wrong = copied(nano, tmp_path / "wrong", WRITER)
    data = bytearray(wrong.elf.read_bytes())
    headers = int.from_bytes(data[28:32], "little")
    address = headers + 12  # p_paddr of the first program header
    data[address : address + 4] = (0x8000).to_bytes(4, "little")
    wrong.elf.write_bytes(data)
    with pytest.raises(DoesNotFitError, match="has bytes at 0x00008000"):
        flash_firmware(wrong)
    assert not (wrong.folder / "written").exists()


def changed(firmware: Firmware, folder: Path, at: int, word: int) -> Firmware:
    """Return a copy of which 4 bytes of the first program header are others."""
    wrong = copied(firmware, folder, WRITER)
    data = bytearray(wrong.elf.read_bytes())
    headers = int.from_bytes(data[28:32], "little")
    data[headers + at : headers + at + 4] = word.to_bytes(4, "little")
    wrong.elf.write_bytes(data)
    return wrong


@pytest.mark.parametrize(
    ("at", "word", "fact"),
    [
        (12, 0xF000_0000, "has bytes at 0xf000"),
        (16, 0xFFFF_FFFF, "bytes are missing at its end"),
        (4, 0xFFFF_FF00, "bytes are missing at its end"),
    ],
)
def test_addresses_and_sizes_that_lie_cost_no_memory(
    nano: Firmware, tmp_path: Path, at: int, word: int, fact: str
) -> None:
    wrong = changed(nano, tmp_path / "wrong", at, word)
    tracemalloc.start()
    with pytest.raises(InputError, match=fact):
        flash_firmware(wrong)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 50e6


def test_the_boards_name_is_read_without_the_whole_image(nano: Firmware, tmp_path: Path) -> None:
    wrong = changed(nano, tmp_path / "wrong", 12, 0xF000_0000)
    tracemalloc.start()
    assert load_flash_image(wrong.elf).board_name == "nano33ble"
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 50e6


def section_headers(data: bytearray) -> list[int]:
    start, size = int.from_bytes(data[32:36], "little"), 40
    return [start + size * index for index in range(int.from_bytes(data[48:50], "little"))]


def test_a_compressed_section_is_refused_and_not_unpacked(nano: Firmware, tmp_path: Path) -> None:
    wrong = copied(nano, tmp_path / "wrong", WRITER)
    data = bytearray(wrong.elf.read_bytes())
    data[section_headers(data)[1] + 9] |= 0x8  # sh_flags, SHF_COMPRESSED: 1 << 11
    wrong.elf.write_bytes(data)
    with pytest.raises(InputError, match="is not an ELF file of a firmware"):
        load_flash_image(wrong.elf)


def test_a_file_that_breaks_off_says_how_many_bytes_are_missing(nano: Firmware, tmp_path: Path) -> None:
    wrong = copied(nano, tmp_path / "wrong", WRITER)
    data = bytearray(wrong.elf.read_bytes())
    at = section_headers(data)[1] + 20  # sh_size
    data[at : at + 4] = (len(data) * 2).to_bytes(4, "little")
    wrong.elf.write_bytes(data)
    with pytest.raises(InputError, match=r"is not whole: [0-9,]+ bytes are missing"):
        load_flash_image(wrong.elf)


def test_a_file_with_addresses_of_64_bits_is_refused(nano: Firmware, tmp_path: Path) -> None:
    wrong = copied(nano, tmp_path / "wrong", WRITER)
    wrong.elf.write_bytes(Path(sys.executable).resolve().read_bytes())
    with pytest.raises(InputError, match="addresses of 64 bits"):
        load_flash_image(wrong.elf)


@pytest.mark.parametrize("ending", ["elf", "bin", "hex"])
def test_a_pipe_instead_of_an_image_is_told(nano: Firmware, tmp_path: Path, ending: str) -> None:
    wrong = copied(nano, tmp_path / "wrong", Upload("writer", ("sh", "-c", "touch written", f"{{{ending}}}")))
    file = wrong.folder / f"firmware.{ending}"
    file.unlink()
    with pipe_at(file), pytest.raises(InputError, match=r"is no regular file but a pipe"):
        flash_firmware(wrong)
    assert not (wrong.folder / "written").exists()


def test_another_elf_file_than_the_program_would_take_is_refused(nano: Firmware, tmp_path: Path) -> None:
    wrong = copied(nano, tmp_path / "wrong", Upload("writer", ("sh", "-c", "touch written", "{elf}")))
    other = wrong.folder / "older.elf"
    shutil.copy(wrong.elf, other)
    with pytest.raises(InputError, match="is not of the same build"):
        flash_firmware(dataclasses.replace(wrong, elf=other))
    assert not (wrong.folder / "written").exists()


def test_a_bin_file_of_another_build_is_not_written(nano: Firmware, tmp_path: Path) -> None:
    wrong = copied(nano, tmp_path / "wrong", WRITER)
    file = wrong.folder / "firmware.bin"
    file.write_bytes(file.read_bytes()[:-1] + b"\x55")
    with pytest.raises(InputError, match=r"firmware.bin is not of the same build"):
        flash_firmware(wrong)
    assert not (wrong.folder / "written").exists()


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"no firmware" * 100])
def test_what_is_no_elf_file_is_an_error_of_the_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "firmware.elf").write_bytes(content)
    with pytest.raises(InputError, match="is not an ELF file"):
        load_flash_image(tmp_path / "firmware.elf")
    with pytest.raises(InputError, match="cannot read"):
        load_flash_image(tmp_path / "not there")


def test_a_firmware_without_a_stamp_says_to_build_it_again(nano: Firmware, tmp_path: Path) -> None:
    old = copied(nano, tmp_path / "old", WRITER)
    old.elf.write_bytes(old.elf.read_bytes().replace(b"tinyml board ", b"tinyml_board "))
    with pytest.raises(InputError, match="does not say which board") as caught:
        flash_firmware(old)
    assert caught.value.hint == "Try: tinyml build"
