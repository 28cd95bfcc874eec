# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM end what runs, also while the firmware is in the emulator."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
@pytest.mark.parametrize(
    "options", [["--seconds", "600"], ["--seconds", "600", "--pty"]], ids=["text", "pty"]
)
def test_a_signal_ends_emulation(options: list[str], number: signal.Signals, project: Path) -> None:
    command = [sys.executable, "-u", "-m", "toolkit", "emulate", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 128 + number
    assert "Interrupted." in said
    assert "Traceback" not in said
