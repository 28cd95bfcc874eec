# SPDX-License-Identifier: Apache-2.0
"""The host build as a link: a process with the protocol on its standard input and output."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from toolkit.errors import DeviceError, UsageError
from toolkit.runners.pipe import OutputPipe


class HostLink:
    """The firmware built for this computer, as a process."""

    is_lossless = True

    def __init__(self, program: Path) -> None:
        if os.name == "nt":
            raise UsageError(
                "the board host does not run on Windows: its pipes cannot be waited for.",
                hint="Try: any other board, which runs in the emulator",
            )
        try:
            self._process = subprocess.Popen(
                [str(program.resolve())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
            )
        except OSError as error:
            raise DeviceError(f"cannot run {program}: {error.strerror}.") from error
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self._pipe = OutputPipe(self._output)
        self._is_closed = False

    @property
    def wakes(self) -> tuple[int, ...]:
        """The files that are readable when read() has something: nobody need wait for it in read()."""
        return () if self._is_closed else (self._pipe.number,)

    def write(self, data: bytes) -> None:
        """Send bytes to the program."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
        except (OSError, ValueError) as error:
            raise self._ended() from error

    def read(self, timeout_s: float) -> bytes:
        """Return what the program printed within timeout_s."""
        if self._is_closed:
            raise self._ended()
        data = self._pipe.read(timeout_s)
        if data is None:
            raise self._ended()
        return data

    def close(self) -> None:
        """End the program."""
        if self._is_closed:
            return
        self._is_closed = True
        self._pipe.forget()
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def _ended(self) -> DeviceError:
        if self._is_closed:
            return DeviceError("the program is closed.")
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return DeviceError("the program closed its output but runs on.")
        why = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return DeviceError(f"the program {self._process.args[0]!s} ended {why}.")  # type: ignore[index]
