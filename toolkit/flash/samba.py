# SPDX-License-Identifier: Apache-2.0
"""SAM-BA as the bootloader of Arduino's Nano 33 BLE speaks it. Not yet tried on hardware.

What is known, and from where:

- N#, V# and S ADDRESS,SIZE# are commands of Microchip's SAM-BA monitor (data sheets of SAM microcontrollers,
  "SAM-BA Monitor", Command List). Numbers are hexadecimal. Over USB the data that S announces follow as they
  are, without XMODEM. N# is answered "\\n\\r".
- The Nano's bootloader says "Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]" to V#, and
  "nRF52840-QIAA" to I#. The letters are commands that Arduino added. Y ADDRESS,0# says where in RAM the data
  are, Y ADDRESS,SIZE# writes them to flash; each is answered "Y\\n\\r". K# resets. Source: session in the
  README of akavel/rumbac.
- It has pages of 4,096 bytes, and its address 0 is where an application starts. Arduino's own bossac erases
  by X ADDRESS# first, and sends data to 0x34 of the RAM. Source: what it says with -d, as in issue 2287 of
  arduino/arduino-cli and issue 23 of arduino/ArduinoCore-nRF528x-mbedos, where R (read) fails.
- X is answered "X\\n\\r"; Z ADDRESS,SIZE# is answered "Z", 8 digits of a CRC-16, and "#\\n\\r". The CRC is
  XMODEM's (polynomial 0x1021, from 0). Source: what Debian's bossac 1.9.1 sends to an Arduino Zero and
  accepts (tests/flash/test_samba_model.py). That the Nano's X and Z are the same is an assumption.
"""

from __future__ import annotations

import binascii
import re
import time
from contextlib import suppress

import serial

from toolkit.errors import DeviceError
from toolkit.runners.serial import PORT_ERRORS, READ_ERRORS

PAGE_BYTES = 4096
BAUD = 921_600
"""That of bossac; USB does not mind."""
_BUFFER = 0x34
_ANSWER_S = 2.0
_ERASE_S = 30.0
_QUIET_S = 0.2
_CLEAR_S = 3.0
_OUT_S = 10.0
_LONGEST_ANSWER = 1024
_TIMES = 3
_CAPABILITIES = re.compile(r"\[Arduino:([A-Z]*)\]")
_TWICE = "Try: press the board's reset button twice, quickly, then flash again"


class SambaError(DeviceError):
    """The bootloader did not answer a command, or not as it should: the same once more may help."""


class Samba:
    """A bootloader on an open port; mcu is the microcontroller that it must be of, such as nRF52840.

    Raises DeviceError if it is no bootloader of Arduino's, or of another microcontroller.
    """

    def __init__(self, port: serial.Serial, name: str, mcu: str) -> None:
        self._port, self._name = port, name
        self._synchronize()
        self.version = self._text("V#")
        found = _CAPABILITIES.search(self.version)
        if found is None or not {"Y", "Z"} <= set(found[1]):
            raise DeviceError(
                f"{name} is no bootloader that can be flashed: it says {self.version[:80]!r}.", hint=_TWICE
            )
        self._can = found[1]
        if "I" in self._can:
            self._require_mcu(self._text("I#"), mcu)

    def erase(self) -> None:
        """Erase the application."""
        if "X" in self._can:
            self._command("X00000000#", b"X\n\r", _ERASE_S)

    def write(self, offset: int, page: bytes) -> None:
        """Write PAGE_BYTES at most at an offset from the application's start; again if they are lost."""
        for _ in range(_TIMES - 1):
            with suppress(SambaError):
                self._write(offset, page)
                return
            self._synchronize()
        self._write(offset, page)

    def checksum(self, offset: int, size: int) -> int:
        """Return the CRC-16 of what is in flash."""
        for _ in range(_TIMES - 1):
            with suppress(SambaError):
                return self._checksum(offset, size)
            self._synchronize()
        return self._checksum(offset, size)

    def start(self) -> bool:
        """Reset the board, which starts the application; return False if the bootloader cannot."""
        if "K" not in self._can:
            return False
        self._send(b"K#")
        return True

    def _write(self, offset: int, page: bytes) -> None:
        self._send(f"S{_BUFFER:08X},{len(page):08X}#".encode())
        self._send(page)
        self._command(f"Y{_BUFFER:08X},0#", b"Y\n\r")
        self._command(f"Y{offset:08X},{len(page):08X}#", b"Y\n\r")

    def _checksum(self, offset: int, size: int) -> int:
        self._send(f"Z{offset:08X},{size:08X}#".encode())
        answer = self._answer(_ANSWER_S)
        found = re.fullmatch(rb"Z([0-9A-Fa-f]{8})#\n\r", answer)
        if found is None:
            raise SambaError(f"the bootloader on {self._name} answered Z with {answer!r}.", hint=_TWICE)
        return int(found[1], 16)

    def _require_mcu(self, said: str, mcu: str) -> None:
        if not said.lower().startswith(mcu.lower()):
            raise DeviceError(
                f"the microcontroller on {self._name} is {said[:40]!r}; the firmware is for {mcu}.",
                hint="Try: another --port, or the --board that this is",
            )

    def _synchronize(self) -> None:
        """Be answered: whatever it still waits for (a page of which bytes were lost) is filled up first."""
        for attempt in range(_TIMES):
            self._clear()
            self._send(b"N#" * (PAGE_BYTES // 2 if attempt else 1))
            if self._answer(_ANSWER_S).endswith(b"\n\r"):
                self._clear()
                return
        raise SambaError(f"nothing on {self._name} answers as a bootloader.", hint=_TWICE)

    def _text(self, command: str) -> str:
        self._send(command.encode())
        return self._answer(_ANSWER_S).decode("ascii", "replace").strip("\0\r\n ")

    def _command(self, words: str, wanted: bytes, timeout_s: float = _ANSWER_S) -> None:
        self._send(words.encode())
        answer = self._answer(timeout_s)
        if answer != wanted:
            what = f"with {answer[:40]!r}" if answer else f"nothing within {timeout_s:g} s"
            raise SambaError(f"the bootloader on {self._name} answered {words} {what}.", hint=_TWICE)

    def _send(self, data: bytes) -> None:
        """Send bytes, and wait until they are out: a command and its data are not to be in one USB packet."""
        try:
            self._port.write(data)
            deadline = time.monotonic() + _OUT_S
            while self._port.out_waiting:  # flush() would wait without an end
                if time.monotonic() > deadline:
                    raise _stuck(self._name)
                time.sleep(0.001)
        except serial.SerialTimeoutException as error:
            raise _stuck(self._name) from error
        except PORT_ERRORS as error:
            raise _gone(self._name) from error

    def _answer(self, timeout_s: float) -> bytes:
        """Return a line, which ends in "\\n\\r", or what there is of it after timeout_s."""
        answer = b""
        deadline = time.monotonic() + timeout_s
        while not answer.endswith(b"\n\r") and len(answer) < _LONGEST_ANSWER:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            answer += self._read(left_s)
        return answer

    def _clear(self) -> None:
        """Drop what is on the line. Raises DeviceError if that does not end: a bootloader only answers."""
        deadline = time.monotonic() + _CLEAR_S
        while self._read(_QUIET_S):
            if time.monotonic() > deadline:
                raise DeviceError(
                    f"something else than the bootloader talks on {self._name}, and does not stop.",
                    hint=f"Check: which port it is. {_TWICE}",
                )

    def _read(self, timeout_s: float) -> bytes:
        try:
            self._port.timeout = timeout_s
            first = bytes(self._port.read(1))
            return first + bytes(self._port.read(self._port.in_waiting)) if first else b""
        except READ_ERRORS as error:
            raise _gone(self._name) from error


def crc16(data: bytes) -> int:
    """Return the CRC-16 of XMODEM: polynomial 0x1021, from 0."""
    return binascii.crc_hqx(data, 0)


def pages_of(data: bytes) -> list[bytes]:
    """Return an image in whole pages; what is behind its end stays as erased flash is."""
    pages = [data[start : start + PAGE_BYTES] for start in range(0, len(data), PAGE_BYTES)]
    return [page.ljust(PAGE_BYTES, b"\xff") for page in pages]


def _stuck(name: str) -> DeviceError:
    return DeviceError(f"{name} takes no bytes: no bootloader reads them.", hint=_TWICE)


def _gone(name: str) -> DeviceError:
    return DeviceError(
        f"{name} went away before the firmware was written and verified: the board has no whole one.",
        hint="Check: the cable. Then press the board's reset button twice, quickly, and flash again",
    )
