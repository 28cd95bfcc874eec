# SPDX-License-Identifier: Apache-2.0
"""What the emulator raises: always with the place in the firmware."""

from __future__ import annotations

from toolkit.errors import DeviceError


class EmulationError(DeviceError):
    """The firmware did what the emulated board cannot answer, or never ended.

    pc is the program counter, symbol the function and offset it lies in, address the
    memory or register that was touched (None where the error is not about an access).
    """

    def __init__(
        self, message: str, *, pc: int, symbol: str, address: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(f"{message} At pc {pc:#010x} in {symbol}.", hint=hint)
        self.pc = pc
        self.symbol = symbol
        self.address = address


class UnknownRegisterError(ValueError):
    """A peripheral's model has no such register; the bus turns it into an EmulationError."""


class WrongUseError(ValueError):
    """A peripheral was used in a way that the hardware would not follow; text says how."""
