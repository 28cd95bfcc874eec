# SPDX-License-Identifier: Apache-2.0
"""How long Thumb instructions are, for all who walk over machine code."""

from __future__ import annotations

from collections.abc import Iterator

_WIDE = (0b11101, 0b11110, 0b11111)


def instruction_places(code: bytes) -> Iterator[tuple[int, int]]:
    """Yield the offset and the bytes, 2 or 4, of each instruction in code, also of one cut off at its end.

    Source: ARM DDI 0403E, A5.1.
    """
    at = 0
    while at + 2 <= len(code):
        size = 4 if code[at + 1] >> 3 in _WIDE else 2
        yield at, size
        at += size
