# SPDX-License-Identifier: Apache-2.0
"""Watching a serial port: lines with the time, through unplugging, into a log file if wanted."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path

import serial

from toolkit.errors import DeviceError
from toolkit.files import write_error
from toolkit.runners import protocol
from toolkit.runners.serial import open_port

_READ_TIMEOUT_S = 0.1
_RETRY_S = 0.2
_PARTIAL_LINE_S = 0.5


@dataclass(frozen=True)
class Watched:
    """A line from the port, or (is_note) a word of the monitor's own, and when it came."""

    at: datetime
    text: str
    is_note: bool = False

    def formatted(self) -> str:
        """Return the line as it is shown: the time to the millisecond, "--" before a note."""
        mark = "-- " if self.is_note else ""
        return f"{self.at:%H:%M:%S}.{self.at.microsecond // 1000:03d}  {mark}{self.text}"


def watch(
    port: str,
    on_line: Callable[[Watched], None],
    *,
    baud: int = 115200,
    log: Path | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Call on_line with every line from port until stop is set or Ctrl-C is pressed.

    A port that vanishes is opened again as soon as it is back. Bytes that are not text are shown
    as \\xHH; a line without an end is shown after half a second. log gets the same lines.
    Raises DeviceError if the port cannot be opened the first time, InputError if log cannot be written.
    """
    port_line = _PortLine(port, baud, stop or threading.Event())
    try:
        with _Log(log, on_line) as out:
            out.note(f"{port} at {baud} baud; Ctrl-C ends")
            with contextlib.suppress(KeyboardInterrupt):
                port_line.watch(out)
            out.note("end")
    finally:
        port_line.close()


def stop_after(seconds: float | None) -> threading.Event:
    """Return an event for watch() that is set after seconds, or never for None."""
    event = threading.Event()
    if seconds is not None:
        timer = threading.Timer(seconds, event.set)
        timer.daemon = True
        timer.start()
    return event


class _Log:
    """Where watched lines go: the callback, and a file that is complete after every line."""

    def __init__(self, path: Path | None, on_line: Callable[[Watched], None]) -> None:
        self._path = path
        self._on_line = on_line
        self._stream: FileIO | None = None

    def __enter__(self) -> _Log:
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._stream = self._path.open("ab", buffering=0)
            except OSError as error:
                raise write_error(self._path, error) from error
        return self

    def __exit__(self, *_error: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def line(self, text: str) -> None:
        """Pass on a line of the port."""
        self._put(Watched(datetime.now(), text))

    def note(self, text: str) -> None:
        """Pass on a word of the monitor's own."""
        self._put(Watched(datetime.now(), text, is_note=True))

    def _put(self, watched: Watched) -> None:
        """Log it first: whatever becomes of showing it, it is kept."""
        if self._stream is not None and self._path is not None:
            try:
                self._stream.write(f"{watched.formatted()}\n".encode())
            except OSError as error:
                raise write_error(self._path, error) from error
        self._on_line(watched)


class _PortLine:
    """A port that may vanish and come back."""

    def __init__(self, port: str, baud: int, ended: threading.Event) -> None:
        self._port = port
        self._baud = baud
        self._ended = ended
        self._line = open_port(port, baud)

    def close(self) -> None:
        """Close the port."""
        self._line.close()

    def watch(self, out: _Log) -> None:
        """Read lines until the end is wanted, and wait for the port while it is gone."""
        while not self._ended.is_set():
            self._read_until_gone(out)
            if self._ended.is_set():
                return
            self._line.close()
            out.note(f"{self._port} is gone; waiting for it")
            if self._comes_back():
                out.note(f"{self._port} is back")

    def _read_until_gone(self, out: _Log) -> None:
        splitter = protocol.LineSplitter()
        self._line.timeout = _READ_TIMEOUT_S
        last = time.monotonic()
        while not self._ended.is_set():
            try:
                data = self._line.read(1)
                data += self._line.read(self._line.in_waiting) if data else b""
            except (serial.SerialException, OSError, TypeError):
                break
            for text in splitter.feed(data):
                out.line(text)
            if data:
                last = time.monotonic()
            elif time.monotonic() - last > _PARTIAL_LINE_S:
                _show_rest(splitter, out)
        _show_rest(splitter, out)

    def _comes_back(self) -> bool:
        while not self._ended.wait(_RETRY_S):
            with contextlib.suppress(DeviceError):
                self._line = open_port(self._port, self._baud)
                return True
        return False


def _show_rest(splitter: protocol.LineSplitter, out: _Log) -> None:
    rest = splitter.rest()
    if rest:
        out.line(rest)
