# SPDX-License-Identifier: Apache-2.0
"""Code of one's own in a project: no command changes a byte of it, and each change of it is built."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit.cli.main import run

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


def digest(folder: Path) -> dict[str, str]:
    """Return the hash of each file below folder, hidden ones too."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def own(project: Path) -> Iterator[Path]:
    """The project with its own application chosen, and files beside it that nothing should care for."""
    file = project / "tinyml.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace('application = "sine"', 'application = "my_app"'), encoding="utf-8")
    for name in ("notes.txt", ".hidden.c", "my_app.c~", "lib/Gain/src/Gain.h"):
        path = project / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("not C\n")
    yield project
    file.write_text(before, encoding="utf-8")


def test_a_new_project_has_an_application_that_builds_and_survives_every_command(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digest(own / "app")
    assert "my_app.c" in before
    commands = (
        ["data"],
        ["quantize"],
        ["compile"],
        ["train"],
        ["build", "--board", "host"],
        ["inspect"],
        ["emulate", "--seconds", "0.25"],
        ["check", "--samples", "3"],
        ["report"],
        ["runs"],
        ["doctor"],
    )
    for command in commands:
        assert run([*command, *([] if command == ["doctor"] else ["--project", str(own)])]) == 0, command
        assert digest(own / "app") == before, command
    assert "output 0: " in capsys.readouterr().out
    for command in (["listen", "a.wav"], ["flash", "--port", "/dev/null"], ["train", "--no-such-option"]):
        assert run([*command, "--project", str(own)]) != 0, command
        assert digest(own / "app") == before, command
    assert run(["new", str(own), "--example", "digits"]) != 0
    assert digest(own / "app") == before


def test_a_changed_added_and_deleted_file_is_built(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def build() -> str:
        capsys.readouterr()
        assert run(["build", "--project", str(own), "--board", "host"]) == 0
        return capsys.readouterr().err

    code = own / "app" / "my_app.c"
    text = code.read_text()
    build()
    assert "build host: up to date" in build()
    code.write_text(text + "\n")
    assert "build host: made" in build()
    extra = own / "app" / "extra.c"
    extra.write_text("extern int extra;\nint extra = 1;\n")
    assert "build host: made" in build()
    extra.unlink()
    code.write_text(text)
    assert "build host: made" in build()
    assert "build host: up to date" in build()


def test_a_build_that_is_killed_leaves_own_code_as_it_was(own: Path) -> None:
    """At any moment: with what was half built, the next one goes on."""
    before = digest(own / "app")
    command = [sys.executable, "-m", "toolkit", "build", "--board", "host", "--project", str(own)]
    code = own / "app" / "my_app.c"
    for delay_s in (0.7, 1.4, 2.2):
        code.write_text(code.read_text() + "\n")
        after = digest(own / "app")
        with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL) as process:
            time.sleep(delay_s)
            os.killpg(process.pid, signal.SIGKILL)
        assert digest(own / "app") == after
    code.write_text(code.read_text().rstrip("\n") + "\n")
    assert digest(own / "app") == before
    assert run(["build", "--board", "host", "--project", str(own)]) == 0


def test_a_build_says_that_own_code_is_left_out(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = own / "tinyml.toml"
    mine = file.read_text(encoding="utf-8")
    assert run(["build", "--board", "host", "--project", str(own)]) == 0
    assert "is not built in" not in capsys.readouterr().err
    file.write_text(mine.replace('"my_app"', '"sine"'), encoding="utf-8")
    assert run(["build", "--board", "host", "--project", str(own)]) == 0
    assert 'app/ is not built in: application = "sine"' in capsys.readouterr().err
    file.write_text(mine, encoding="utf-8")


def test_a_wrong_name_and_a_check_without_commands_are_said(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own / "tinyml.toml"
    mine = file.read_text(encoding="utf-8")
    file.write_text(mine.replace('"my_app"', '"my_ap"'), encoding="utf-8")
    assert run(["build", "--project", str(own)]) == 3
    assert "'my_ap' is not known: neither the toolkit's nor a file in app/. Did you mean my_app" in (
        capsys.readouterr().err
    )
    file.write_text(mine.replace('application = "my_app"', 'application = "my_app"\nprotocol = false'))
    for words in (["check"], ["check", "--raw"]):
        assert run([*words, "--project", str(own)]) == 2
        assert "there is nothing to check against: with protocol = false" in capsys.readouterr().err
    file.write_text(mine, encoding="utf-8")
