# SPDX-License-Identifier: Apache-2.0
"""What is said to someone who mistook one thing for another."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from serial.tools import list_ports
from support.firmware import SAMPLES, digits_like

from toolkit import ui
from toolkit.cli.main import _report_os_error, run
from toolkit.errors import InputError
from toolkit.firmware.build import _failure
from toolkit.runners import serial as ports
from toolkit.suggest import did_you_mean


def a_keras_file() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", "{}")
    return stream.getvalue()


def an_npy_file() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


@pytest.mark.parametrize("verb", ["compile", "inspect"])
def test_a_table_given_for_a_model_is_answered_with_what_takes_a_table(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,label\n1,2,up\n")
    assert run([verb, str(path)]) == 3
    assert "Try: tinyml new NAME --data FILE" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["compile", "inspect"])
@pytest.mark.parametrize(
    ("data", "kind", "command"),
    [
        (a_keras_file(), "a Keras model", "tinyml quantize"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "tinyml quantize MODEL.h5"),
        (an_npy_file(), "an .npy file", "tinyml run"),
        (b"\x89PNG\r\n\x1a\n0000", "a picture (PNG)", "tinyml predict"),
        (b"\xff\xd8\xff\xe0", "a picture (JPEG)", "tinyml predict"),
        (b"RIFF0000WAVEfmt ", "a sound", "tinyml predict"),
        (b"\x7fELF\x01\x01", "a firmware or program", "tinyml flash"),
        (b"hello", "text, not a .tflite file", "tinyml quantize"),
        (b"<!DOCTYPE html><title>404</title>", "a web page, not a .tflite file", "tinyml quantize"),
        (b"\xff\xfe\xfd\xfc" * 9, "something else, not a .tflite file", "tinyml quantize"),
        (b"", "empty", "made or downloaded again"),
    ],
)
def test_a_file_of_another_kind_is_named_with_the_command_that_takes_it(
    verb: str, data: bytes, kind: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    assert run([verb, str(file)]) == 3
    said = capsys.readouterr().err
    assert f"is {kind}" in said and command in said


def test_samples_are_not_quantized(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.npy"
    file.write_bytes(an_npy_file())
    assert run(["quantize", str(file)]) == 3
    said = capsys.readouterr().err
    assert "has samples, and is no model" in said and f"--data {file}" in said


def test_an_option_without_its_value_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--port"]) == 2
    assert "Try: tinyml check --help" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="a port of Windows has no file")
def test_a_port_that_is_not_there_is_said_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "p"
    assert run(["new", str(folder), "--example", "hello_sine"]) == 0
    assert run(["check", "--project", str(folder), "--port", "/dev/ttyNOWHERE"]) == 5
    assert "there is no port /dev/ttyNOWHERE" in capsys.readouterr().err
    assert not (folder / "build").exists()


def test_a_number_of_samples_or_all(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["check", "--samples", "0"]) == 2
    assert "neither a whole number from 1 on nor the word all" in capsys.readouterr().err
    assert run(["check", "--samples", "all", "--project", str(tmp_path)]) == 3


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(
            (option, value)
            for option in ("--rate", "--seconds", "--timeout")
            for value in ("nan", "inf", "-1")
        ),
        ("--rate", "1e-320"),
        ("--rate", "1e9"),
    ],
)
def test_a_number_that_is_none_is_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("x\n")
    commands = {
        "--rate": ["stream", str(tmp_path / "a.csv")],
        "--seconds": ["emulate"],
        "--timeout": ["check"],
    }
    assert run([*commands[option], option, value]) == 2
    assert option in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["boards", "--min-ram", "\u0666\u0664k"], ["models", "--input", "4\u0669x1\u0660x1"]]
)
def test_only_the_digits_0_to_9_are_taken_for_digits(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert words[-1] in capsys.readouterr().err


def test_the_name_of_an_example_makes_that_example(tmp_path: Path) -> None:
    for name, family in (("digits", 'source = "digits"'), ("mine", 'application = "sine"')):
        assert run(["new", str(tmp_path / name)]) == 0
        assert family in (tmp_path / name / "tinyml.toml").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [("a = " + "[" * 5000 + "]" * 5000, "nested too deep"), ("a = " + "1" * 4400, "too many digits")],
)
def test_absurd_toml_is_the_files_error(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tinyml.toml").write_text(text)
    assert run(["build", "--project", str(tmp_path)]) == 3
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        f"seed = 0x{'f' * 5000}",
        f"seed = {'1' * 4000}",
        f"seed = {'[' * 400}{']' * 400}",
        f"seed = [0x{'f' * 5000}]",
        f'seed = "{"a b " * 900}"',
        f"{'s' * 4000} = 1",
        f'name = "{"x" * 4000}"',
    ],
)
def test_a_message_repeats_no_value_of_thousands_of_characters(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tinyml.toml").write_text(
        f'[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n[project]\n{line}\n'
    )
    assert run(["train", "--project", str(tmp_path)]) == 3
    err = capsys.readouterr().err
    assert "set_int_max_str_digits" not in err
    assert "tinyml.toml:" in err and len(err) < len(str(tmp_path)) + 320


@pytest.mark.parametrize("count", [10**12, 2**63 - 1])
def test_a_count_of_samples_that_no_memory_holds_is_refused(
    count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = f'[data]\nsource = "sine"\n[data.options]\nsamples = {count}\n'
    (tmp_path / "tinyml.toml").write_text(f'[project]\nname = "x"\n{options}[model]\nfamily = "mlp"\n')
    assert run(["data", "--project", str(tmp_path)]) == 3
    assert "must be from 0 to 10000000" in capsys.readouterr().err


def test_what_is_noted_of_data_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{i},{i % 2},7\n" for i in range(60))
    (tmp_path / "t.csv").write_text(f"a,y,b\n{rows}")
    options = '[data.options]\nfile = "t.csv"\ntarget = ["y"]\n'
    (tmp_path / "tinyml.toml").write_text(
        f'[project]\nname = "x"\n[data]\nsource = "csv"\n{options}[model]\nfamily = "mlp"\n'
    )
    assert run(["data", "--project", str(tmp_path)]) == 0
    found = capsys.readouterr()
    notes = [line for line in found.out.splitlines() if f"data: {line}" in found.err]
    assert "is left out" in found.out and notes == []


def test_only_ports_into_which_a_board_can_be_plugged_are_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = SimpleNamespace(device="/dev/ttyS0", vid=None)
    monkeypatch.setattr(list_ports, "comports", lambda: [built_in])
    assert ports.port_names() == []
    assert run(["monitor", "--seconds", "0.1"]) == 2
    board = SimpleNamespace(device="/dev/ttyACM0", vid=0x2341)
    monkeypatch.setattr(list_ports, "comports", lambda: [built_in, board])
    assert ports.port_names() == ["/dev/ttyACM0"]


def test_a_great_many_names_are_not_listed() -> None:
    names = [f"column{i}" for i in range(200_000)]
    said = did_you_mean("temperature", names)
    assert len(said) < 500 and "199,970 more" in said


def test_a_full_disk_in_platformio_is_no_error_of_the_code(tmp_path: Path) -> None:
    project = SimpleNamespace(folder=tmp_path, board=SimpleNamespace(name="host"))
    for words in ("No space left on device", "Disk quota exceeded"):
        error = _failure(project, f"/tmp/x.s: Assembler: cannot write: {words}\n*** Error 1\n")
        assert isinstance(error, InputError)
        assert "cannot write" in error.message


def test_a_full_disk_that_no_file_names_may_be_that_of_temporary_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _report_os_error(OSError(errno.ENOSPC, "No space left on device"), as_json=False) == 3
    assert "where temporary files are (TMPDIR" in capsys.readouterr().err


def test_a_table_in_a_narrow_terminal_breaks_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    words = "a long explanation of what this thing is good for"
    ui.table(("name", "what"), [("first", words), ("second", "short")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert " ".join(" ".join(lines).split()).replace("first ", "").startswith("name what a long explanation")
    assert all(word in " ".join(lines).split() for word in words.split())


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--port", ""],
        ["check", "--board", ""],
        ["emulate", "--board", ""],
        ["monitor", "--port", " "],
        ["flash", "--method", ""],
        ["run", "model.tflite", "--inputs", "x.npy", "--tflm", ""],
    ],
)
def test_an_empty_name_never_means_the_default(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 3
    assert capsys.readouterr().err.startswith(f"Error: {words[-2]} is empty.")


def test_a_run_that_cannot_be_built_names_no_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compiler = tmp_path / "gcc"
    compiler.write_text('#!/bin/sh\necho "port.c:1: error: no" >&2\nexit 1\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TINYML_TOOLCHAIN", "gcc")
    (tmp_path / "m.tflite").write_bytes(digits_like()[0])
    np.save(tmp_path / "x.npy", SAMPLES)
    words = ["run", str(tmp_path / "m.tflite"), "--inputs", str(tmp_path / "x.npy"), "--runner", "host"]
    assert run(words) == 6
    said = capsys.readouterr().err
    assert "tinyml compile MODEL --output c_code" in said and "tinyml-run-" not in said


def test_ctrl_c_while_modules_are_imported_gives_no_traceback() -> None:
    code = (
        "import builtins, os, signal, time\nfrom toolkit import __main__\nreal = builtins.__import__\n"
        "def slow(name, *rest, **more):\n"
        "    if name == 'toolkit.cli.main': print('importing', flush=True); time.sleep(30)\n"
        "    return real(name, *rest, **more)\n"
        "builtins.__import__ = slow\n__main__.main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGINT
    assert said == "Interrupted.\n"


def test_a_folder_of_projects_says_which_to_go_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my plants").mkdir()
    (tmp_path / "my plants" / "tinyml.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    assert run(["data"]) == 3
    assert "Try: cd 'my plants', which has one" in capsys.readouterr().err
