# SPDX-License-Identifier: Apache-2.0
"""The firmware as a program on this computer: commands, application mode, its end."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from support.firmware_image import build_image
from support.variants_that_wait import waiting

from toolkit.targets.board import load_board

BOOT = b"m-init-done\r\nm-ready\r\n"


def host_image(folder: Path, application: str) -> Path:
    return build_image(load_board("host"), "gcc", folder, application)


def run(elf: Path, stdin: bytes, seconds: float = 0.0) -> tuple[int, str]:
    """Return exit code and output; stdin is sent after seconds and then closed."""
    with subprocess.Popen([elf], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        time.sleep(seconds)
        output, _ = process.communicate(stdin, timeout=30)
    return process.returncode, output.decode()


@pytest.mark.parametrize("compiler", waiting(["gcc", "zig"], ["zig"]))
def test_commands_are_answered_and_the_end_of_input_is_the_end(tmp_path: Path, compiler: str) -> None:
    elf = build_image(load_board("host"), compiler, tmp_path)
    code, output = run(elf, b"name%tm info%bogus%")
    assert code == 0
    assert output.startswith(
        BOOT.decode() + "m-name-dut-[host]\r\nm-ready\r\nm-tm-info-[version=0.0.0,board=host"
    )
    assert output.endswith("e-[Unknown command: bogus]\r\nm-ready\r\n")


def test_samples_are_shown_in_turn_until_a_byte_comes(tmp_path: Path) -> None:
    code, output = run(host_image(tmp_path, "samples"), b"name%", 0.6)
    lines = output.split("\r\n")[2:-3]
    assert code == 0
    assert re.fullmatch(r"sample 0: \d+ \(\d\.\d{3}\) expected été", lines[0])
    assert re.fullmatch(r"sample 1: \d+ \(\d\.\d{3}\)", lines[1])
    assert lines[2].startswith("sample 0: ")
    assert output.endswith("m-name-dut-[host]\r\nm-ready\r\n")


def test_sine_prints_x_and_y(tmp_path: Path) -> None:
    _, output = run(host_image(tmp_path, "sine"), b"%", 0.3)
    lines = output.split("\r\n")[2:-2]
    assert 3 <= len(lines) <= 20
    assert all(re.fullmatch(r"\d\.\d{4}, -?\d\.\d{4}", line) for line in lines)
    assert [line.split(",")[0] for line in lines[:3]] == ["0.0000", "0.0628", "0.1257"]


def test_the_application_starts_again_on_command(tmp_path: Path) -> None:
    elf = host_image(tmp_path, "samples")
    with subprocess.Popen([elf], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(b"name%tm app%")
        output = b""
        while b"sample 0" not in output.partition(b"dut-[host]")[2]:
            output += process.stdout.read(200)
        process.stdin.close()
        process.stdout.read()
    assert process.returncode == 0


def test_none_waits_silently(tmp_path: Path) -> None:
    assert run(host_image(tmp_path, "none"), b"", 0.2) == (0, BOOT.decode())


def test_a_reader_that_goes_away_ends_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [host_image(tmp_path, "sine")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.read(4)
        process.stdout.close()
        assert process.wait(timeout=10) != 0
