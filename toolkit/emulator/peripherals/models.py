# SPDX-License-Identifier: Apache-2.0
"""The peripherals of one machine, so that one can find another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar, cast

from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.emulator.peripherals.peripheral import Peripheral

    P = TypeVar("P", bound=Peripheral)


class Models:
    """All peripherals in the order in which they were added."""

    def __init__(self) -> None:
        self._all: list[Peripheral] = []
        self._by_kind: dict[type[Peripheral], list[Peripheral]] = {}

    def add(self, peripheral: Peripheral) -> None:
        """Take a peripheral in."""
        self._all.append(peripheral)
        self._by_kind.clear()

    def __iter__(self) -> Iterator[Peripheral]:
        return iter(self._all)

    def every(self, kind: type[P]) -> list[P]:
        """Return all peripherals of a kind."""
        if kind not in self._by_kind:
            self._by_kind[kind] = [model for model in self._all if isinstance(model, kind)]
        return cast("list[P]", self._by_kind[kind])

    def one(self, kind: type[P]) -> P:
        """Return the first peripheral of a kind. Raises InputError if the board lists none."""
        found = self.every(kind)
        if not found:
            raise InputError(f"the board's [emulation] lists no peripheral of the kind {kind.__name__}.")
        return found[0]

    def at(self, address: int) -> Peripheral | None:
        """Return the peripheral that an address belongs to."""
        for model in self._all:
            if model.base <= address < model.base + model.bytes:
                return model
        return None
