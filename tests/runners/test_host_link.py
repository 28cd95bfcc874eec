# SPDX-License-Identifier: Apache-2.0
"""The host build as a process: its output, its end, and how it is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from toolkit.errors import DeviceError
from toolkit.runners.host import HostLink


def _program(folder: Path, body: str) -> Path:
    path = folder / "program"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time, signal\n{body}\n")
    path.chmod(0o755)
    return path


def test_a_program_that_is_not_there_or_not_executable_is_named(tmp_path) -> None:
    with pytest.raises(DeviceError, match=r"cannot run .*none"):
        HostLink(tmp_path / "none")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(DeviceError, match=r"cannot run .*text: Permission denied"):
        HostLink(tmp_path / "text")


def test_silence_is_empty_and_closing_twice_is_fine(tmp_path) -> None:
    link = HostLink(_program(tmp_path, "sys.stdin.read()"))
    assert link.read(0.05) == b""
    link.close()
    link.close()
    for use in (lambda: link.read(0.1), lambda: link.write(b"x")):
        with pytest.raises(DeviceError, match="the program is closed"):
            use()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit(3)", "ended with exit code 3"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "ended by signal 11"),
    ],
)
def test_a_program_that_ends_says_how(tmp_path, body, words) -> None:
    link = HostLink(_program(tmp_path, body))
    with pytest.raises(DeviceError, match=words):
        while True:
            link.read(10)
    link.close()


def test_writing_to_a_program_that_has_ended_says_so(tmp_path) -> None:
    link = HostLink(_program(tmp_path, "sys.exit(0)"))
    with pytest.raises(DeviceError, match="exit code 0"):
        for _ in range(1000):
            link.write(b"x" * 1000)
    link.close()


def test_a_program_that_does_not_end_with_its_input_is_killed(tmp_path) -> None:
    body = "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    link = HostLink(_program(tmp_path, body))
    assert link.read(10).strip() == b"up"
    link.close()
    assert link._process.returncode == -9


def test_a_program_that_closes_its_output_and_runs_on_is_noticed(tmp_path) -> None:
    link = HostLink(_program(tmp_path, "os.close(1); os.close(2); time.sleep(3)"))
    with pytest.raises(DeviceError, match="closed its output but runs on"):
        link.read(10)
    link.close()
