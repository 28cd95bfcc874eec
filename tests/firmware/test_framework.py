# SPDX-License-Identifier: Apache-2.0
"""--framework arduino: its project compiles against a stand-in of Arduino's API, and speaks the protocol.

PlatformIO's public platforms come from its registry, which tests do not have; the stand-in is that of the
exported sketches (tests/export/arduino). PlatformIO itself is real.
"""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like
from support.variants_that_wait import all_but

from toolkit.compiler.compile import compile_model
from toolkit.errors import CompileError, ToolMissingError, UnsupportedError
from toolkit.firmware import Application
from toolkit.firmware.framework import build_framework, render_framework
from toolkit.firmware.render import FirmwareProject
from toolkit.reference.oracle import expected_outputs
from toolkit.runners.host import HostLink
from toolkit.runners.pty import serve_pty
from toolkit.runners.serial import SerialLink
from toolkit.runners.session import run_samples
from toolkit.targets.board import load_board
from toolkit.targets.target import PORTABLE, Target, target_of
from toolkit.tflite.reader import read_graph

STANDIN = Path(__file__).parents[1] / "export" / "arduino"
MAIN = Path(__file__).with_name("arduino_main.cpp")
BOARDS = ("nano33ble", "stm32f746g_disco", "sparkfun_edge")


def rendered(board: str, folder: Path, target: Target | None = None) -> FirmwareProject:
    found = load_board(board)
    model = compile_model(digits_like()[0], "digits_like", target or target_of(found))
    application = Application("samples", tuple("0123456789"), SAMPLES, tuple(range(len(SAMPLES))))
    return render_framework(model, found, application, folder)


def settings(project: FirmwareProject) -> configparser.SectionProxy:
    ini = configparser.ConfigParser(inline_comment_prefixes=(";",))
    ini.read(project.folder / "platformio.ini")
    return ini[f"env:{project.board.name}"]


def compiled(project: FirmwareProject, tools: str, flags: Sequence[str], folder: Path) -> list[Path]:
    """Compile all of src/ as PlatformIO does, with the project's own flags; every warning is an error."""
    own = [flag for name in ("build_flags", "build_src_flags") for flag in settings(project)[name].split()]
    folder.mkdir()
    objects = []
    for number, source in enumerate(sorted((project.folder / "src").rglob("*.*"))):
        if source.suffix not in (".c", ".cpp", ".S"):
            continue
        is_cxx = source.suffix == ".cpp"
        command = [f"{tools}{'g++' if is_cxx else 'gcc'}", "-std=gnu++17" if is_cxx else "-std=gnu11"]
        objects.append(folder / f"{number}.o")
        words = [*command, *flags, "-Werror", *own, "-Iinclude", f"-I{STANDIN}", "-c", str(source)]
        done = subprocess.run(
            [*words, "-o", str(objects[-1])], cwd=project.folder, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr[-3000:]
    return objects


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++: apt-get install g++")
def test_on_the_stand_in_every_byte_of_the_outputs_is_right(tmp_path: Path) -> None:
    """By the protocol, on a pseudo terminal; the model's portable C, as this computer has no Cortex-M."""
    project = rendered("nano33ble", tmp_path / "firmware", PORTABLE)
    objects = compiled(project, "", [], tmp_path / "objects")
    program = tmp_path / "program"
    words = ["g++", "-Wall", "-Wextra", "-Werror", f"-I{STANDIN}", str(MAIN), *map(str, objects)]
    subprocess.run([*words, "-o", str(program)], check=True, timeout=60)
    rows = np.random.default_rng(5).integers(-128, 128, (6, 64), np.int8)

    with serve_pty(HostLink(program)) as server:
        link = SerialLink(server.name, 115200)
        try:
            transcript = run_samples(link, [row.tobytes() for row in rows], timeout_s=60)
        finally:
            link.close()

    data = digits_like()[0]
    expected = expected_outputs(data, read_graph(data, "digits_like"), rows).outputs
    assert [each.outputs for each in transcript.inferences] == [row.tobytes() for row in expected]
    assert transcript.info.engine == "aot"
    assert all(inference.cycles > 0 for inference in transcript.inferences)


@pytest.mark.skipif(
    shutil.which("arm-none-eabi-g++") is None,
    reason="needs arm-none-eabi-g++: apt-get install gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib",
)
@pytest.mark.parametrize("board", all_but(BOARDS, ["nano33ble"]))
def test_it_compiles_for_the_board_s_core_with_its_own_kernels(board: str, tmp_path: Path) -> None:
    """With the calls of floats that the vendors' cores use; the kernels have integers alone."""
    project = rendered(board, tmp_path / "firmware")
    cpu = "cortex-m7" if board == "stm32f746g_disco" else "cortex-m4"
    fpu = "fpv5-sp-d16" if cpu == "cortex-m7" else "fpv4-sp-d16"
    flags = [f"-mcpu={cpu}", "-mthumb", f"-mfpu={fpu}", "-mfloat-abi=softfp"]
    objects = compiled(project, "arm-none-eabi-", flags, tmp_path / "objects")
    whole = tmp_path / "whole.o"
    linked = ["arm-none-eabi-g++", *flags, "-nostdlib", "-r", *map(str, objects), "-o", str(whole)]
    subprocess.run(linked, check=True, timeout=60)
    names = subprocess.run(
        ["arm-none-eabi-nm", str(whole)], capture_output=True, text=True, timeout=60
    ).stdout
    assert {"setup", "loop"} <= set(re.findall(r" T _Z\d(\w+)v\n", names))
    assert " T main\n" not in names and " T tm_firmware_main\n" in names


@pytest.mark.parametrize("board", BOARDS)
def test_its_platform_has_one_version_and_no_part_of_ours_is_left(board: str, tmp_path: Path) -> None:
    project = rendered(board, tmp_path / "firmware")
    assert re.search(r"@\d+\.\d+\.\d+$|#[0-9a-f]{40}$", settings(project)["platform"])
    names = {path.relative_to(project.folder).as_posix() for path in project.folder.rglob("*")}
    assert {name for name in names if name.startswith("src/port/")} == {"src/port/port.cpp"}
    assert not {"memory.ld", "platforms"} & names


def test_a_board_without_the_framework_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="host has no framework arduino"):
        rendered("host", tmp_path / "firmware")


def standing_in_for_pio(words: str, code: int, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have the process that runs PlatformIO say words instead: its registry cannot be asked in a test."""
    package = folder / "standin" / "platformio"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(f"import sys\nprint({words!r})\nsys.exit({code})\n")
    path = os.pathsep.join([str(package.parent), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (
            "Platform Manager: Installing ...\nHTTPClientError: ",
            ToolMissingError,
            "its registry is not reached",
        ),
        ("VCSBaseException: VCS: Could not process command", ToolMissingError, "registry is not reached"),
        ("IncompatiblePlatform: Development platform ...", ToolMissingError, "another version of PlatformIO"),
        ("src/a.c:3:1: error: expected ';'\nmake: ***", CompileError, r"does not compile:\n  src/a.c:3:1"),
        ("a\n", CompileError, r"does not compile:\n  a$"),
    ],
)
def test_what_platformio_cannot_do_is_one_error(
    words: str, kind: type[Exception], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = rendered("nano33ble", tmp_path / "firmware")
    standing_in_for_pio(words, 1, monkeypatch, tmp_path)
    with pytest.raises(kind, match=said) as caught:
        build_framework(project)
    assert "Traceback" not in str(caught.value)


@pytest.mark.bench
def test_without_the_registry_platformio_itself_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute, in which PlatformIO tries again; nobody listens at the proxy."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(ToolMissingError, match="registry is not reached") as caught:
        build_framework(rendered("nano33ble", tmp_path / "firmware"))
    assert "Without --framework" in str(caught.value.hint)
