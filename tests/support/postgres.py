# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL in a folder of its own, and a line to it that can be cut."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

MISSING = "needs PostgreSQL: apt-get install postgresql"


def programs() -> Path | None:
    """Return the folder with initdb and postgres, which Debian keeps off the PATH; None without them."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@contextmanager
def postgres() -> Iterator[int]:
    """Give the port of a PostgreSQL that listens on 127.0.0.1; its user postgres needs no password.

    It refuses to run as root: then it runs as postgres, or nobody.
    """
    folder, found = Path(tempfile.mkdtemp(prefix="tinyml-postgres-")), programs()
    assert found is not None
    try:
        who = _unprivileged(folder)
        data = folder / "data"
        make = [
            found / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "--locale=C",
            "-E",
        ]
        subprocess.run([*make, "UTF8"], cwd=folder, check=True, capture_output=True, timeout=120, **who)
        port = free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [found / "postgres", "-D", data, *settings], cwd=folder, stdout=log, stderr=log, **who
            )
        try:
            _wait_for(port, server, folder / "log")
            yield port
        finally:
            server.send_signal(signal.SIGQUIT)  # at once, without saving
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    names = [name for name in ("postgres", "nobody") if name in {p.pw_name for p in pwd.getpwall()}]
    who = pwd.getpwnam(names[0])
    os.chown(folder, who.pw_uid, who.pw_gid)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        if "ready to accept connections" in log.read_text():
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


class Line:
    """A line to a port: everything goes through until it is cut; then it is as if there were no way."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._ends: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut it for good."""
        for end in (self._server, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._server.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [here, there]
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)
