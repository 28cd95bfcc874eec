# SPDX-License-Identifier: Apache-2.0
"""firmware.bin and firmware.hex are what objcopy would write."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from support.variants_that_wait import waiting

from toolkit.errors import InputError
from toolkit.firmware.sizes import BuildFacts, read_facts, symbol_values

pytestmark = pytest.mark.xdist_group("firmware")
CASES = waiting(
    [(board, t) for board in ("nano33ble", "stm32f746g_disco") for t in ("gcc", "zig")],
    [("stm32f746g_disco", "zig")],
)


def objcopy(*words: str | Path) -> None:
    program = "arm-none-eabi-objcopy"
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}: apt-get install binutils-arm-none-eabi")
    subprocess.run([program, *map(str, words)], check=True, timeout=60)


@pytest.mark.parametrize(("board", "toolchain"), CASES)
def test_bin_is_what_objcopy_writes(built, board: str, toolchain: str, tmp_path: Path) -> None:
    firmware = built(board, toolchain)
    objcopy("-O", "binary", firmware.elf, tmp_path / "expected.bin")
    assert (firmware.folder / "firmware.bin").read_bytes() == (tmp_path / "expected.bin").read_bytes()


@pytest.mark.parametrize(("board", "toolchain"), CASES)
def test_hex_says_the_same_bytes_at_the_same_addresses(
    built, board: str, toolchain: str, tmp_path: Path
) -> None:
    firmware = built(board, toolchain)
    objcopy("-I", "ihex", "-O", "binary", firmware.folder / "firmware.hex", tmp_path / "back.bin")
    assert (firmware.folder / "firmware.bin").read_bytes() == (tmp_path / "back.bin").read_bytes()
    first, second = (firmware.folder / "firmware.hex").read_text().splitlines()[:2]
    assert firmware.board.memory is not None
    assert first.startswith(":02000004")
    address = (int(first[9:13], 16) << 16) | int(second[3:7], 16)
    assert address == firmware.board.memory.flash.origin


def test_facts_that_are_damaged_are_said_with_the_way_out(tmp_path: Path) -> None:
    file = tmp_path / "firmware.json"
    for text in ("", "[]", '{"flash_bytes": 1}'):
        file.write_text(text)
        with pytest.raises(InputError, match=r"firmware\.json is damaged") as caught:
            read_facts(file)
        assert caught.value.hint == "Try: delete it, then tinyml build"


def test_facts_say_what_there_is_and_what_built_it(built) -> None:
    firmware = built("nano33ble", "gcc")
    facts = BuildFacts(**json.loads((firmware.folder / "firmware.json").read_text()))
    assert firmware.board.memory is not None
    assert facts.flash_limit_bytes == firmware.board.memory.flash.bytes
    assert facts.ram_limit_bytes == firmware.board.memory.ram.bytes
    assert facts.fits
    assert facts.compiler == firmware.compiler


def test_a_file_that_is_no_elf_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        symbol_values(tmp_path / "nothing.elf")
    (tmp_path / "text.elf").write_text("text")
    with pytest.raises(InputError, match="is not an ELF file"):
        symbol_values(tmp_path / "text.elf")
