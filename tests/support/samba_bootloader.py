# SPDX-License-Identifier: Apache-2.0
"""A model of the Nano 33 BLE's bootloader behind a pseudo terminal, and what can go wrong with it.

It speaks what toolkit/flash/samba.py says and cites. The real bossac of Debian flashes it too, where it says
that it is an Arduino Zero (tests/flash/test_samba_model.py).
"""

from __future__ import annotations

import binascii
import contextlib
import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field

NANO = "Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]"
_POLL_S = 0.02


@dataclass
class Faults:
    """What goes wrong. Counters run down: a fault of 1 happens once.

    lose_data: bytes of a page's data that do not arrive. lose_answers: to Y. flip_pages: pages of which a
    bit is written wrongly. unplug_after_pages: the cable is pulled then. silent: nothing is answered.
    """

    lose_data: int = 0
    lose_answers: int = 0
    flip_pages: int = 0
    unplug_after_pages: int | None = None
    silent: bool = False


@dataclass
class Chip:
    """What the bootloader says that it is, and how its memory lies. words are what w reads."""

    version: str = NANO
    name: str = "nRF52840-QIAA"
    flash_bytes: int = 0xF_0000
    words: dict[int, int] = field(default_factory=dict)


class SambaBootloader:
    """The bootloader, from the moment that its port is there until a reset or the cable ends it.

    flash holds what was written, from where an application starts; seen the commands. K# calls on_reset.
    """

    def __init__(
        self,
        chip: Chip | None = None,
        faults: Faults | None = None,
        on_reset: Callable[[SambaBootloader], None] = lambda _: None,
    ) -> None:
        self.chip, self.faults, self.on_reset = chip or Chip(), faults or Faults(), on_reset
        self.flash = bytearray(b"\xff" * self.chip.flash_bytes)
        self.seen: list[str] = []
        self.was_reset = False
        self._ram: dict[int, bytes] = {}
        self._source = 0
        self._pages = 0
        self._near, self._far = pty.openpty()
        self._ends: tuple[int, ...] = (self._near, self._far)
        tty.setraw(self._far)
        self.port = os.ttyname(self._far)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Pull the cable, if it was not pulled."""
        self._ended.set()
        if self._thread is not threading.current_thread():
            self._thread.join(10)
        self._close_terminal()

    def wait_for_reset(self) -> None:
        """Wait until the program resets the board."""
        self._thread.join(10)
        assert self.was_reset

    def __enter__(self) -> SambaBootloader:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _close_terminal(self) -> None:
        """Once: the numbers may be another file's afterwards."""
        ends, self._ends = self._ends, ()
        for end in ends:
            os.close(end)

    def _serve(self) -> None:
        command = b""
        with contextlib.suppress(OSError, _EndedError):
            while True:
                byte = self._read(1)
                if byte != b"#":
                    command += byte
                    continue
                words, command = command.decode("latin-1"), b""
                self.seen.append(words)
                answer = self._answer(words)
                if answer and not self.faults.silent:
                    os.write(self._near, answer)
        if self.was_reset or self.faults.unplug_after_pages is not None:
            self._close_terminal()
        if self.was_reset:
            self.on_reset(self)

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            if self._ended.is_set():
                raise _EndedError
            if select.select([self._near], [], [], _POLL_S)[0]:
                data += os.read(self._near, count - len(data))
        return data

    def _answer(self, words: str) -> bytes:
        commands: dict[str, Callable[..., bytes]] = {
            "N": self._set_binary,
            "V": self._say_version,
            "I": self._say_name,
            "X": self._erase,
            "S": self._take_data,
            "Y": self._write,
            "Z": self._say_checksum,
            "K": self._reset,
            "W": self._write_word,
            "R": self._read_flash,
            "w": self._read_word,
            "o": self._read_byte,
        }
        numbers = [int(part or "0", 16) for part in words[1:].split(",")] if words[1:] else []
        command = commands.get(words[:1])
        return command(*numbers) if command else b""

    def _set_binary(self) -> bytes:
        return b"\n\r"

    def _say_version(self) -> bytes:
        return f"{self.chip.version}\n\r".encode()

    def _say_name(self) -> bytes:
        return f"{self.chip.name}\n\r".encode()

    def _erase(self, address: int) -> bytes:
        self.flash[address:] = b"\xff" * (len(self.flash) - address)
        return b"X\n\r"

    def _take_data(self, address: int, size: int) -> bytes:
        lost, self.faults.lose_data = self.faults.lose_data, 0
        data = self._read(size)
        if lost:  # what comes next is taken for data, until there is enough
            data = data[lost:] + self._read(lost)
        self._ram[address] = data
        return b""

    def _write(self, address: int, size: int) -> bytes:
        if size == 0:
            self._source = address
        else:
            self._write_page(address, self._ram[self._source][:size])
        if self.faults.lose_answers:
            self.faults.lose_answers -= 1
            return b""
        return b"Y\n\r"

    def _write_page(self, address: int, data: bytes) -> None:
        if self._pages == self.faults.unplug_after_pages:
            raise _EndedError
        if self.faults.flip_pages:
            self.faults.flip_pages -= 1
            data = bytes([data[0] ^ 4]) + data[1:]
        self.flash[address : address + len(data)] = data
        self._pages += 1

    def _say_checksum(self, address: int, size: int) -> bytes:
        return b"Z%08X#\n\r" % binascii.crc_hqx(bytes(self.flash[address : address + size]), 0)

    def _reset(self) -> bytes:
        self.was_reset = True
        time.sleep(_POLL_S)
        raise _EndedError

    def _read_word(self, address: int, _size: int) -> bytes:
        return self.chip.words.get(address, 0).to_bytes(4, "little")

    def _read_byte(self, _address: int, _size: int) -> bytes:
        return b"\0"

    def _write_word(self, address: int, value: int) -> bytes:
        """AIRCR with SYSRESETREQ resets: ARMv7-M Architecture Reference Manual, B3.2.6."""
        if (address, value) == (0xE000_ED0C, 0x05FA_0004):
            self.was_reset = True
            raise _EndedError
        return b""

    def _read_flash(self, address: int, size: int) -> bytes:
        """A Zero reads; the Nano does not answer (arduino/ArduinoCore-nRF528x-mbedos issue 23)."""
        return b"" if self.chip.version == NANO else bytes(self.flash[address : address + size])


class _EndedError(Exception):
    """Nobody listens any more."""
