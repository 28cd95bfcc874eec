# SPDX-License-Identifier: Apache-2.0
"""What an ELF puts into flash and RAM, and its .bin and .hex. Stands alone: no toolkit, no SCons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

_RECORD_BYTES = 16


class Piece(NamedTuple):
    """Bytes that belong at an address in flash."""

    address: int
    data: bytes


class Footprint(NamedTuple):
    """Bytes used, and what there is; a limit of 0 is none."""

    flash_bytes: int
    flash_limit_bytes: int
    ram_bytes: int
    ram_limit_bytes: int

    @property
    def fits(self) -> bool:
        """Whether both are within their limits."""
        flash = not self.flash_limit_bytes or self.flash_bytes <= self.flash_limit_bytes
        return flash and (not self.ram_limit_bytes or self.ram_bytes <= self.ram_limit_bytes)


def load_image(elf: Path) -> list[Piece]:
    """Return what has to be written to flash, in the order of addresses.

    Sections count, not segments: a linker may put the ELF's own header into a segment.
    """
    with elf.open("rb") as stream:
        file = ELFFile(stream)
        pieces = [
            Piece(_load_address(file, section), section.data())
            for section in _allocated(file)
            if section["sh_type"] != "SHT_NOBITS"
        ]
    return sorted(pieces)


def footprint(elf: Path) -> Footprint:
    """Return the flash and RAM that the ELF needs, with the limits that memory.ld put into it.

    Both are counted from the first byte to the last, with what alignment leaves unused; the stack
    is a section like any other.
    """
    with elf.open("rb") as stream:
        file = ELFFile(stream)
        flash_limit, ram_limit = _limits(file)
        ram = [(s["sh_addr"], s["sh_addr"] + s["sh_size"]) for s in _allocated(file) if _is_ram(s)]
    image = [(piece.address, piece.address + len(piece.data)) for piece in load_image(elf)]
    return Footprint(_span(image), flash_limit, _span(ram), ram_limit)


def bin_bytes(image: list[Piece]) -> bytes:
    """Return the image from its first address to its last, gaps filled with zeros."""
    if not image:
        return b""
    origin = image[0].address
    data = bytearray(image[-1].address + len(image[-1].data) - origin)
    for piece in image:
        data[piece.address - origin : piece.address - origin + len(piece.data)] = piece.data
    return bytes(data)


def hex_text(image: list[Piece]) -> str:
    """Return the image as Intel HEX with 32-bit addresses."""
    upper = 0
    lines = []
    for address, data in _records(image):
        if address >> 16 != upper:
            upper = address >> 16
            lines.append(_record(0, 4, upper.to_bytes(2, "big")))
        lines.append(_record(address & 0xFFFF, 0, data))
    return "\n".join([*lines, _record(0, 1, b""), ""])


def _records(image: list[Piece]) -> Iterator[Piece]:
    """Split pieces so that none crosses a multiple of the record's length."""
    for piece in image:
        at = 0
        while at < len(piece.data):
            address = piece.address + at
            count = _RECORD_BYTES - address % _RECORD_BYTES
            yield Piece(address, piece.data[at : at + count])
            at += count


def _record(address: int, kind: int, data: bytes) -> str:
    body = bytes([len(data)]) + address.to_bytes(2, "big") + bytes([kind]) + data
    return f":{(body + bytes([-sum(body) & 0xFF])).hex().upper()}"


def _allocated(file: Any) -> Iterator[Any]:
    for section in file.iter_sections():
        if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_size"]:
            yield section


def _is_ram(section: Any) -> bool:
    """lld does not call a section writable that holds nothing but room, such as the stack.

    Linkers call the list of constructors writable, which stands in flash.
    """
    if section["sh_type"] == "SHT_INIT_ARRAY":
        return False
    return bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE) or section["sh_type"] == "SHT_NOBITS"


def _load_address(file: Any, section: Any) -> int:
    start, size = section["sh_offset"], section["sh_size"]
    for segment in file.iter_segments("PT_LOAD"):
        offset = start - segment["p_offset"]
        if offset >= 0 and offset + size <= segment["p_filesz"]:
            return int(segment["p_paddr"]) + int(offset)
    return int(section["sh_addr"])


def _span(ranges: list[tuple[int, int]]) -> int:
    return max(end for _, end in ranges) - min(start for start, _ in ranges) if ranges else 0


def _limits(file: Any) -> tuple[int, int]:
    """The bytes of flash and RAM that memory.ld names; 0 where it names none."""
    table = file.get_section_by_name(".symtab")
    values = {symbol.name: int(symbol["st_value"]) for symbol in table.iter_symbols()} if table else {}
    return values.get("tm_flash_bytes", 0), values.get("tm_ram_bytes", 0)
