# SPDX-License-Identifier: Apache-2.0
"""Which serial port is the board's: by its ids on USB and its serial number, never by a guess."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from serial.tools import list_ports

from toolkit.errors import UsageError
from toolkit.targets.board import Board, UsbId, board_names, load_board

AUTO = "auto"
"""As the name of a port: the one that fits the board."""
EXAMPLE = {"win32": "COM3", "darwin": "/dev/cu.usbmodem101"}.get(sys.platform, "/dev/ttyUSB0")
_ADAPTER = "it needs a USB to serial adapter of 3.3 V."
_PSEUDO = re.compile(r"/dev/(pts/\d+|ttys\d+)$")
_USB_NAME = re.compile(r"/dev/tty(USB|ACM)")


@dataclass(frozen=True)
class Port:
    """A serial port on USB: its name, the ids of what is plugged in (None if not known), what it says."""

    name: str
    vendor: int | None = None
    product: int | None = None
    serial_number: str = ""
    about: str = ""

    def is_one(self, ids: Iterable[UsbId]) -> bool:
        """Return whether what is plugged in has one of these ids."""
        return any((self.vendor, self.product) == (each.vendor, each.product) for each in ids)

    def has_serial_number(self, number: str) -> bool:
        """Return whether this is its serial number; a bootloader may say it with zeros in front."""
        return bool(self.serial_number) and plain_number(self.serial_number) == plain_number(number)

    def __str__(self) -> str:
        ids = "" if self.vendor is None else f"{self.vendor:04x}:{self.product or 0:04x}"
        number = f"serial number {self.serial_number}" if self.serial_number else ""
        known = ", ".join(filter(None, (self.about, ids, number)))
        return f"{self.name} ({known})" if known else self.name


@dataclass(frozen=True)
class Wanted:
    """What the user says of the port: its name, or the serial number of what is plugged in, or neither."""

    port: str | None = None
    serial_number: str | None = None

    def __post_init__(self) -> None:
        if self.name and self.serial_number:
            raise UsageError(
                "--port and --serial-number both name the port.", hint="Try: one of the two alone"
            )

    @property
    def name(self) -> str | None:
        """The port's name, if one was given."""
        return None if self.port == AUTO else self.port


def is_pseudo_terminal(name: str) -> bool:
    """Return whether a port is a program's, such as tinyml serve, by the names of Linux and macOS."""
    return _PSEUDO.match(os.path.realpath(name)) is not None


def found_ports() -> list[Port]:
    """Return the serial ports into which a board can be plugged, by name.

    That is, on USB: what is built in, such as /dev/ttyS0 or COM1, is there without anything behind it. It
    can still be named.
    """
    found = (_port(info) for info in list_ports.comports())
    usb = (port for port in found if port.vendor is not None or _USB_NAME.match(port.name))
    return sorted(usb, key=lambda port: port.name)


def line_port(board: Board | None, wanted: Wanted) -> str:
    """Return the name of the port on which the board's firmware talks; without a board, the only port.

    Raises UsageError that lists what was found if it is none, or more than one.
    """
    if wanted.name:
        return wanted.name
    return choose(fitting(found_ports(), board), wanted, board, on_pins=_line_on_pins(board))


def fitting(ports: list[Port], board: Board | None) -> list[Port]:
    """Return the ports that may be the board's line: those with its ids, else adapters on its pins."""
    if board is None:
        return ports
    own = [port for port in ports if port.is_one(ids_of(board, "line"))]
    if own or not board.usb.any_adapter:
        return own
    boards = [load_board(name) for name in board_names()]
    others = [each for one in boards for role in ("sketch", "bootloader") for each in ids_of(one, role)]
    return [port for port in ports if not port.is_one(others)]


def choose(ports: list[Port], wanted: Wanted, board: Board | None, *, on_pins: str = "") -> str:
    """Return the only port of these with the wanted serial number. Raises UsageError if it is not one.

    on_pins says that the wanted port is that of an adapter on the board's pins, and on which.
    """
    number = wanted.serial_number
    left = [port for port in ports if number is None or port.has_serial_number(number)]
    if len(left) == 1:
        return left[0].name
    raise _which(left, number, board, on_pins)


def _line_on_pins(board: Board | None) -> str:
    """Return where a board's line is if on pins; without a board, which have it there alone; else ""."""
    if board is None:
        boards = (load_board(name) for name in board_names())
        names = [each.name for each in boards if each.usb.any_adapter and not each.usb.own_plug]
        return f"The line of some boards is on their pins, not on a USB plug ({', '.join(names)}): {_ADAPTER}"
    if not board.usb.any_adapter or board.uart is None:
        return ""
    pins = f"{board.uart.tx} is TX, {board.uart.rx} is RX"
    if board.usb.own_plug:
        return f"The line of {board.name} is on its USB plug, and on its pins ({pins}): there {_ADAPTER}"
    return f"The line of {board.name} is on its pins ({pins}), not on a USB plug: {_ADAPTER}"


def _which(left: list[Port], number: str | None, board: Board | None, on_pins: str) -> UsageError:
    whose = f"{board.name}'s port" if board else "serial port"
    if left:
        numbered = next((port.serial_number for port in left if port.serial_number), "")
        other = f" or --serial-number {numbered}" if numbered and not number else ""
        found = "; ".join(map(str, left))
        return UsageError(f"which {whose}? There are {found}.", hint=f"Try: --port {left[0].name}{other}")
    there = found_ports()
    more = f" {on_pins}" if on_pins else ""
    if not there and on_pins and board:
        return UsageError(
            f"there is no serial port on USB.{more}",
            hint=("Check: the cable, and that it carries data. " if board.usb.own_plug else "")
            + "Wire: the adapter's RX to TX, its TX to RX, GND to GND. "
            f"A port can be named: --port {EXAMPLE}",
        )
    if not there:
        return UsageError(
            f"no board is plugged in: there is no serial port on USB.{more}",
            hint=f"Check: the cable, and that it carries data. A port can be named: --port {EXAMPLE}",
        )
    what = f"has the serial number {number}" if number else f"is known as {whose}"
    return UsageError(
        f"no port {what}. There are {'; '.join(map(str, there))}.{more}",
        hint=f"Check: the cable. A port can be named: --port {there[0].name}",
    )


def ids_of(board: Board, role: str) -> list[UsbId]:
    """Return the board's ids on USB in a role: line, sketch or bootloader."""
    return [each for each in board.usb.ids if each.role == role]


def plain_number(number: str) -> str:
    """Return a serial number as all of its spellings have it: without zeros in front, in capitals."""
    return number.upper().lstrip("0")


def _port(info: object) -> Port:
    def said(name: str) -> str:
        value = getattr(info, name, None)
        return "" if value in (None, "n/a") else str(value)

    vendor, product = getattr(info, "vid", None), getattr(info, "pid", None)
    about = said("product") or said("description")
    return Port(said("device"), vendor, product, said("serial_number"), about)
