# SPDX-License-Identifier: Apache-2.0
"""Running other programs: always with a timeout, never through a shell, and to their end with us."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import CompileError, ToolMissingError

# Reads a pipe whose other end only we hold: it ends without a word when we are killed, even by SIGKILL.
_WATCH = "import os, signal, sys; os.read(0, 1) or os.killpg(int(sys.argv[1]), signal.SIGKILL)"


@dataclass(frozen=True)
class Finished:
    """A program that ended: its exit code and what it printed (both streams, in order)."""

    exit_code: int
    output: str


def run(
    command: Sequence[str | Path],
    *,
    timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    ends_with_us: bool = False,
) -> Finished:
    """Run command to its end and return its exit code and output; on_line hears each line as it comes.

    ends_with_us says that it must not outlive this process, even if that is killed; not on Windows.
    Raises ToolMissingError if it is not there, CompileError if it takes more than timeout_s; then
    it and whatever it started are ended.
    """
    words = [str(word) for word in command]
    try:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise ToolMissingError(f"{words[0]} is not installed.", hint="Try: tinyml doctor") from error
    watcher = _watch(process.pid) if ends_with_us else None
    timed_out = threading.Event()

    def give_up() -> None:
        timed_out.set()
        _end(process)

    timer = threading.Timer(timeout_s, give_up)
    timer.daemon = True
    timer.start()
    try:
        output = _read(process, on_line)
        exit_code = process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            _end(process)
        if watcher is not None:
            _dismiss(watcher)
    if timed_out.is_set():
        raise CompileError(f"{words[0]} did not finish within {timeout_s:g} s.")
    return Finished(exit_code, output)


def _read(process: subprocess.Popen[bytes], on_line: Callable[[str], None] | None) -> str:
    assert process.stdout is not None
    lines = []
    with process.stdout as stream:
        for raw in stream:
            lines.append(raw.decode("utf-8", errors="replace"))
            if on_line is not None:
                on_line(lines[-1].rstrip("\r\n"))
    return "".join(lines)


def _watch(group: int) -> subprocess.Popen[bytes] | None:
    """Start what ends the process group if this process is gone; None where there are no groups."""
    if sys.platform == "win32":
        return None
    command = [sys.executable, "-I", "-S", "-c", _WATCH, str(group)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def _dismiss(watcher: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        watcher.communicate(b"0")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and all that it started: they are a session of their own."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
