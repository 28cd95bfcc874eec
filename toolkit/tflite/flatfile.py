# SPDX-License-Identifier: Apache-2.0
"""Tables and vectors of a .tflite file, checked before they are used.

The classes that flatc generates trust the file. Every table that comes out of here has had its
position, its vtable and its fields' places compared with the file's size, and the number of
elements read from vectors is limited by that size, however often they refer to each other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import tflite  # type: ignore[import-untyped]
from numpy.typing import NDArray

from toolkit.errors import InputError

MAGIC = b"TFL3"
_MAGIC_END = 8
_DAMAGED_HINT = "Try: make or download the file again"


class FlatFile:
    """A .tflite file's bytes and the checked way into them; name is for messages."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self._budget = len(data)

    def damaged(self, what: str) -> InputError:
        """Return the error that says which part of the file is damaged, and how."""
        return InputError(f"{self.name} is damaged: {what}.", hint=_DAMAGED_HINT)

    def root(self) -> Any:
        """Return the Model table. Raises InputError if this is no .tflite file or it stops early."""
        if not self.data:
            raise InputError(f"{self.name} is empty.", hint=_DAMAGED_HINT)
        if len(self.data) < _MAGIC_END or self.data[4:_MAGIC_END] != MAGIC:
            fact = f'bytes 4 to 7 are {self.data[4:_MAGIC_END]!r}, not "TFL3"'
            raise InputError(
                f"{self.name} is not a .tflite file: {fact}.",
                hint="Try: the file that the TFLite converter wrote, or tinyml quantize",
            )
        (position,) = struct.unpack_from("<I", self.data)
        if position > len(self.data) - 4:
            raise self.ends_early("the model table", position + 4)
        return self.table(tflite.Model.GetRootAs(self.data, 0), "the model table")

    def ends_early(self, part: str, needed: int) -> InputError:
        """Return the error for a file that stops before part is complete."""
        have = len(self.data)
        return InputError(
            f"{self.name} ends in the middle: {part} reaches to byte {needed:,}, the file has {have:,}.",
            hint=_DAMAGED_HINT,
        )

    def table(self, found: Any, part: str) -> Any:
        """Return the generated accessor found after checking that all its fields are in the file."""
        self.check_table(found._tab.Pos, part)
        return found

    def check_table(self, position: int, part: str) -> None:
        """Raise InputError unless there is a table at position with all its fields in the file."""
        size = len(self.data)
        if not 4 <= position <= size - 4:
            raise self.ends_early(part, position + 4)
        vtable = position - struct.unpack_from("<i", self.data, position)[0]
        if not 0 <= vtable <= size - 4:
            raise self.damaged(f"{part} has its field list outside the file")
        vtable_bytes, table_bytes = struct.unpack_from("<HH", self.data, vtable)
        if vtable_bytes < 4 or vtable_bytes % 2 or vtable + vtable_bytes > size:
            raise self.damaged(f"{part} has a field list of {vtable_bytes} bytes")
        if position + table_bytes > size:
            raise self.ends_early(part, position + table_bytes)
        places = struct.unpack_from(f"<{vtable_bytes // 2 - 2}H", self.data, vtable + 4)
        if any(place and not 4 <= place < table_bytes for place in places):
            raise self.damaged(f"{part} has a field outside of itself")

    def tables(self, owner: Any, field: str, part: str) -> Iterator[Any]:
        """Yield the checked tables of a vector of tables: owner's field, called part in messages."""
        count = getattr(owner, f"{field}Length")()
        self._spend(count, f"the list of {part}s")
        for index in range(count):
            yield self.table(getattr(owner, field)(index), f"{part} {index}")

    def child(self, owner: Any, field: str, part: str) -> Any | None:
        """Return the checked table in owner's field, or None where there is none."""
        found = getattr(owner, field)()
        return None if found is None else self.table(found, part)

    def numbers(self, owner: Any, field: str, part: str) -> NDArray[np.generic]:
        """Return a vector of numbers, a view into the file; empty where there is none."""
        values = self.view(owner, field, part)
        self._spend(len(values), part)
        return values

    def view(self, owner: Any, field: str, part: str) -> NDArray[np.generic]:
        """Return a vector of numbers as numbers() does, however often the file shares it."""
        if getattr(owner, f"{field}IsNone")():
            return np.empty(0, np.uint8)
        try:
            values: NDArray[np.generic] = getattr(owner, f"{field}AsNumpy")()
        except (ValueError, struct.error) as error:
            count = getattr(owner, f"{field}Length")()
            raise self.damaged(f"{part} claims {count:,} elements, more than the file holds") from error
        return values

    def text(self, owner: Any, field: str) -> str:
        """Return a string field; "" where there is none, with U+FFFD for what is not UTF-8."""
        found = getattr(owner, field)()
        return "" if found is None else bytes(found).decode("utf-8", errors="replace")

    def _spend(self, count: int, part: str) -> None:
        self._budget -= count
        if self._budget < 0:
            raise self.damaged(f"{part} claims {count:,} elements, more than the file holds")
