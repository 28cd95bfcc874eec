# SPDX-License-Identifier: Apache-2.0
"""A board's screen: what its panel shows, and that as a PNG file."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from toolkit.emulator.peripherals.peripheral import Models, Peripheral

Picture = NDArray[np.uint8]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB_OF_8_BITS = (8, 2, 0, 0, 0)


class Screen(Peripheral):
    """A controller with a panel behind it."""

    def picture(self) -> Picture:
        """Return what is seen now, (height, width, 3).

        Raises WrongUseError for what a panel would show as noise, or not at all.
        """
        raise NotImplementedError


def png_of_screen(models: Models) -> bytes:
    """Return what a board's screen shows as a PNG file. Raises InputError for a board without one."""
    return png(models.one(Screen).picture())


def png(picture: Picture) -> bytes:
    """Return a picture (height, width, 3) as a PNG file; the same bytes for the same picture.

    Source: W3C, Portable Network Graphics, 2nd edition, 5 and 11.
    """
    height, width, _ = picture.shape
    rows = b"".join(b"\0" + row.tobytes() for row in picture)  # filter 0 before each row
    header = struct.pack(">2I5B", width, height, *_RGB_OF_8_BITS)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
