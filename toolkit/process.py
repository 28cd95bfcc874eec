# SPDX-License-Identifier: Apache-2.0
"""Running other programs: always with a timeout, never through a shell, and to their end with us."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from toolkit.errors import CompileError, InputError, ToolMissingError
from toolkit.reading import require_place

# Reads a pipe whose other end only we hold: it ends without a word when we are killed, even by SIGKILL.
_WATCH = "import os, signal, sys; os.read(0, 1) or os.killpg(int(sys.argv[1]), signal.SIGKILL)"

_END_S = 5.0
MOST_LOG_BYTES = 16 << 20
"""Of what a program beside us says: one that repeats an error for ever would fill the disk."""
_CUT = b"\n... the log ends here: the program said more.\n"
_READ_BYTES, _PIECE_BYTES = 65536, 4096
_LAST_WORDS_S = 1.0


_running: set[subprocess.Popen[bytes]] = set()


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
    except OSError as error:
        raise _cannot_start(words[0], cwd, error) from error
    _running.add(process)
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
        _running.discard(process)
        if process.poll() is None:
            _end(process)
        if watcher is not None:
            _dismiss(watcher)
    if timed_out.is_set():
        raise CompileError(f"{words[0]} did not finish within {timeout_s:g} s.")
    return Finished(exit_code, output)


def end_running() -> None:
    """End all that run() waits for, in whatever thread: there it ended by a signal."""
    for process in list(_running):
        _end(process)


class Companion:
    """A program that runs beside us until end(), and no longer than we do, even if we are killed.

    With a log its input is empty and all that it prints goes there, up to MOST_LOG_BYTES; with errors,
    another file, only what it says on its second stream does, and input and output are pipes. Raises
    ToolMissingError if it is not there, or is no program, InputError if the file is a pipe or the like.
    """

    def __init__(
        self, command: Sequence[str | Path], *, cwd: Path, log: Path | None = None, errors: Path | None = None
    ) -> None:
        words, file = [str(word) for word in command], log or errors or Path(os.devnull)
        if log or errors:
            require_place(file)
        file.write_bytes(b"")
        try:
            self._process = subprocess.Popen(
                words,
                cwd=cwd,
                stdin=subprocess.DEVNULL if log else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if log else subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            raise _cannot_start(words[0], cwd, error) from error
        self._watcher = _watch(self._process.pid)
        said = self._process.stdout if log else self._process.stderr
        self._listener = threading.Thread(target=_keep, args=(said, file), daemon=True)
        self._listener.start()

    @property
    def input(self) -> IO[bytes]:
        """The pipe to it; only without a log."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def output(self) -> IO[bytes]:
        """The pipe from it; only without a log."""
        assert self._process.stdout is not None
        return self._process.stdout

    def how_it_ended(self, wait_s: float = 0.0) -> str:
        """Return how it ended, such as "with exit code 1", waiting for that; "" if it still runs."""
        try:
            code = self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            return ""
        self._listener.join(_LAST_WORDS_S)
        return f"by signal {-code}" if code < 0 else f"with exit code {code}"

    def end(self) -> None:
        """End it and all that it started, and close the pipes; twice is fine."""
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        _end(self._process)
        self._listener.join(_LAST_WORDS_S)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None and not self._listener.is_alive():
                pipe.close()
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            _dismiss(watcher)


def lines_of(log: Path) -> Iterator[str]:
    """Return the lines of a log that are not empty, one by one; a line beyond all measure in pieces."""
    with log.open("rb") as stream:
        for line in iter(lambda: stream.readline(_PIECE_BYTES), b""):
            if text := line.decode("utf-8", errors="replace").strip():
                yield text


def _cannot_start(program: str, cwd: Path | None, error: OSError) -> Exception:
    if cwd is not None and not cwd.is_dir():
        return InputError(f"there is no folder {cwd}.")
    if isinstance(error, (FileNotFoundError, PermissionError)):
        return ToolMissingError(f"{program} is not installed.", hint="Try: tinyml doctor")
    if error.errno == errno.ENOEXEC:
        return ToolMissingError(
            f"{program} is no program that this computer can run.",
            hint="Try: move that file away, and install the program again: tinyml doctor",
        )
    return error


def _keep(pipe: IO[bytes], log: Path) -> None:
    """Write what comes to log until there is too much of it, and let the rest go."""
    room = MOST_LOG_BYTES
    with log.open("wb", buffering=0) as kept:
        while data := pipe.read(_READ_BYTES):
            if room > 0:
                kept.write(data[:room])
                room -= len(data)
                if room <= 0:
                    kept.write(_CUT)


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
