# SPDX-License-Identifier: Apache-2.0
"""The RP2040's loader: bytes that the ROM takes, code as its comments say, settings that read flash."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from support.firmware_image import TEMPLATES, build_image

from toolkit.emulator.machine import Machine, Stop
from toolkit.emulator.peripherals.rp2040 import Ssi
from toolkit.errors import InputError
from toolkit.flash.image import load_flash_image
from toolkit.targets.board import _crc32, load_board

PICO = load_board("raspberry_pi_pico")
SOURCE = TEMPLATES / "ports" / "rp2040" / "loader.c"


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(PICO, "gcc", tmp_path_factory.mktemp("pico"))


def test_the_crc_is_the_roms() -> None:
    # Of "123456789", from the catalogue of CRC algorithms: CRC-32/MPEG-2, which has the ROM's parameters.
    assert _crc32(b"123456789") == 0x0376E6E7


def test_the_code_is_what_stands_beside_it(elf: Path) -> None:
    code = load_flash_image(elf).data[:20]
    decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
    places = {each.address: f"{each.mnemonic} {each.op_str}" for each in decoder.disasm(code, 0)}
    written = re.findall(r"0x([0-9A-F]{4}),(?:\s*/\* (.*?) \*/)?", SOURCE.read_text(encoding="utf-8"))
    assert b"".join(struct.pack("<H", int(word, 16)) for word, _ in written) == code
    assert [words for _, words in written if words] == [_relative(at, text) for at, text in places.items()]


def _relative(at: int, text: str) -> str:
    """capstone gives a branch's place; the comment, as the word does, how far it is."""
    name, _, rest = text.partition(" ")
    return f"{name} #{int(rest[1:], 0) - at}" if name in ("b", "beq") else text


def test_the_loader_sets_the_ssi_up_and_starts_the_firmware(elf: Path) -> None:
    machine = Machine(elf, PICO)
    ssi, reset = machine._models.one(Ssi), machine.image.symbols["Reset_Handler"] & ~1
    assert ssi.problem()
    found: list[str] = []
    machine.watch(reset, lambda: found.append(ssi.problem()))
    while machine.run(1_000_000, timeout_s=60) is not Stop.IDLE:
        pass
    assert found == [""]


@pytest.mark.parametrize(
    ("offset", "value", "words"),
    [
        (0x14, 2, "BAUDR is 2, for at most 50 MHz"),
        (0x00, 31 << 16, "not set to a command and a word"),
        (0x00, 1 << 21 | 31 << 16 | 3 << 8, "not set to one line"),
        (0xF4, 0xEB << 24 | 2 << 8 | 6 << 2, "not 03h with 24 bits"),
        (0x10, 0, "SER selects no chip"),
    ],
)
def test_settings_that_do_not_read_the_flash_are_found(
    elf: Path, offset: int, value: int, words: str
) -> None:
    ssi = Machine(elf, PICO)._models.one(Ssi)
    good = {0x14: 4, 0x00: 31 << 16 | 3 << 8, 0x04: 0, 0xF4: 3 << 24 | 2 << 8 | 6 << 2, 0x10: 1}
    for at, setting in {**good, offset: value}.items():
        ssi.write(at, 4, setting)
    assert words in ssi.problem()
    ssi.write(offset, 4, good[offset])
    assert ssi.problem() == ""


def test_an_image_whose_crc_is_wrong_does_not_start(elf: Path, tmp_path: Path) -> None:
    data = elf.read_bytes()
    loader = load_flash_image(elf).data[:256]
    assert data.count(loader) == 1
    (tmp_path / "bad.elf").write_bytes(data.replace(loader, loader[:-1] + bytes([loader[-1] ^ 1])))
    right = int.from_bytes(loader[-4:], "little")
    with pytest.raises(InputError, match=f"the ROM wants their CRC, {right:#010x}"):
        Machine(tmp_path / "bad.elf", PICO)
