# SPDX-License-Identifier: Apache-2.0
"""Two tinyml on one port: the second one says who has it, and a killed one has nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.flashing import port_without_a_board

from toolkit.cli.main import run
from toolkit.errors import DeviceError
from toolkit.runners import port_lock
from toolkit.runners.port_lock import PortLock, holding
from toolkit.runners.serial import SerialLink, open_port

MONITOR = [sys.executable, "-m", "toolkit", "monitor", "--port"]


@pytest.fixture
def port() -> Iterator[str]:
    """A serial port."""
    with port_without_a_board() as name:
        yield name


@pytest.fixture
def lock_file(port: str) -> Iterator[Path]:
    """Where the port's lock is; no such file afterwards."""
    file = port_lock._file_of(port)
    file.unlink(missing_ok=True)
    yield file
    file.unlink(missing_ok=True)


@pytest.fixture
def monitor(port: str) -> Iterator[subprocess.Popen[str]]:
    """Another tinyml that watches the port."""
    process = subprocess.Popen([*MONITOR, port], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "Ctrl-C ends" in process.stdout.readline()
    yield process
    process.kill()
    process.wait(10)
    process.stdout.close()


def test_the_second_says_who_has_the_port(port: str, monitor: subprocess.Popen[str]) -> None:
    with pytest.raises(DeviceError) as caught:
        open_port(port, 115200)
    who = f"tinyml monitor --port {port} (process {monitor.pid})"
    assert caught.value.message == f"{port} is in use by {who}."
    assert caught.value.hint == f"Try: end it there with Ctrl-C, or: kill {monitor.pid}"


def test_whatever_the_port_is_called_it_is_the_same(
    port: str, monitor: subprocess.Popen[str], tmp_path: Path
) -> None:
    (tmp_path / "ttyBoard").symlink_to(port)
    with pytest.raises(DeviceError, match=f"process {monitor.pid}"):
        SerialLink(str(tmp_path / "ttyBoard"))


def test_the_command_line_says_it_too(
    port: str, monitor: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["monitor", "--port", port, "--seconds", "1"]) == 5
    assert f"in use by tinyml monitor --port {port} (process {monitor.pid})" in capsys.readouterr().err


def test_a_program_of_somebody_elses_has_it_too(port: str) -> None:
    with holding(port):
        code = f"from toolkit.runners.serial import open_port; open_port({port!r}, 115200)"
        words = [sys.executable, "-c", code]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert f"(process {os.getpid()})" in done.stderr
        open_port(port, 115200).close()
        with pytest.raises(DeviceError, match=f"process {os.getpid()}"):
            _as_another_process(port)
    with holding(""):
        pass


def _as_another_process(port: str) -> None:
    port_lock._taken(port_lock._file_of(port), port)


def test_one_that_was_killed_has_nothing(port: str, monitor: subprocess.Popen[str]) -> None:
    monitor.send_signal(signal.SIGKILL)
    monitor.wait(10)
    open_port(port, 115200).close()


def test_a_port_that_cannot_be_opened_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for _ in range(2):
        with pytest.raises(DeviceError, match="is no serial port"):
            open_port(str(tmp_path / "file"), 115200)


def test_the_last_one_in_a_process_lets_go(port: str) -> None:
    first, second = PortLock(port), PortLock(port)
    first.release()
    first.release()
    with pytest.raises(DeviceError, match="is in use by"):
        _as_another_process(port)
    second.release()
    PortLock(port).release()


@pytest.mark.parametrize(
    "said",
    [
        b"\xff{",
        b"[" * 4000,
        *(
            b'{"command": "tinyml", "process": %s}' % number
            for number in (b"1e400", b'"-1"', b"-1", b"1", b"true", b"7.5", b"4294967296", b"9" * 4050)
        ),
        b'{"command": ["tinyml"], "process": 7}',
    ],
)
def test_a_lock_that_says_nothing_is_still_one(port: str, said: bytes) -> None:
    lock = PortLock(port)
    try:
        port_lock._file_of(port).write_bytes(said)
        with pytest.raises(DeviceError, match="is in use by another tinyml") as caught:
            _as_another_process(port)
    finally:
        lock.release()
    assert caught.value.hint == "Try: end that one first"


def test_of_a_lock_that_says_a_strange_command_little_is_shown(port: str) -> None:
    lock = PortLock(port)
    try:
        said = json.dumps({"process": 7, "command": "a\x1b[2J\ud800" + "b" * 3000})
        port_lock._file_of(port).write_text(said)
        with pytest.raises(DeviceError, match=r"in use by a\?\[2J\?b+ \(process 7\)") as caught:
            _as_another_process(port)
    finally:
        lock.release()
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_a_lock_that_is_no_file_is_said_and_not_blamed_on_the_port(
    port: str, lock_file: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "fifo":
        os.mkfifo(lock_file)
    else:
        monkeypatch.setattr(port_lock, "_file_of", lambda _port: Path("/dev/null"))
    with pytest.raises(DeviceError, match=r"^(?!.*seek).* is no regular file: it says which tinyml has"):
        open_port(port, 115200)


def test_without_room_for_temporary_files_ports_still_open(
    port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port_lock.tempfile, "gettempdir", lambda: str(tmp_path / "not there"))
    open_port(port, 115200).close()
