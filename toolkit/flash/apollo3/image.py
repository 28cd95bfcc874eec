# SPDX-License-Identifier: Apache-2.0
"""What Apollo3's secure bootloader (SBL) installs, as bytes.

A program is wrapped twice. The image header says where the program belongs and holds its CRC; the SBL reads
it after the reset. The update header says where the SBL puts what comes over the line. Only what an image
without keys needs is here: nothing is encrypted or signed. All numbers are little-endian.
Source: Apollo3 Blue Secure Update User's Guide (Ambiq), image format and wired update; the values for
the SparkFun Edge as in its published upload logs (w0 = 0xcb......, w2 = 0x10008080, load address 0xc000).
Not yet tried on hardware.
"""

from __future__ import annotations

import struct
import zlib

from toolkit.errors import DoesNotFitError, InputError

LOAD_ADDRESS = 0xC000
"""Where the SBL starts a program, which follows the SBL's own 48 kB."""
STAGING_ADDRESS = 0x2_0000
"""Where an image waits until the next reset."""
DESCRIPTOR_ADDRESS = 0xF_E000
"""The page in which the SBL lists the images that wait."""
PAGE_BYTES = 0x2000

_MAGIC = 0xCB
"""A program of the customer's that is neither encrypted nor signed."""
_CHECK_CRC = 0x1000_0000
"""Compare the CRC when the image is installed, not at each start."""
_KEYS = 8
"""The first of the customer's keys, named in each header though none is used."""
_NO_CHILD = 0xFFFF_FFFF
_IMAGE_HEADER = struct.Struct("<I100x4I")
"""What the CRC covers: security, 100 bytes of signatures and keys, address, version, two child images."""
_UPDATE_HEADER = struct.Struct("<I76xBBxxIII")
"""Keys, 76 bytes of signatures, type, options, the word that unlocks the flash, address, size."""
_NONSECURE = 6
_INSTALL_AT_RESET = 1
_FLASH_KEY = 0x1234_4321
MOST_PROGRAM_BYTES = DESCRIPTOR_ADDRESS - STAGING_ADDRESS - 8 - _IMAGE_HEADER.size
UPDATE_HEADER_BYTES = _UPDATE_HEADER.size


def wrap_program(program: bytes) -> bytes:
    """Return the image of a program linked to LOAD_ADDRESS: its header, then the program in whole words.

    Raises InputError for bytes that are no such program, DoesNotFitError for one that is too large to wait
    between STAGING_ADDRESS and DESCRIPTOR_ADDRESS.
    """
    require_program(program)
    whole = program + b"\xff" * (-len(program) % 4)
    security = _CHECK_CRC | _KEYS << 12 | _KEYS << 4
    covered = _IMAGE_HEADER.pack(security, LOAD_ADDRESS, 0, _NO_CHILD, _NO_CHILD) + whole
    return struct.pack("<II", _MAGIC << 24 | len(covered) + 8, zlib.crc32(covered)) + covered


def require_program(program: bytes) -> None:
    """Raise what wrap_program would."""
    if len(program) > MOST_PROGRAM_BYTES:
        raise DoesNotFitError(
            f"the firmware has {len(program):,} bytes; the bootloader's update takes {MOST_PROGRAM_BYTES:,}.",
            hint="Try: a debug probe, --method pyocd",
        )
    start = int.from_bytes(program[4:8], "little")
    if len(program) < 8 or not start & 1 or not LOAD_ADDRESS <= start < LOAD_ADDRESS + len(program):
        raise InputError(
            f"this is no program for {LOAD_ADDRESS:#x}: it would start at {start:#x}.",
            hint="Try: tinyml build --board sparkfun_edge, and the .bin that it makes",
        )


def updates(image: bytes, most_bytes: int) -> list[bytes]:
    """Return the pieces in which image goes over the line, each with its update header.

    most_bytes is the longest piece that the bootloader takes, header included. All but the last hold whole
    pages of flash. The first says that the image is to be installed at the next reset.
    """
    step = (most_bytes - UPDATE_HEADER_BYTES) // PAGE_BYTES * PAGE_BYTES
    if step <= 0:
        raise ValueError(f"{most_bytes} bytes do not hold a page of {PAGE_BYTES}.")
    return [_update(image[at : at + step], at) for at in range(0, len(image), step)]


def _update(part: bytes, at: int) -> bytes:
    options = _INSTALL_AT_RESET if at == 0 else 0
    keys = _KEYS << 24 | _KEYS << 8
    address = STAGING_ADDRESS + at
    return _UPDATE_HEADER.pack(keys, _NONSECURE, options, _FLASH_KEY, address, len(part)) + part
