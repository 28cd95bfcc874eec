# SPDX-License-Identifier: Apache-2.0
"""An ELF file of bytes at one address and nothing else, so that the emulator runs what stands in a flash."""

from __future__ import annotations

import struct
from pathlib import Path

_ARM, _EXECUTABLE, _LOAD = 40, 2, 1


def write_raw_elf(path: Path, address: int, data: bytes) -> Path:
    """Return path: a 32-bit ARM ELF with one segment. Source: TIS ELF specification 1.2, ELF header."""
    ident = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)
    head = struct.pack("<HHIIIIIHHHHHH", _EXECUTABLE, _ARM, 1, address, 52, 0, 0, 52, 32, 1, 40, 0, 0)
    segment = struct.pack("<8I", _LOAD, 84, address, address, len(data), len(data), 5, 4)
    path.write_bytes(ident + head + segment + data)
    return path
