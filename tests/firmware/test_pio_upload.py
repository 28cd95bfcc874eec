# SPDX-License-Identifier: Apache-2.0
"""`pio run -t upload` and `pio device monitor` in a rendered project, by the real PlatformIO, offline."""

from __future__ import annotations

import importlib.util
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest
from support.apollo3_bootloader import Apollo3
from support.firmware import SAMPLES, digits_like, skip_without

from toolkit.firmware import Application, platformio, render_project
from toolkit.targets.board import load_board

TEMPLATES = Path(__file__).parents[2] / "firmware_templates"
WITHOUT_TOOLKIT = """
import importlib.metadata as metadata
plain = metadata.distribution
def distribution(name):
    if name == "tinyml-toolkit":
        raise metadata.PackageNotFoundError(name)
    return plain(name)
metadata.distribution = distribution
"""
PROGRAM = f"#!{sys.executable}\nimport os, sys\nprint('called', *sys.argv[1:], sorted(os.listdir('.')))\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Renders the project of a board, once."""
    root = tmp_path_factory.mktemp("projects")

    def render(board: str) -> Path:
        skip_without(board, "gcc")
        application = Application("samples", tuple("0123456789"), SAMPLES, tuple(range(len(SAMPLES))))
        if not (root / board).exists():
            render_project(digits_like()[1], load_board(board), application, root / board)
        return root / board

    return render


def pio(*words: str | Path, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run PlatformIO; return its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "platformio", *map(str, words)],
        env={**platformio.environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def upload(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    return pio("run", "-d", folder, "-t", "upload", *words, env=env)


def test_upload_builds_and_puts_the_firmware_on_the_board(project, tmp_path) -> None:
    folder = project("sparkfun_edge")
    board = Apollo3(tmp_path)
    try:
        code, said = upload(folder, "--upload-port", board.port)
        assert code == 0, said
        image = (folder / ".pio/build/sparkfun_edge/firmware.bin").read_bytes()
        assert board.program(len(image)) == image
    finally:
        board.close()
    assert said.index("Hold down button 14") < said.index("Let go of button 14")


def test_a_port_without_a_board_ends_the_upload_with_the_reason(project, tmp_path) -> None:
    code, said = upload(project("sparkfun_edge"), "--upload-port", str(tmp_path / "none"))
    assert code == 1
    assert f"Error: there is no port {tmp_path / 'none'}." in said


def test_a_program_of_this_computer_is_not_flashed(project) -> None:
    code, said = upload(project("host"))
    assert code == 1
    assert re.search(r"is a program of this computer\. Try: pio run, then \S*firmware\.elf", said)


def test_without_the_toolkit_the_program_of_upload_protocol_runs(project, tmp_path) -> None:
    ini = project("stm32f746g_disco") / "platformio.ini"
    text = ini.read_text()
    mine = "upload_protocol = mine\ncustom_upload_mine = flasher --write '{bin}'"
    ini.write_text(text.replace("upload_protocol = auto", mine))
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_TOOLKIT)
    (tmp_path / "flasher").write_text(PROGRAM)
    (tmp_path / "flasher").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    code, said = upload(ini.parent, env={"PYTHONPATH": str(tmp_path), "PATH": path})
    assert code == 0, said
    assert re.search(r"called --write firmware.bin \[.*'firmware.bin'", said)


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    """The platform's upload.py, as it stands alone."""
    path = TEMPLATES / "platform" / "builder" / "upload.py"
    spec = importlib.util.spec_from_file_location("upload_for_tests", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_auto_takes_the_first_program_that_is_installed(rules, tmp_path, monkeypatch) -> None:
    (tmp_path / "second").write_text("")
    (tmp_path / "second").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    wish = rules.Wish("a_board", tmp_path / "firmware.elf", "auto", "")
    programs = {"first": "first {elf}", "second": "second -c 'program {hex} verify'"}
    assert rules.program_command(wish, programs) == [
        str(tmp_path / "second"),
        "-c",
        "program firmware.hex verify",
    ]
    with pytest.raises(rules.NoUploadError, match="installed: looked for first") as caught:
        rules.program_command(wish, {"first": "first {elf}"})
    assert caught.value.hint.endswith("-m pip install tinyml-toolkit")


def test_a_method_of_the_toolkit_needs_it(rules, tmp_path) -> None:
    wish = rules.Wish("a_board", tmp_path / "firmware.elf", "drive", "")
    with pytest.raises(rules.NoUploadError, match="drive needs tinyml-toolkit beside PlatformIO") as caught:
        rules.program_command(wish, {"openocd": "openocd {elf}", "st-flash": "st-flash {bin}"})
    assert caught.value.hint.endswith("or upload_protocol = openocd or st-flash")


def test_protocol_and_port_reach_the_toolkit(rules, tmp_path) -> None:
    elf = tmp_path / "firmware.elf"
    words = rules.toolkit_command(rules.Wish("a_board", elf, "ambiq", "COM3"))
    assert words[1:] == [
        *("-m", "toolkit", "flash", "--board", "a_board", "--elf", str(elf)),
        *("--method", "ambiq", "--port", "COM3"),
    ]


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """A serial port: the board's end of a pseudo terminal, and the name of the computer's."""
    near, far = pty.openpty()
    tty.setraw(far)
    yield near, os.ttyname(far)
    os.close(near)
    os.close(far)


def test_the_monitor_listens_at_the_speed_of_the_board(project, line) -> None:
    near, name = line
    folder = project("sparkfun_edge")
    keyboard, screen = pty.openpty()
    words = [sys.executable, "-m", "platformio", "device", "monitor", "-d", str(folder), "--port", name]
    monitor = subprocess.Popen(
        words,
        env=platformio.environment(),
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
    )
    try:
        assert b"115200" in read_until(keyboard, b"115200", 60)
        deadline = time.monotonic() + 30
        while termios.tcgetattr(near)[5] != termios.B115200 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.write(near, b"m-ready\r\n")
        assert b"m-ready" in read_until(keyboard, b"m-ready", 30)
        assert termios.tcgetattr(near)[5] == termios.B115200
    finally:
        monitor.kill()
        monitor.wait(10)
        os.close(keyboard)
        os.close(screen)


def read_until(end: int, words: bytes, timeout_s: float) -> bytes:
    heard, deadline = b"", time.monotonic() + timeout_s
    while words not in heard and time.monotonic() < deadline:
        if select.select([end], [], [], 0.1)[0]:
            heard += os.read(end, 4096)
    return heard
