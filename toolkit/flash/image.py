# SPDX-License-Identifier: Apache-2.0
"""What is written to a board, and that it belongs there: looked at before anything is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section
from elftools.elf.segments import Segment

from toolkit.errors import DoesNotFitError, InputError
from toolkit.flash.built import Built
from toolkit.reading import read_file, require_file
from toolkit.suggest import quoted
from toolkit.targets.board import Board, loader_problem

_STAMP = re.compile(rb"tinyml board ([A-Za-z0-9_-]{1,64})\0")
"""What firmware_templates/ports/cortex_m/tm_board_stamp.c puts behind the vector table."""
_REBUILD = "Try: tinyml build"
_MOST_ELF_BYTES = 256 << 20
"""With all that a debugger may want; a microcontroller has a few megabytes of flash."""
_NOT_ELF = (ELFError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError)
"""What pyelftools raises on a file of which the headers lie."""


@dataclass(frozen=True)
class Piece:
    """Bytes, and the address in flash that they belong at."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.address + len(self.data)


@dataclass(frozen=True)
class FlashImage:
    """A firmware's bytes in flash. elf lies in folder, with firmware.bin and firmware.hex of the same bytes.

    pieces are its sections, sorted and without overlap; loaded are its segments, which programs load that
    take the ELF file.
    """

    elf: Path
    pieces: tuple[Piece, ...]
    loaded: tuple[Piece, ...]

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.elf.parent

    @property
    def origin(self) -> int:
        """The address of the first byte."""
        return self.pieces[0].address

    @property
    def data(self) -> bytes:
        """Everything from the first byte to the last, gaps filled with zeros: what firmware.bin holds."""
        data = bytearray(self.pieces[-1].end - self.origin)
        for piece in self.pieces:
            data[piece.address - self.origin : piece.end - self.origin] = piece.data
        return bytes(data)

    @property
    def board_name(self) -> str:
        """The board that the firmware was built for, by its stamp; "" without one."""
        found = next(filter(None, (_STAMP.search(piece.data) for piece in self.pieces)), None)
        return found[1].decode() if found else ""


def load_flash_image(elf: Path) -> FlashImage:
    """Return the image in an ELF file. Raises InputError for what is none, or not whole.

    No more than the file's own size is read, whatever its headers say.
    """
    require_file(elf, _MOST_ELF_BYTES, _REBUILD)
    try:
        with elf.open("rb") as stream:
            file = ELFFile(stream)
            if file.elfclass != 32:
                raise ValueError("it has addresses of 64 bits, and is of no microcontroller")
            segments = [each for each in file.iter_segments() if _is_loaded(each)]
            sections = [each for each in file.iter_sections() if _is_in_flash(each)]
            _require_bytes(segments, sections, elf.stat().st_size)
            loaded = [Piece(part["p_paddr"], part.data()) for part in segments]
            pieces = [Piece(_load_address(segments, each), each.data()) for each in sections]
    except OSError as error:
        raise InputError(f"cannot read {elf}: {error.strerror}.", hint=_REBUILD) from error
    except _MissingError as error:
        raise InputError(f"{elf} is not whole: {error}.", hint=_REBUILD) from error
    except _NOT_ELF as error:
        raise InputError(f"{elf} is not an ELF file of a firmware: {error}.", hint=_REBUILD) from error
    if not pieces:
        raise InputError(f"{elf} has nothing for the flash.", hint=_REBUILD)
    by_address = sorted(pieces, key=lambda piece: piece.address)
    return FlashImage(elf, tuple(by_address), tuple(loaded))


class _MissingError(ValueError):
    """The file has fewer bytes than its headers say."""


def _require_bytes(segments: Sequence[Segment], sections: Sequence[Section], file_bytes: int) -> None:
    """Raise ValueError unless all bytes for the flash stand in the file, once, and as they are."""
    places = [(each["p_offset"], each["p_filesz"]) for each in segments]
    spots = [(each["sh_offset"], each["sh_size"]) for each in sections]
    missing = max((start + size - file_bytes for start, size in (*places, *spots)), default=0)
    if missing > 0:
        raise _MissingError(f"{missing:,} bytes are missing at its end")
    if any(each["sh_flags"] & SH_FLAGS.SHF_COMPRESSED for each in sections):
        raise ValueError("it has a compressed section for the flash")
    if max(sum(size for _, size in each) for each in (places, spots)) > file_bytes:
        raise ValueError("its parts overlap")


def checked_image(firmware: Built) -> FlashImage:
    """Return a firmware's image. Raises InputError or DoesNotFitError if it does not belong on its board."""
    image = load_flash_image(firmware.elf)
    require_board(image, firmware.board)
    require_in_flash(image, firmware.board)
    require_start(image, firmware.board)
    return image


def require_board(image: FlashImage, board: Board) -> None:
    """Raise InputError if the firmware was built for another board, or does not say for which one."""
    name = image.board_name
    if not name:
        raise InputError(
            f"{image.elf} does not say which board it was built for: an older tinyml, or another program, "
            "built it.",
            hint=_REBUILD,
        )
    if name != board.name:
        raise InputError(
            f"{image.elf} was built for {name}, and {board.name} was to be flashed. Nothing was written.",
            hint=f"Try: tinyml flash --board {quoted(name)}, or tinyml build --board {quoted(board.name)}",
        )


def require_in_flash(image: FlashImage, board: Board) -> None:
    """Raise DoesNotFitError if a byte lies outside the flash that is the application's."""
    if board.memory is None:
        raise InputError(f"{board.name} is not flashed.", hint="Try: tinyml emulate")
    flash = board.memory.flash
    end = flash.origin + flash.bytes
    for piece in (*image.pieces, *image.loaded):
        if piece.address < flash.origin or piece.end > end:
            raise DoesNotFitError(
                f"{image.elf} has bytes at {piece.address:#010x} to {piece.end - 1:#010x}; the flash of "
                f"{board.name} for an application is {flash.origin:#010x} to {end - 1:#010x}. "
                "Nothing was written.",
                hint=f"A bootloader may be in front of it. Try: tinyml build --board {board.name}",
            )


def require_start(image: FlashImage, board: Board) -> None:
    """Raise InputError unless a vector table stands at the start of flash: else the board could not start it.

    Before it stands the loader, where the board's ROM wants one.
    Source: ARMv7-M Architecture Reference Manual, B1.5.3: the first word is the stack pointer, the second
    the address of the reset handler, odd.
    """
    assert board.memory is not None
    ram, flash, vectors = board.memory.ram, board.memory.flash, board.memory.vectors
    at = vectors - flash.origin
    stack, reset = (int.from_bytes(image.data[place : place + 4], "little") for place in (at, at + 4))
    is_stack = ram.origin < stack <= ram.origin + ram.bytes
    is_reset = reset & 1 and vectors <= reset < image.origin + len(image.data)
    if image.origin != flash.origin or not is_stack or not is_reset:
        raise InputError(
            f"{image.elf} has no vector table at {vectors:#010x}, where {board.name} starts an "
            "application. Nothing was written.",
            hint=_REBUILD,
        )
    problem = loader_problem(board.memory.loader, image.data) if board.memory.loader else ""
    if problem:
        raise InputError(
            f"{board.name} would not start {image.elf}: {problem}. Nothing was written.", hint=_REBUILD
        )


def require_same_bytes(image: FlashImage, ending: str) -> None:
    """Raise InputError if firmware.ENDING is not of this ELF file; a .hex must only be a file."""
    file = image.folder / f"firmware.{ending}"
    require_file(file, hint=_REBUILD)
    if ending == "bin":
        is_same = read_file(file, _MOST_ELF_BYTES, _REBUILD) == image.data
    else:
        is_same = ending != "elf" or file.samefile(image.elf)
    if not is_same:
        raise InputError(f"{file} is not of the same build as {image.elf}.", hint=_REBUILD)


def _is_in_flash(section: Section) -> bool:
    is_allocated = bool(section["sh_flags"] & SH_FLAGS.SHF_ALLOC)
    return is_allocated and section["sh_type"] != "SHT_NOBITS" and section["sh_size"] > 0


def _is_loaded(segment: Segment) -> bool:
    return bool(segment["p_type"] == "PT_LOAD" and segment["p_filesz"])


def _load_address(segments: Sequence[Segment], section: Section) -> int:
    """Return where in flash a section lies: initial values of RAM are loaded elsewhere than they are used."""
    for part in segments:
        start, size = part["p_vaddr"], part["p_filesz"]
        if start <= section["sh_addr"] < start + size:
            return int(part["p_paddr"] + section["sh_addr"] - start)
    raise ValueError(f"the section {section.name} is in no segment")
