# SPDX-License-Identifier: Apache-2.0
"""Lines of numbers as curves: what is read, what is drawn, and the command on a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
import tty

import pytest

from toolkit.runners.curves import LAST_POINTS, MOST_CURVES, Curves, read_numbers


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("1.5708, 0.9962", {"1": 1.5708, "2": 0.9962}),
        ("-1\t+2.5e3 .5", {"1": -1.0, "2": 2500.0, "3": 0.5}),
        ("x:1 y: -2;z=3", {"x": 1.0, "y": -2.0, "z": 3.0}),
        ("accel.x:0.1,7", {"accel.x": 0.1, "2": 7.0}),
        ("  4  ", {"1": 4.0}),
        ("", {}),
        ("m-lap-us-123", {}),
        ("12 apples", {}),
        ("1.2.3", {}),
        ("0x10", {}),
        ("e-[Lost 17 bytes]", {}),
        ("x:", {}),
        ("1e400, 3", {}),
        ("1e308, -1e308", {}),
    ],
)
def test_only_lines_of_numbers_are_read(line, numbers) -> None:
    assert read_numbers(line) == numbers


def test_the_largest_numbers_that_are_read_can_be_drawn() -> None:
    curves = Curves()
    for line in ("3.4e38, -3.4e38", "-3.4e38, 1e-300", "1, 2"):
        curves.add(read_numbers(line))
    assert len(curves.drawn(60, 12).splitlines()) >= 10


def test_curves_keep_the_last_lines_and_a_bounded_number_of_names() -> None:
    curves = Curves()
    for i in range(3 * LAST_POINTS):
        curves.add({"x": float(i)})
    curves.add({f"n{i}": 0.0 for i in range(100)})
    assert list(curves.points["x"]) == [float(i) for i in range(2 * LAST_POINTS, 3 * LAST_POINTS)]
    assert len(curves.points) == MOST_CURVES


def test_a_picture_has_the_size_asked_for_and_the_last_value_of_each_name() -> None:
    curves = Curves()
    for i in range(20):
        curves.add({"ramp": float(i), "flat": 3.0})
    lines = re.sub(r"\x1b\[[0-9;]*m", "", curves.drawn(60, 12)).rstrip("\n").split("\n")
    assert len(lines) == 12 and max(map(len, lines)) <= 60
    assert any("ramp 19" in line for line in lines) and any("flat 3" in line for line in lines)


def plotting(port: str, seconds: int) -> list[str]:
    options = ["--plot", "--port", port, "--seconds", str(seconds)]
    return [sys.executable, "-m", "toolkit", "monitor", *options]


def test_monitor_plots_on_a_terminal_what_a_board_says() -> None:
    board, far = pty.openpty()
    tty.setraw(far)
    keyboard, screen = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 90, 0, 0))
    command = plotting(os.ttyname(far), seconds=2)
    process = subprocess.Popen(command, stdin=screen, stdout=screen, stderr=screen)
    os.close(screen)
    seen = _read_until(keyboard, b"Ctrl-C ends")
    os.write(board, b"hello there\r\n" + b"".join(b"speed:%d\r\n" % i for i in range(50)))
    seen += _read_until(keyboard, None)
    assert process.wait(20) == 0
    assert b"hello there" in seen and b"speed 49" in seen and b"\xe2\xa0" in seen


def _read_until(terminal: int, mark: bytes | None) -> bytes:
    seen = b""
    deadline = time.monotonic() + 30
    while mark is None or mark not in seen:
        assert time.monotonic() < deadline, seen
        try:
            got = os.read(terminal, 4096)
        except OSError:  # nobody has the other end open any more
            break
        if not got:
            break
        seen += got
    return seen


def test_monitor_plots_nothing_into_a_pipe() -> None:
    board, far = pty.openpty()
    command = plotting(os.ttyname(far), seconds=1)
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    os.close(board)
    assert ended.returncode == 2 and "a plot needs a terminal" in ended.stderr
