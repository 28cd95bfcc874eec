# SPDX-License-Identifier: Apache-2.0
"""Tables and vectors of a .tflite file, checked before they are used.

The classes that flatc generates trust the file. Every table that comes out of here has had its
position, its vtable and its fields' places compared with the file's size, and the number of
elements read from vectors is limited by that size, however often they refer to each other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
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
            raise self.cut_off("the model table")
        return self.table(tflite.Model.GetRootAs(self.data, 0), "the model table")

    def cut_off(self, part: str) -> InputError:
        """Return the error for a part that reaches past the file's end."""
        return InputError(
            f"{self.name} is damaged or ends in the middle: {part} reaches past its "
            f"{len(self.data):,} bytes.",
            hint=_DAMAGED_HINT,
        )

    def table(self, found: Any, part: str) -> Any:
        """Return the generated accessor found after checking that all its fields are in the file."""
        self.check_table(found._tab.Pos, part)
        return found

    def check_table(self, position: int, part: str) -> None:
        """Raise InputError unless there is a table at position with all its fields in the file."""
        size = len(self.data)
        if position < 4:
            raise self.damaged(f"{part} stands before the file's data")
        if position > size - 4:
            raise self.cut_off(part)
        vtable = position - struct.unpack_from("<i", self.data, position)[0]
        if vtable < 0:
            raise self.damaged(f"{part} has its field list outside the file")
        if vtable > size - 4:
            raise self.cut_off(part)
        vtable_bytes, table_bytes = struct.unpack_from("<HH", self.data, vtable)
        if vtable_bytes < 4 or vtable_bytes % 2 or vtable + vtable_bytes > size:
            raise self.damaged(f"{part} has a field list of {vtable_bytes} bytes")
        if position + table_bytes > size:
            raise self.cut_off(part)
        places = struct.unpack_from(f"<{vtable_bytes // 2 - 2}H", self.data, vtable + 4)
        if any(place and not 4 <= place < table_bytes for place in places):
            raise self.damaged(f"{part} has a field outside of itself")

    def follow(self, accessor: Callable[..., Any], part: str, *index: int) -> Any:
        """Return what a generated accessor finds at the end of an offset in the file."""
        try:
            return accessor(*index)
        except (ValueError, TypeError, struct.error) as error:  # what flatbuffers and NumPy raise
            raise self.cut_off(part) from error

    def tables(self, owner: Any, field: str, part: str) -> Iterator[Any]:
        """Yield the checked tables of a vector of tables: owner's field, called part in messages."""
        count = self.follow(getattr(owner, f"{field}Length"), f"the list of {part}s")
        self._spend(count, f"the list of {part}s")
        for index in range(count):
            name = f"{part} {index}"
            yield self.table(self.follow(getattr(owner, field), name, index), name)

    def child(self, owner: Any, field: str, part: str) -> Any | None:
        """Return the checked table in owner's field, or None where there is none."""
        found = self.follow(getattr(owner, field), part)
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
        values: NDArray[np.generic] = self.follow(getattr(owner, f"{field}AsNumpy"), part)
        return values

    def text(self, owner: Any, field: str, part: str) -> str:
        """Return a string field; "" where there is none, with U+FFFD for what is not UTF-8."""
        found = self.follow(getattr(owner, field), part)
        return "" if found is None else bytes(found).decode("utf-8", errors="replace")

    def _spend(self, count: int, part: str) -> None:
        self._budget -= count
        if self._budget < 0:
            raise self.cut_off(f"{part} with {count:,} elements")
