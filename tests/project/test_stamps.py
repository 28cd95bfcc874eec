# SPDX-License-Identifier: Apache-2.0
"""A step is current only when its inputs and outputs are those of last time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.project.stamps import Stamps


@pytest.fixture
def stamps(tmp_path: Path) -> Stamps:
    return Stamps(tmp_path / ".stamps")


def test_a_step_is_current_after_it_was_recorded(stamps: Stamps, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.write_text("1")
    assert not stamps.is_current("s", {"a": "1"}, [output])
    stamps.record("s", {"a": "1"}, [output])
    assert stamps.is_current("s", {"a": "1"}, [output])


@pytest.mark.parametrize("change", ["input", "output", "missing", "added", "damaged"])
def test_whatever_changes_makes_it_out_of_date(stamps: Stamps, tmp_path: Path, change: str) -> None:
    output = tmp_path / "out"
    output.write_text("1")
    stamps.record("s", {"a": "1"}, [output])
    if change == "output":
        output.write_text("2")
    if change == "missing":
        output.unlink()
    outputs = [output, *([tmp_path / "more"] if change == "added" else [])]
    if change == "damaged":
        (tmp_path / ".stamps" / "s.json").write_text("{")
    assert not stamps.is_current("s", {"a": "2" if change == "input" else "1"}, outputs)


@pytest.mark.skipif(sys.platform == "win32", reason="nobody waits there: it has no flock")
def test_a_step_that_another_process_runs_is_waited_for(stamps: Stamps, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from toolkit.project.stamps import Stamps\n"
        "stamps = Stamps(Path(sys.argv[1]))\n"
        "with stamps.only_here('s', lambda: print('waiting')):\n"
        "    print('running', flush=True); sys.stdin.readline(); stamps.record('s', {}, [])\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / ".stamps")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == "running\n"
        waits: list[str] = []

        def end_the_other() -> None:
            waits.append("s")
            other.communicate("go on\n", timeout=20)

        with stamps.only_here("s", end_the_other):
            assert stamps.is_current("s", {}, [])
        assert waits == ["s"]
