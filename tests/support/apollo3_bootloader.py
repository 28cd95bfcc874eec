# SPDX-License-Identifier: Apache-2.0
"""Apollo3's secure bootloader (SBL) and 1 MB of flash behind a pseudo terminal, as strict as its document.

Written from the tables of the Apollo3 Blue Secure Update User's Guide (Ambiq), not from toolkit/flash/, with
nothing of it imported. Closing the port and opening it again resets the board, as its DTR does.
"""

from __future__ import annotations

import binascii
import fcntl
import os
import pty
import select
import struct
import termios
import threading
import time
import tty
from dataclasses import dataclass
from pathlib import Path

HELLO, STATUS, OTADESC, UPDATE, ABORT, RECOVER, RESET, ACK, DATA = range(9)
SUCCESS, FAILURE, _, CRC, _, TOO_BIG, UNKNOWN, ADDRESS, OPERATION, PARAMETER, SEQUENCE, TOO_MUCH = range(12)
PAGE = 8192
MAX_STORAGE = 0x4FFA0
SPEEDS = {termios.B115200: 115200, termios.B921600: 921600}


@dataclass
class Fault:
    """What goes wrong once, at the nth message (from 0) of a type.

    what: "refuse" (with status), "silence", "noise" (a garbled answer), "unplug", or "lose" (a byte of the
    message that comes after it).
    """

    kind: int
    nth: int
    what: str
    status: int = CRC


def u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


class Apollo3:
    """The board. button is whether 14 is held; log has the types that came, complaints what was wrong."""

    def __init__(self, folder: Path, *faults: Fault, baud: int = 921600, button: bool = True) -> None:
        self.flash = bytearray(b"\xff" * (1 << 20))
        self.baud, self.button, self.faults = baud, button, list(faults)
        self.version, self.max_storage = 3, MAX_STORAGE
        self.program_says = b""
        self.log: list[int] = []
        self.complaints: list[str] = []
        self.resets = 0
        self.installed = False
        self._lose = False
        self._end, far = pty.openpty()
        tty.setraw(far)
        self.port = str(folder / "ttyEdge")
        Path(self.port).symlink_to(os.ttyname(far))
        os.close(far)
        fcntl.ioctl(self._end, termios.TIOCPKT, struct.pack("i", 1))
        self._over, self._restarted = threading.Event(), threading.Event()
        self._reset()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the board."""
        self._over.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        if self._end >= 0:
            os.close(self._end)

    def reset_button(self) -> None:
        """Press and release reset."""
        self._reset()

    def program(self, size: int) -> bytes:
        """What stands where the SBL starts the program, once the board has restarted."""
        assert self._restarted.wait(5)
        return bytes(self.flash[0xC000 : 0xC000 + size])

    def _reset(self) -> None:
        self.resets += 1
        self._in_sbl = self.button
        self._buffer = b""
        self._descriptor: int | None = None
        self._pending: list[int] = []
        self._update: tuple[int, int] | None = None
        self._received = b""

    def _run(self) -> None:
        while not self._over.is_set() and self._end >= 0:
            try:
                if not select.select([self._end], [], [], 0.02)[0]:
                    continue
                data = os.read(self._end, 4096)
            except OSError:  # nobody has the port open
                time.sleep(0.005)
                continue
            if data[0] & termios.TIOCPKT_FLUSHREAD:
                self._reset()
            elif data[0] == termios.TIOCPKT_DATA:
                self._hear(data[1:])

    def _hear(self, data: bytes) -> None:
        speed = SPEEDS.get(termios.tcgetattr(self._end)[5], 0)
        if not self._in_sbl:
            os.write(self._end, self.program_says)
            return
        if speed != self.baud:
            return
        if self._lose and len(data) > 1:
            data, self._lose = data[:-1], False
        self._buffer += data
        while len(self._buffer) >= 8 and len(self._buffer) >= u16(self._buffer, 6):
            length = u16(self._buffer, 6)
            message, self._buffer = self._buffer[: max(length, 8)], self._buffer[max(length, 8) :]
            self._take(message)
            if self._end < 0:
                return

    def _take(self, message: bytes) -> None:
        kind = u16(message, 4)
        self.log.append(kind)
        fault = self._fault_at(kind)
        if fault is None:
            self._answer(kind, message)
        elif fault.what == "refuse":
            self._ack(kind, fault.status)
        elif fault.what == "noise":
            os.write(self._end, bytes(range(20)))
        elif fault.what == "unplug":
            Path(self.port).unlink()
            os.close(self._end)
            self._end = -1
        elif fault.what == "lose":
            self._answer(kind, message)
            self._lose = True

    def _fault_at(self, kind: int) -> Fault | None:
        count = self.log.count(kind) - 1
        found = next((fault for fault in self.faults if (fault.kind, fault.nth) == (kind, count)), None)
        if found is not None:
            self.faults.remove(found)
        return found

    def _answer(self, kind: int, message: bytes) -> None:
        if binascii.crc32(message[4:]) != u32(message, 0):
            self._refuse(kind, CRC, "the CRC of a message is wrong")
        elif len(message) > 8192:
            self._refuse(kind, TOO_BIG, f"a message of {len(message)} bytes")
        elif kind == HELLO and len(message) == 8:
            self._say(STATUS, self._words(self.version, self.max_storage, 2, 7) + b"\xff" * 64)
        elif kind == OTADESC and len(message) == 12:
            self._set_descriptor(u32(message, 8))
        elif kind == UPDATE and len(message) == 20:
            self._begin(*(u32(message, at) for at in (8, 12, 16)))
        elif kind == DATA and len(message) > 12:
            self._store(u32(message, 8), message[12:])
        elif kind == RESET and len(message) == 12:
            self._ack(RESET, SUCCESS)
            self._restart(u32(message, 8))
        else:
            self._refuse(kind, UNKNOWN, f"type {kind} of {len(message)} bytes")

    def _set_descriptor(self, address: int) -> None:
        if address % PAGE or not 0xC000 <= address < 1 << 20:
            self._refuse(OTADESC, ADDRESS, f"a descriptor at {address:#x}")
            return
        self._erase(address, PAGE)
        self._descriptor = address
        self._ack(OTADESC, SUCCESS)

    def _begin(self, total: int, crc: int, size: int) -> None:
        if size:
            self._refuse(UPDATE, PARAMETER, "data in an UPDATE, which this model does not take")
        elif self._descriptor is None or self._update is not None:
            self._refuse(UPDATE, OPERATION, "an UPDATE without a descriptor, or before the last has ended")
        elif not 96 < total <= self.max_storage:
            self._refuse(UPDATE, TOO_BIG, f"an update of {total} bytes")
        else:
            self._update, self._received = (total, crc), b""
            self._ack(UPDATE, SUCCESS)

    def _store(self, sequence: int, part: bytes) -> None:
        if self._update is None:
            self._refuse(DATA, OPERATION, "DATA without UPDATE")
        elif sequence != len(self._received):
            self._refuse(DATA, SEQUENCE, f"sequence {sequence} after {len(self._received)} bytes")
        elif len(self._received) + len(part) > self._update[0]:
            self._refuse(DATA, TOO_MUCH, "more data than announced")
        else:
            self._received += part
            ends = len(self._received) == self._update[0]
            problem = self._write() if ends else ""
            if problem:
                self._refuse(DATA, FAILURE, problem)
            else:
                self._ack(DATA, SUCCESS, sequence)

    def _write(self) -> str:
        """Write a whole update to flash; return what is wrong with it."""
        assert self._update is not None and self._descriptor is not None
        whole, crc, self._update = self._received, self._update[1], None
        header, part = whole[:96], whole[96:]
        address, size = u32(header, 88), u32(header, 92)
        if binascii.crc32(whole) != crc:
            return "the CRC of an update is wrong"
        if u32(header, 0) & 0xF or u32(header, 0) >> 16 & 0xF or any(header[4:80]):
            return "an update with signatures or keys"
        if header[80] != 6 or header[81] not in (0, 1) or any(header[82:84]):
            return f"an update of type {header[80]} with options {header[81]}"
        if u32(header, 84) != 0x12344321:
            return "the flash stays locked"
        if address % PAGE or address < 0xC000 or size != len(part) or address + size > self._descriptor:
            return f"an update of {len(part)} (said: {size}) bytes at {address:#x}"
        self._erase(address, size)
        self.flash[address : address + size] = part
        if header[81] == 1:
            self._pending.append(address)
        return ""

    def _erase(self, address: int, size: int) -> None:
        end = -(-(address + size) // PAGE) * PAGE
        self.flash[address:end] = b"\xff" * (end - address)

    def _restart(self, options: int) -> None:
        if options not in (1, 2):
            self.complaints.append(f"a reset with options {options}")
        for address in self._pending:
            self._install(address)
        self._in_sbl, self._pending = False, []
        self._restarted.set()

    def _install(self, address: int) -> None:
        """Copy an image that waits to where it belongs, if it is whole."""
        assert self._descriptor is not None
        length = u32(self.flash, address) & 0xFFFFF
        image = bytes(self.flash[address : address + length])
        load = u32(image, 112) & ~3
        checks = {
            "it is longer than the place where it waits": address + length > self._descriptor,
            "no header": length <= 128,
            "no magic of a customer's image": image[3] != 0xCB,
            "a wrong CRC": binascii.crc32(image[8:]) != u32(image, 4),
            "no CRC asked for": not image[11] & 0x10,
            "signatures or keys": any(image[16:112]) or u32(image, 8) & 0xF0F,
            f"load address {load:#x}": load < 0xC000 or load % PAGE or load + length - 128 > 1 << 20,
            "child images": image[120:128] != b"\xff" * 8,
        }
        wrong = [name for name, is_wrong in checks.items() if is_wrong]
        self.complaints += [f"not installed: {name}" for name in wrong]
        if not wrong:
            program = image[128:]
            self._erase(load, len(program))
            self.flash[load : load + len(program)] = program
            self.installed = True

    def _refuse(self, kind: int, status: int, why: str) -> None:
        self.complaints.append(why)
        self._ack(kind, status)

    def _ack(self, kind: int, status: int, sequence: int = 0) -> None:
        self._say(ACK, self._words(kind, status, sequence))

    def _say(self, kind: int, body: bytes) -> None:
        rest = kind.to_bytes(2, "little") + (8 + len(body)).to_bytes(2, "little") + body
        os.write(self._end, self._words(binascii.crc32(rest)) + rest)

    @staticmethod
    def _words(*values: int) -> bytes:
        return b"".join(value.to_bytes(4, "little") for value in values)
