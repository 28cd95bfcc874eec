# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C ends the page at once, also while its columns open: two processes and a build start then."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from live.conftest import Server

pytestmark = [
    pytest.mark.xdist_group("live"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs groups of processes"),
]


def members_of(group: int) -> list[int]:
    """Return the processes of a group that still run."""
    found = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in found.stdout.splitlines()]
    return [int(pid) for pid, of, state in rows if int(of) == group and not state.startswith("Z")]


def test_ctrl_c_while_the_columns_open_ends_all_at_once_without_a_traceback(
    server: Server, tmp_path: Path
) -> None:
    shutil.copytree(server.project, tmp_path / "p")
    command = [sys.executable, "-m", "toolkit", "live", "--project", str(tmp_path / "p")]
    errors = tmp_path / "errors"
    with errors.open("wb") as stream:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stream, start_new_session=True, text=True
        )
    assert process.stdout is not None
    try:
        link = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{link}api/state", timeout=60) as answer:
            assert answer.status == 200
        deadline = time.monotonic() + 60
        while len(members_of(process.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(members_of(process.pid)) >= 2
        begun = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
        took = time.monotonic() - begun
        while members_of(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not members_of(process.pid)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()
    assert errors.read_text() == "Ctrl-C ends it.\n"
    assert took < 12, took


def test_a_page_that_is_to_end_before_it_began_ends_and_closes_its_socket(server: Server) -> None:
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "toolkit", "live", "--seconds", "0.001"]
    done = subprocess.run(
        [*command, "--project", str(server.project)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0
    assert "ResourceWarning" not in done.stderr
