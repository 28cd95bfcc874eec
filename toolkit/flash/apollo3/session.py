# SPDX-License-Identifier: Apache-2.0
"""Putting a program on an Apollo3 over its secure bootloader's (SBL) serial line.

The board is reset through the adapter's DTR whenever its port is opened. The SBL then stays if button 14 is
held, and starts the program if not. So the person holds the button first, and is told when to let go.
Source: Apollo3 Blue Secure Update User's Guide (Ambiq), wired update; Using SparkFun Edge Board with Ambiq
Apollo3 SDK (SparkFun), which has the button. Not yet tried on hardware.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

import serial

from toolkit.errors import DeviceError
from toolkit.flash.apollo3 import image, messages
from toolkit.flash.apollo3.messages import GarbledError, Kind
from toolkit.runners.serial import PORT_ERRORS, open_port

HOLD = (
    "Hold down button 14 on the board, press and release the reset button beside it, and keep holding 14 "
    "until you are told to let go."
)
_BITS_A_BYTE = 10
_MOST_UPDATE_BYTES = 0x4_8000 + image.UPDATE_HEADER_BYTES
"""As long as the pieces of the published upload logs; the SBL's own limit is 0x4ffa0."""


@dataclass(frozen=True)
class Patience:
    """Seconds to wait and how often to try again.

    bootloader_s: until it answers. hello_s: for one answer to HELLO. reset_s: after a pulse on DTR.
    answer_s: for an ACK, beyond the time on the line; erasing and writing are part of it.
    """

    bootloader_s: float = 60.0
    hello_s: float = 0.5
    reset_s: float = 0.2
    answer_s: float = 10.0
    attempts: int = 3
    resends: int = 3


class _LineError(Exception):
    """The conversation broke; it can begin again from a reset."""


def update_board(
    port: str,
    program: bytes,
    *,
    bauds: Sequence[int],
    on_step: Callable[[str], None],
    on_progress: Callable[[int, int], None] | None = None,
    patience: Patience | None = None,
) -> None:
    """Put program, which is linked to image.LOAD_ADDRESS, on the board at port.

    bauds are the speeds at which the bootloader may listen, the likeliest first. on_step hears what the
    person has to do, before it is needed; on_progress hears bytes sent and bytes in all.
    Raises InputError and DoesNotFitError for the program, DeviceError for the port and the bootloader.
    """
    patience = patience or Patience()
    whole = image.wrap_program(program)
    on_step(HOLD)
    for left in reversed(range(patience.attempts)):
        with closing(open_port(port, bauds[0])) as line:
            try:
                _update(_Bootloader(line, patience), whole, bauds, on_step, on_progress or _say_nothing)
                return
            except _LineError as error:
                if not left:
                    raise DeviceError(f"{port}: {error}", hint=_CABLES) from error
                on_step(f"{error} It begins again. {HOLD}")
            except PORT_ERRORS as error:
                fact = f"{port} is gone: {error}. The firmware is not on the board."
                raise DeviceError(fact, hint="Check: the cable and the adapter, then flash again") from error


_CABLES = "Check: short cables, ground connected; then flash again"


def _say_nothing(done: int, total: int) -> None:
    pass


def _update(
    board: _Bootloader,
    whole: bytes,
    bauds: Sequence[int],
    on_step: Callable[[str], None],
    on_progress: Callable[[int, int], None],
) -> None:
    status = board.wait(bauds)
    on_step(f"The bootloader answers at {board.line.baudrate} baud. Let go of button 14.")
    most = min(status.most_bytes, _MOST_UPDATE_BYTES)
    if most < image.UPDATE_HEADER_BYTES + image.PAGE_BYTES:
        raise DeviceError(
            f"the bootloader (version {status.version}) takes no more than {status.most_bytes:,} bytes at a "
            "time: it is not the one of the SparkFun Edge.",
            hint="Check: which board this is. A debug probe works too: --method pyocd",
        )
    parts = image.updates(whole, most)
    board.ask(messages.descriptor(image.DESCRIPTOR_ADDRESS), Kind.DESCRIPTOR)
    done, total = 0, sum(map(len, parts))
    for part in parts:
        board.ask(messages.update(part), Kind.UPDATE)
        for at in range(0, len(part), messages.MOST_DATA_BYTES):
            piece = part[at : at + messages.MOST_DATA_BYTES]
            board.ask(messages.data(at, piece), Kind.DATA)
            done += len(piece)
            on_progress(done, total)
    _restart(board, on_step)


def _restart(board: _Bootloader, on_step: Callable[[str], None]) -> None:
    """Ask for the reset, after which the SBL installs; it may restart before its answer is out."""
    try:
        board.ask(messages.reset(), Kind.RESET)
    except _LineError:
        on_step("The board did not say that it restarts. Press its reset button, without button 14.")


class _Bootloader:
    """The SBL behind an open port."""

    def __init__(self, line: serial.Serial, patience: Patience) -> None:
        self.line = line
        self._patience = patience

    def wait(self, bauds: Sequence[int]) -> messages.Status:
        """Return the bootloader's status as soon as it answers at one of bauds; the line stays at that speed.

        The board is reset before each try, as the SBL may wait for the rest of what it took for a message
        at another speed. Raises DeviceError.
        """
        deadline = time.monotonic() + self._patience.bootloader_s
        heard = False
        while True:
            for baud in bauds:
                self.line.baudrate = baud
                self._reset()
                try:
                    return self._greet()
                except GarbledError:
                    heard = True
                except TimeoutError:
                    continue
            if time.monotonic() >= deadline:
                raise _silent(self.line.name, heard, bauds, self._patience.bootloader_s)

    def _greet(self) -> messages.Status:
        """Return the bootloader's status. It is asked twice, as the first time it may still be starting.

        Raises TimeoutError for silence, GarbledError for what is no status.
        """
        for asked in range(2):
            self._send(messages.hello())
            with suppress(TimeoutError):
                status = messages.parse_status(self._read_message(Kind.STATUS, self._patience.hello_s))
                self._drop_late_answer(asked)
                return status
        raise TimeoutError

    def _drop_late_answer(self, asked: int) -> None:
        """Take from the line what answers an earlier question, if there was one."""
        if asked:
            self.line.timeout = self._patience.reset_s
            self.line.read(messages.MOST_MESSAGE_BYTES)

    def ask(self, message: bytes, kind: Kind) -> None:
        """Send message until the SBL has accepted it.

        It is sent again if it came with a wrong CRC, as the SBL then took nothing of it. Raises DeviceError
        for a refusal, _LineError for silence and for noise.
        """
        for _ in range(1 + self._patience.resends):
            self._send(message)
            try:
                time_on_line_s = len(message) * _BITS_A_BYTE / self.line.baudrate
                answer = self._read_message(Kind.ACK, self._patience.answer_s + time_on_line_s)
                ack = messages.parse_ack(answer)
            except TimeoutError as error:
                raise _LineError(f"the bootloader no longer answers (to {kind.name}).") from error
            except GarbledError as error:
                raise _LineError(f"the bootloader's answer is garbled ({error}).") from error
            if ack.status == messages.OK and ack.kind == kind:
                return
            if ack.status != messages.BAD_CRC:
                raise _refused(kind, ack)
        raise _LineError(f"the line loses or changes bytes: {kind.name} never came whole.")

    def _reset(self) -> None:
        """Pulse DTR, which resets the board; then drop what came before."""
        with suppress(OSError):  # a line without modem signals
            self.line.dtr = False
            time.sleep(0.01)
            self.line.dtr = True
        time.sleep(self._patience.reset_s)
        self.line.reset_input_buffer()

    def _send(self, message: bytes) -> None:
        self.line.write(message)

    def _read_message(self, kind: Kind, timeout_s: float) -> bytes:
        """Return one message. Raises TimeoutError for silence, GarbledError if it is not of that kind."""
        deadline = time.monotonic() + timeout_s
        head = self._read(messages.HEADER_BYTES, deadline)
        return head + self._read(messages.length_of(head, kind) - len(head), deadline, begun=True)

    def _read(self, count: int, deadline: float, *, begun: bool = False) -> bytes:
        data = b""
        while len(data) < count:
            left_s = deadline - time.monotonic()
            if left_s <= 0 and not (data or begun):
                raise TimeoutError
            if left_s <= 0:
                raise GarbledError("it stops in the middle")
            self.line.timeout = left_s
            data += self.line.read(count - len(data))
        return data


def _silent(port: str, heard: bool, bauds: Sequence[int], waited_s: float) -> DeviceError:
    speeds = " and ".join(str(baud) for baud in bauds)
    if heard:
        return DeviceError(
            f"{port}: something answers at {speeds} baud, but not the bootloader.",
            hint="Try: hold button 14 while you press reset, and keep holding it: without it the firmware "
            "runs. If that is so, the bootloader has another speed, or the wires are poor",
        )
    return DeviceError(
        f"{port}: no answer from the bootloader within {waited_s:g} s, at {speeds} baud.",
        hint="Check: button 14 held through the reset; the adapter at 3.3 V, the right way round: "
        "GND to GND, its TX to the board's RX; --port, if there are several adapters",
    )


def _refused(kind: Kind, ack: messages.Ack) -> DeviceError:
    reason = messages.REFUSALS.get(ack.status, f"status {ack.status}")
    return DeviceError(
        f"the bootloader refused {kind.name}: {reason}.",
        hint="Try: once more; if it says the same, a debug probe: --method pyocd",
    )
