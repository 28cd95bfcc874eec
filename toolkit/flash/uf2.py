# SPDX-License-Identifier: Apache-2.0
"""An image as a UF2 file, which bootloaders with a USB drive take: blocks that say where they belong.

Source: Microsoft, USB Flashing Format (UF2); RP2040 Datasheet 2.8.4.2: blocks of 256 bytes, on addresses that
256 divides.
"""

from __future__ import annotations

import struct

_FIRST, _SECOND, _LAST = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_HAS_FAMILY = 0x2000
_BLOCK_BYTES, _DATA_BYTES = 256, 476


def uf2_of(data: bytes, origin: int, family: int) -> bytes:
    """Return the file that writes data to origin, on chips of a family; what is beyond data is zeros.

    origin is a multiple of 256.
    """
    if origin % _BLOCK_BYTES:
        raise ValueError(f"{origin:#x} is no multiple of {_BLOCK_BYTES}")
    pieces = [data[at : at + _BLOCK_BYTES] for at in range(0, len(data), _BLOCK_BYTES)]
    blocks = []
    for number, piece in enumerate(pieces):
        address = origin + number * _BLOCK_BYTES
        head = (_FIRST, _SECOND, _HAS_FAMILY, address, _BLOCK_BYTES, number, len(pieces), family)
        blocks.append(struct.pack(f"<8I{_DATA_BYTES}sI", *head, piece, _LAST))
    return b"".join(blocks)
