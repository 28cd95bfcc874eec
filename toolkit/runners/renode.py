# SPDX-License-Identifier: Apache-2.0
"""Renode as a link, where it is installed. Written by its documentation, not tried: see docs/emulation.md.

Renode runs the rendered script with its UART on a TCP server; its own monitor is switched off.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from toolkit.errors import DeviceError, InputError, ToolMissingError
from toolkit.files import write_atomic
from toolkit.runners.renode_files import renode_files
from toolkit.targets.board import Board

_START_TIMEOUT_S = 60.0
_READ_BYTES = 65536


class RenodeLink:
    """A board in Renode, its serial line over TCP. Raises ToolMissingError where Renode is not."""

    def __init__(self, elf: Path, board: Board) -> None:
        if board.renode is None:
            raise InputError(f"Renode has no platform for {board.name}.", hint="Try: tinyml emulate")
        program = shutil.which("renode")
        if program is None:
            raise ToolMissingError(
                "renode is not on the PATH.", hint="Try: --runner emulator, which needs nothing"
            )
        self._folder = tempfile.TemporaryDirectory(prefix="tinyml-renode-")
        folder = Path(self._folder.name)
        port = _free_port()
        write_atomic(folder / "firmware.elf", elf.read_bytes())
        for name, text in renode_files(board, port).items():
            write_atomic(folder / name, text)
        script = folder / f"{board.name}.resc"
        self._process = subprocess.Popen(
            [program, "--disable-xwt", "--port", "-2", "-e", f"include @{script}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._socket = self._connect(port)
        except DeviceError:
            self._end()
            raise

    def _connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=1)
            except OSError:
                time.sleep(0.2)
        raise DeviceError(
            "Renode did not open the board's serial line.", hint="Try: renode <board>.resc by hand"
        )

    def write(self, data: bytes) -> None:
        """Send bytes to the emulated UART."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise DeviceError(f"Renode is gone: {error}.") from error

    def read(self, timeout_s: float) -> bytes:
        """Return what the emulated UART sent within timeout_s."""
        self._socket.settimeout(max(timeout_s, 0.001))
        try:
            data = self._socket.recv(_READ_BYTES)
        except TimeoutError:
            return b""
        except OSError as error:
            raise DeviceError(f"Renode is gone: {error}.") from error
        if not data:
            raise DeviceError("Renode closed the serial line.")
        return data

    def close(self) -> None:
        """End Renode."""
        self._socket.close()
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
