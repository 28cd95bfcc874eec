# SPDX-License-Identifier: Apache-2.0
"""Waiting for flash: which reads find their bytes in a cache, and which wait for the memory itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cache:
    """A cache before the flash: lines of line_bytes, each of which has its place in one of lines / ways sets.

    The line that was not used for longest makes room.
    """

    lines: int
    line_bytes: int
    ways: int

    def __post_init__(self) -> None:
        if not 1 <= self.ways <= self.lines or self.lines % self.ways:
            raise ValueError(f"ways {self.ways} must divide the {self.lines} lines of a cache.")
        if not 4 <= self.line_bytes <= 256 or self.line_bytes & (self.line_bytes - 1):
            raise ValueError(f"line_bytes {self.line_bytes} must be a power of two from 4 to 256.")


@dataclass(frozen=True)
class FlashTiming:
    """How long the core waits for its flash: wait_states cycles for each read_bytes that no cache holds.

    Without data_cache every load waits. Without instruction_cache code is taken to be there in time. A miss
    brings read_bytes into its line, not the whole line.
    """

    wait_states: int
    read_bytes: int
    source: str
    data_cache: Cache | None = None
    instruction_cache: Cache | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.wait_states <= 255:
            raise ValueError(f"wait_states {self.wait_states} must be 0 to 255.")
        if self.read_bytes not in (4, 8, 16, 32):
            raise ValueError(f"read_bytes {self.read_bytes} must be 4, 8, 16 or 32.")
        for cache in (self.data_cache, self.instruction_cache):
            if cache is not None and cache.line_bytes < self.read_bytes:
                raise ValueError(
                    f"read_bytes {self.read_bytes} do not fit into {cache.line_bytes} of a line."
                )


class Reads:
    """The reads of one kind, data's or instructions', in their order; each goes through the cache."""

    def __init__(self, timing: FlashTiming, cache: Cache | None) -> None:
        self._timing = timing
        self._cache = cache
        self._sets: dict[int, dict[int, set[int]]] = {}

    def waits(self, address: int, size: int) -> int:
        """Return the cycles that a read of size bytes at address waits."""
        unit = self._timing.read_bytes
        parts = range(address // unit * unit, address + size, unit)
        return self._timing.wait_states * sum(not self._holds(part) for part in parts)

    def _holds(self, address: int) -> bool:
        cache = self._cache
        if cache is None:
            return False
        line, part = divmod(address, cache.line_bytes)
        lines = self._sets.setdefault(line % (cache.lines // cache.ways), {})
        parts = lines.pop(line, None)
        if parts is None:
            parts = set()
            if len(lines) == cache.ways:
                del lines[next(iter(lines))]
        lines[line] = parts  # the newest stands last
        found = part in parts
        parts.add(part)
        return found
