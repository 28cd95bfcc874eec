# SPDX-License-Identifier: Apache-2.0
"""Any link as a serial port: a pseudo terminal that terminals and pyserial programs can open."""

from __future__ import annotations

import contextlib
import math
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from toolkit.errors import DeviceError, UsageError
from toolkit.runners.link import Link
from toolkit.runners.pace import Pace

_IDLE_WAIT_S = 0.02
_READ_BYTES = 4096


@dataclass
class PtyServer:
    """A link behind a pseudo terminal; name is the port to open, such as /dev/pts/5."""

    name: str
    error: DeviceError | None = None

    def check(self) -> None:
        """Raise the DeviceError that ended the firmware, if one did."""
        if self.error is not None:
            raise self.error


@contextmanager
def serve_pty(link: Link, *, in_real_time: bool = True) -> Iterator[PtyServer]:
    """Serve link on a pseudo terminal while the context lasts; close the link at its end.

    If in_real_time, the emulator runs no faster than its board would. Raises UsageError where there are no
    pseudo terminals (Windows).
    """
    if hasattr(link, "patience_s"):
        link.patience_s = math.inf  # who asks over the terminal has a patience of their own
    master, slave, name = _open_terminal()
    server = PtyServer(name)
    ended = threading.Event()
    thread = threading.Thread(target=_serve, args=(link, master, server, ended, in_real_time), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        thread.join(timeout=60)
        link.close()
        os.close(slave)
        os.close(master)


def serve_until(
    link: Link, seconds: float | None, on_open: Callable[[str], None], *, in_real_time: bool = True
) -> None:
    """Serve link for seconds, or until the firmware ends or Ctrl-C; on_open hears the port's name."""
    with serve_pty(link, in_real_time=in_real_time) as server:
        on_open(server.name)
        deadline = None if seconds is None else time.monotonic() + seconds
        while server.error is None and (deadline is None or time.monotonic() < deadline):
            time.sleep(_IDLE_WAIT_S)
        server.check()


def _open_terminal() -> tuple[int, int, str]:
    """Return both ends of a raw pseudo terminal, and the far end's name."""
    if sys.platform == "win32":
        raise UsageError("this system has no pseudo terminals; --pty needs Linux or macOS.")
    import pty
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    return master, slave, os.ttyname(slave)


def _serve(link: Link, master: int, server: PtyServer, ended: threading.Event, in_real_time: bool) -> None:
    pace = Pace(link)
    wakes = [master, *getattr(link, "wakes", ())]
    wait_s = 0.0 if wakes[1:] else _IDLE_WAIT_S
    try:
        while not ended.is_set():
            received = _received(master, 0)
            if received:
                link.write(received)
            data = link.read(wait_s)
            if data:
                _send(master, data, ended)
                if in_real_time:
                    pace.wait(ended)
            else:
                select.select(wakes, [], [], _IDLE_WAIT_S)
    except DeviceError as error:
        server.error = error


def _received(master: int, timeout_s: float) -> bytes:
    ready, _, _ = select.select([master], [], [], timeout_s)
    return os.read(master, _READ_BYTES) if ready else b""


def _send(master: int, data: bytes, ended: threading.Event) -> None:
    """Write to the terminal; while nobody reads, a full buffer loses bytes as a real line does."""
    while data and not ended.is_set():
        _, ready, _ = select.select([], [master], [], _IDLE_WAIT_S)
        if not ready:
            return
        with contextlib.suppress(BlockingIOError):
            data = data[os.write(master, data) :]
