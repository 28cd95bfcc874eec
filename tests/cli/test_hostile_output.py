# SPDX-License-Identifier: Apache-2.0
"""Names that would command a terminal or a shell, and outputs that have no room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from toolkit import ui
from toolkit.cli.main import run
from toolkit.suggest import quoted

FULL = Path("/dev/full")
NAMES = ["plain", "`touch X`;touch Y", "$(touch X)", "-x", "it's", "two words", "a\nb", "\x1b[2Jx", "\\\\n"]


@pytest.mark.parametrize("name", NAMES)
def test_the_line_to_copy_means_the_folder_whatever_its_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["new", "--example", "hello_sine", "--", name]) == 0
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 3 and "\x1b" not in said
    line = said.splitlines()[1].partition("then: ")[2].replace("tinyml check", "pwd")
    found = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert found == f"{tmp_path / name}\n"
    assert not (tmp_path / "X").exists() and not (tmp_path / "Y").exists()


def test_plain_names_are_not_quoted() -> None:
    assert quoted(Path("models/kws-1.tflite")) == "models/kws-1.tflite"


def test_controls_and_bytes_that_are_no_text_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    ui.result("a\x1b[2J\r\x9b1m\u202eb \udcff\tc\nd")
    ui.note("\x07")
    ui.table(["name"], [["x\ny\x1b"]])
    ui.result_json({"name": "\x1b\x9b"})
    found = capsys.readouterr()
    assert found.out.startswith("a\\x1b[2J\\x0d\\x9b1m\\u202eb \\xff\tc\nd\nname\nx\\ny\\x1b\n")
    assert found.out.endswith('{\n  "name": "\\u001b\\u009b"\n}\n') and found.err == "\\x07\n"


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, which Linux has")
@pytest.mark.parametrize(
    "words", [["boards", "--json"], ["boards"], ["boards", "nobody", "--json"], ["--help"], ["--version"]]
)
def test_an_output_without_room_is_one_line_and_exit_3(words: list[str]) -> None:
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "toolkit", *words]
        ended = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    lines = ended.stderr.splitlines()
    assert ended.returncode == 3 and lines[0].startswith("Error: ")
    assert len([line for line in lines if not line.startswith("  ")]) == 1


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, which Linux has")
def test_an_error_that_nobody_can_be_told_keeps_its_exit_code() -> None:
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "toolkit", "boards", "nobody"]
        assert subprocess.run(command, stderr=full, timeout=60, check=False).returncode == 3
