# SPDX-License-Identifier: Apache-2.0
"""A serial port as a link, and what to say when it will not open."""

from __future__ import annotations

import errno
import sys
import time
from pathlib import Path

import serial

from toolkit.errors import DeviceError
from toolkit.runners.port_lock import PortLock
from toolkit.runners.ports import EXAMPLE, found_ports
from toolkit.suggest import did_you_mean

if sys.platform != "win32":
    import termios

    PORT_ERRORS: tuple[type[Exception], ...] = (OSError, termios.error)
else:
    PORT_ERRORS = (OSError,)
"""What pyserial raises on a port that went away: its SerialException is an OSError, termios.error is not."""
READ_ERRORS: tuple[type[Exception], ...] = (*PORT_ERRORS, TypeError)
"""The same of reading: a TypeError if another thread closed the port."""
_OPEN_ERRORS: tuple[type[Exception], ...] = (*PORT_ERRORS, ValueError)
_TRY_AGAIN_S = 0.1
_PERMISSION_HINT = (
    "Try: sudo usermod -a -G dialout $USER, then log in again (on Debian; other systems may call it uucp)"
)


def port_names() -> list[str]:
    """Return the names of the serial ports into which a board can be plugged, sorted."""
    return [port.name for port in found_ports()]


class LockedSerial(serial.Serial):  # type: ignore[misc]
    """A port that no other tinyml opens: a second one is told by whom it is in use."""

    def __init__(self, name: str, baud: int) -> None:
        self._lock = PortLock(name) if name else None
        try:
            super().__init__(name or None, baud, timeout=0, write_timeout=10, exclusive=True)
        except BaseException:
            self._let_go()
            raise

    def close(self) -> None:
        """Close the port, and let others have it."""
        try:
            super().close()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.release()


def open_port(name: str, baud: int, *, wait_s: float = 0.0) -> serial.Serial:
    """Return the open port, for this program alone.

    A port that has just come may for a moment belong to nobody, or to a program that looks at every port:
    wait_s is how long to try. Raises DeviceError that says whether it is missing, forbidden, or in use and by
    which tinyml, and which ports there are.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            return LockedSerial(name, baud)
        except _OPEN_ERRORS as error:
            if time.monotonic() >= deadline:
                raise _cannot_open(name, error) from error
        time.sleep(_TRY_AGAIN_S)


def require_port(name: str) -> None:
    """Raise the DeviceError of open_port() for a port that is not there, before anything else is done.

    Windows has no file of a port to look for: there it is only said when the port is opened.
    """
    if sys.platform != "win32" and not Path(name).exists():
        raise _cannot_open(name, FileNotFoundError(name))


def _cannot_open(name: str, error: Exception) -> DeviceError:
    number = getattr(error, "errno", None)
    if number == errno.ENOENT or isinstance(error, FileNotFoundError):
        names = port_names()
        known = did_you_mean(name, names) if names else "No board is plugged in on USB."
        return DeviceError(
            f"there is no port {name}. {known}", hint="Check: the cable, and that it carries data"
        )
    if number == errno.EACCES:
        return DeviceError(f"{name}: no permission to open it.", hint=_PERMISSION_HINT)
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        hint = f"Try: close the other program, such as a monitor (fuser {name} names it)"
        return DeviceError(f"{name} is in use by another program.", hint=hint)
    return DeviceError(
        f"{name} is no serial port: {error}.", hint="Try: tinyml monitor, which lists the ports"
    )


class SerialLink:
    """A board on a serial port."""

    def __init__(self, name: str, baud: int = 115200) -> None:
        if not name:
            names = ", ".join(port_names()) or "none"
            raise DeviceError(f"a serial port is needed. Known: {names}.", hint=f"Try: --port {EXAMPLE}")
        self._name = name
        self._port = open_port(name, baud)

    def write(self, data: bytes) -> None:
        """Send bytes. Raises DeviceError if the port is gone."""
        try:
            self._port.write(data)
        except PORT_ERRORS as error:
            raise self._gone(error) from error

    def read(self, timeout_s: float) -> bytes:
        """Return what came within timeout_s. Raises DeviceError if the port is gone."""
        try:
            self._port.timeout = timeout_s
            first: bytes = self._port.read(1)
            return first + self._port.read(self._port.in_waiting) if first else b""
        except READ_ERRORS as error:
            raise self._gone(error) from error

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def _gone(self, error: Exception) -> DeviceError:
        return DeviceError(f"{self._name} is gone: {error}.", hint="Check: the cable, and the board's power")
