# SPDX-License-Identifier: Apache-2.0
"""No name that a person or a file can choose reaches a shell, or SCons' substitution: all are built."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like, skip_without, small_model
from support.variants_that_wait import all_but, waiting

from toolkit.codegen.model_input import Raw, model_input_header
from toolkit.compiler.compile import compile_model
from toolkit.firmware import Application, build_firmware, platformio, render_project
from toolkit.firmware.workshop import is_plain, plain_root
from toolkit.ir.graph import Quantization, Tensor
from toolkit.targets.board import load_board
from toolkit.verify.any_model import try_model
from toolkit.verify.on_device import Place

pytestmark = pytest.mark.xdist_group("firmware")

NAMES = [
    "x;touch PWNED;y",
    "x`touch PWNED`y",
    "x$(touch PWNED)y",
    "x&touch PWNED&y",
    "x|touch PWNED|y",
    "${__import__('os').system('touch PWNED')}",
    "$PATH ${sysenv.HOME} $$ $",
    "it's",
    'a "quoted" folder',
    "100% %PATH% %(name)s",
    "two\nlines",
    "-rf * ?[a] {b,c} ~ !x #y",
    "back\\slash (and) <brackets>",
    "folder with spaces, \u00fc \u6f22\u5b57",
]

TEXTS = [
    "*/ #error a comment ends",
    "/* a comment begins",
    "two\n#error lines",
    "carriage\r#error return",
    'a "quoted" name',
    "it's",
    "ends with a backslash\\",
    "a trigraph??/",
    "??/\n#error",
    "gr\u00fc\u00dfe \u6f22\u5b57 \U0001f600",
    "\u202eright to left\u2028#error",
    "int",
    "for",
    "NULL",
    "%s %n",
    "",
    " ",
    "x" * 5000,
    "x" * 5000 + "y",
    "ax",
    "Ax",
    "a x",
    "a-x",
    "a x 21",
    "a_x_22",
    "model",
    "MODEL_9",
]
"""Names of columns and classes; from "ax" on those that could become equal in C."""


def assert_nothing_ran(*folders: Path) -> None:
    """No command in a name made its file, wherever it may have been run."""
    places = [*folders, Path.cwd(), Path.home(), plain_root()]
    found = [path for place in places for path in place.rglob("PWNED*")]
    assert not found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The images of the same firmware, built in a folder with a plain name."""
    return build(tmp_path_factory.mktemp("plain"), "host", "gcc")


def build(folder: Path, board: str, toolchain: str) -> dict[str, bytes]:
    skip_without(board, toolchain)
    project = render_project(small_model(), load_board(board), Application(), folder / "firmware")
    firmware = build_firmware(project, toolchain=toolchain)
    return {path.name: path.read_bytes() for path in firmware.folder.glob("firmware.*")}


@pytest.mark.parametrize("names", all_but([NAMES, NAMES[7:8], NAMES[9:10]], [NAMES]))
def test_a_project_in_folders_with_any_names_builds_the_same_bytes(
    names: list[str], tmp_path: Path, plain: dict[str, bytes]
) -> None:
    assert build(tmp_path.joinpath(*names), "host", "gcc") == plain
    assert_nothing_ran(tmp_path)


NANO = [("nano33ble", "gcc"), ("nano33ble", "zig")]


@pytest.mark.parametrize(("board", "toolchain"), waiting(NANO, NANO[1:]))
def test_a_board_builds_in_a_hostile_folder_and_a_second_build_sees_what_changed(
    board: str, toolchain: str, tmp_path: Path
) -> None:
    folder = tmp_path / NAMES[0] / NAMES[2] / NAMES[5]
    first = build(folder, board, toolchain)
    assert build(folder, board, toolchain) == first
    skip_without(board, toolchain)
    project = render_project(digits_like()[1], load_board(board), Application(), folder / "firmware")
    assert build_firmware(project, toolchain=toolchain).sizes.flash_bytes > len(first["firmware.bin"])
    assert_nothing_ran(tmp_path)


@pytest.mark.parametrize(
    "variable", waiting(["TINYML_CACHE_DIR", "HOME", "TMPDIR", "PLATFORMIO_CORE_DIR"], ["TMPDIR"])
)
def test_folders_of_the_environment_may_have_any_name(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: dict[str, bytes]
) -> None:
    folder = tmp_path.joinpath(*NAMES)
    folder.mkdir(parents=True)
    monkeypatch.setenv(variable, str(folder))
    if variable == "HOME":
        monkeypatch.delenv("TINYML_CACHE_DIR")
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert build(tmp_path / "project", "host", "gcc") == plain
    assert_nothing_ran(tmp_path)


def test_a_compiler_in_a_folder_with_any_name_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: dict[str, bytes]
) -> None:
    skip_without("host", "gcc")
    folder = tmp_path / NAMES[0] / NAMES[2] / NAMES[5] / NAMES[7]
    folder.mkdir(parents=True)
    program = folder / "gcc"
    program.write_text('#!/bin/sh\nexec /usr/bin/gcc "$@"\n')
    program.chmod(0o755)
    if not Path("/usr/bin/gcc").exists():
        pytest.skip("needs /usr/bin/gcc: apt-get install gcc")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert build(tmp_path / "project", "host", "gcc") == plain
    assert_nothing_ran(tmp_path)


@pytest.mark.parametrize("name", all_but([NAMES[0], NAMES[2], NAMES[5]], [NAMES[5]]))
def test_platformio_alone_refuses_a_folder_that_it_would_run(name: str, tmp_path: Path) -> None:
    skip_without("host", "gcc")
    folder = tmp_path / name
    render_project(small_model(), load_board("host"), Application(), folder)
    done = subprocess.run(
        [sys.executable, "-m", "platformio", "run"],
        cwd=folder,
        env=platformio.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "would read the name of the folder" in done.stdout + done.stderr
    assert_nothing_ran(tmp_path)


def test_class_names_are_text_wherever_they_stand(tmp_path: Path) -> None:
    skip_without("host", "gcc")
    labels = (*NAMES[:8], "*/ #include </etc/passwd>", '"; system("touch PWNED"); "')
    application = Application("samples", labels, SAMPLES, tuple(range(len(SAMPLES))))
    project = render_project(digits_like()[1], load_board("host"), application, tmp_path / "firmware")
    firmware = build_firmware(project, toolchain="gcc")
    content = firmware.elf.read_bytes()
    assert all(label.encode() in content for label in labels if "\n" not in label)
    assert_nothing_ran(tmp_path)


@pytest.mark.parametrize("words", [["gcc", "-std=c99"], ["g++", "-std=c++11"], ["clang", "-std=c99"]])
@pytest.mark.parametrize("symbol", ["plain", "*/ int ??/", "??/\n#error", "x" * 5000])
def test_columns_of_any_name_have_a_macro_each(words: list[str], symbol: str, tmp_path: Path) -> None:
    if shutil.which(words[0]) is None:
        pytest.skip(f"needs {words[0]}: apt-get install {words[0]}")
    tensor = Tensor(0, "in", (1, len(TEXTS)), "int8", quantization=Quantization((0.1,), (0,)))
    ones = [1.0] * len(TEXTS)
    header = model_input_header(tensor, symbol, ones, ones, raw=Raw(columns=tuple(TEXTS)))
    (tmp_path / "model_input.h").write_text(header, encoding="utf-8")
    macros = re.findall(r"#define (\w+_INPUT_COLUMN_\w+) (\d+)u", header)
    assert [int(value) for _, value in macros] == list(range(len(TEXTS)))
    assert len({name for name, _ in macros}) == len(TEXTS)
    checks = "".join(f"typedef char c{v}[{name} == {v}u ? 1 : -1];\n" for name, v in macros)
    (tmp_path / "use.c").write_text(f'#include "model_input.h"\n{checks}')
    language = "c++" if words[0] == "g++" else "c"
    flags = ["-Wall", "-Wextra", "-Wno-unused-function", "-Wno-unused-const-variable", "-Werror"]
    subprocess.run([*words, *flags, "-x", language, "-fsyntax-only", "use.c"], cwd=tmp_path, check=True)
    assert max(map(len, header.splitlines())) < 400


def test_classes_model_and_project_of_any_name_are_built(tmp_path: Path) -> None:
    skip_without("host", "gcc")
    labels = tuple(TEXTS)
    application = Application("samples", labels, SAMPLES, tuple(range(len(SAMPLES))))
    data, _ = digits_like()
    model = compile_model(data, "*/ #error ??/\n" + "\u6f22" * 3 + '"' + "x" * 5000)
    project = render_project(model, load_board("host"), application, tmp_path / "firmware")
    content = build_firmware(project, toolchain="gcc").elf.read_bytes()
    assert all(label.encode() in content for label in labels if label.isprintable() and len(label) < 60)
    assert_nothing_ran(tmp_path)


def test_plain_names_are_those_without_meaning() -> None:
    assert is_plain(Path("/home/someone/My project-2.1_ok/\u00fc"))
    assert not any(is_plain(Path("/home") / name) for name in NAMES if name != NAMES[-1])


@pytest.mark.parametrize("name", [*NAMES, "..", "a/b", ""])
def test_a_board_file_with_such_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be of letters, digits"):
        dataclasses.replace(load_board("host"), name=name)


def test_no_board_is_called_as_all_of_them_are() -> None:
    with pytest.raises(ValueError, match="--board all stands for every board"):
        dataclasses.replace(load_board("host"), name="all")


@pytest.mark.parametrize("name", ["led pin", "x*/", "1st", "", "f(x)", "x\n#error", "\u00fc"])
def test_a_board_s_define_that_is_no_macro_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a C macro"):
        dataclasses.replace(load_board("host"), defines={name: 1})


def test_a_model_file_with_any_name_is_compiled_built_and_run(tmp_path: Path) -> None:
    skip_without("host", "gcc")
    data, _ = digits_like()
    folder = tmp_path.joinpath(*NAMES[:4])
    folder.mkdir(parents=True)
    model = folder / f"{NAMES[0]}.tflite"
    model.write_bytes(data)
    np.save(folder / "x.npy", SAMPLES)
    trial = try_model(model, folder / "x.npy", "host", Place("host"), lambda *_: None)
    assert trial.checked.verdict.passed
    assert_nothing_ran(tmp_path)
