# SPDX-License-Identifier: Apache-2.0
"""What answers on an I2C bus, a byte at a time. Source: NXP UM10204, 3.1."""

from __future__ import annotations

from toolkit.emulator.error import WrongUseError


class I2cDevice:
    """Something with an address on the bus. A write or read starts, has bytes, and ends with stop()."""

    def __init__(self, address: int) -> None:
        self.address = address

    def answers(self) -> bool:
        """Return whether the device acknowledges its address now."""
        return True

    def start(self, *, is_read: bool) -> None:
        """The device is addressed."""

    def write(self, byte: int) -> bool:
        """Take a byte, and return whether it is acknowledged."""
        return True

    def read(self) -> int:
        """Return the next byte."""
        return 0xFF

    def stop(self) -> None:
        """The transfer, or this part of it, ends."""


class RegisterDevice(I2cDevice):
    """A chip of registers: the first byte of a write chooses one, what follows goes on from there.

    Subclasses give read_register, write_register and, where it is not the number above, next_register.
    """

    name = ""

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self._number = 0
        self._is_chosen = False

    def start(self, *, is_read: bool) -> None:
        """A write begins with the register's number."""
        self._is_chosen = is_read

    def write(self, byte: int) -> bool:
        """Take the number, or a value for the register."""
        if not self._is_chosen:
            self._number, self._is_chosen = byte, True
        else:
            self.write_register(self._number, byte)
            self._number = self.next_register(self._number)
        return True

    def read(self) -> int:
        """Return a register's value, and go on to the next one."""
        value = self.read_register(self._number)
        self._number = self.next_register(self._number)
        return value

    def next_register(self, number: int) -> int:
        """Return the register that a transfer goes on with."""
        return number + 1

    def read_register(self, number: int) -> int:
        """Return the value of a register."""
        raise NotImplementedError

    def write_register(self, number: int, value: int) -> None:
        """Change a register."""
        raise NotImplementedError

    def unknown(self, number: int) -> WrongUseError:
        """Return what to raise for a register that the model does not have."""
        return WrongUseError(f"{self.name} has no register {number:#04x} in the emulator.")
