# SPDX-License-Identifier: Apache-2.0
"""Generated C with its large tables of bytes as strings, for the compiler of this computer alone.

gcc takes about 75 bytes for each number of an initializer, 1.9 GB for a model of 25 MB, and a few for each
byte of a string. The numbers are read out of the generated text, so it is still that which is verified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

_LARGE = 1 << 14
_PIECE = 1 << 15
_TABLE = re.compile(r"^static const u?int8_t \w+\[(\d+)\][ \w]* = (?=\{\n)", re.MULTILINE)
_PLAIN = {*b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-+.,:;=()[]{}<>/*!#&|^~@$%'`"}
_CODES = [chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in range(256)]


def with_strings(text: str) -> Iterator[str]:
    """Yield text in pieces, with a string for each table of int8 or uint8 of more than 16,384 numbers."""
    start = 0
    for found in _TABLE.finditer(text):
        if int(found[1]) > _LARGE:
            yield text[start : found.end()]
            start = text.index("};", found.end()) + 1
            yield from _string(text, found.end() + 1, start - 1)
    yield text[start:]


def _string(text: str, place: int, end: int) -> Iterator[str]:
    """Yield the numbers between two places of text, with commas between them, as strings side by side."""
    while place < end:
        stop = text.rfind(",", place, min(place + _PIECE, end)) if place + _PIECE < end else end
        numbers = np.fromstring(text[place:stop], np.int16, sep=",").astype(np.uint8)
        yield f'\n"{"".join(map(_CODES.__getitem__, numbers.tolist()))}"'
        place = stop + 1
