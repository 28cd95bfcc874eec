# SPDX-License-Identifier: Apache-2.0
"""Models damaged in a few whole numbers, so that their offsets mostly stay right."""

from __future__ import annotations

import random
import struct

_WORDS = (0, 1, 2, 3, 4, 5, 8, 127, 128, 255, 256, 1 << 15, 1 << 16, 1 << 20, 1 << 28, (1 << 31) - 1, 1 << 31)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return data with one to five of its words changed to others that are likely to matter."""
    changed = bytearray(data)
    if len(data) < 16:
        return data
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        place = rng.randrange(2, len(data) // 4) * 4
        old = struct.unpack_from("<I", data, place)[0]
        way = rng.randrange(5)
        if way == 0:
            changed[place + rng.randrange(4)] = rng.choice((0, 1, 2, 3, 127, 128, 255, rng.randrange(256)))
            continue
        other = struct.unpack_from("<I", data, rng.randrange(2, len(data) // 4) * 4)[0]
        new = (0, rng.choice(_WORDS), -rng.choice(_WORDS), old + rng.randint(-8, 8), other)[way]
        struct.pack_into("<I", changed, place, new & 0xFFFFFFFF)
    return bytes(changed)
