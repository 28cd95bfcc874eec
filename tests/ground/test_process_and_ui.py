# SPDX-License-Identifier: Apache-2.0
"""Other programs have a time limit; what is said goes to the right stream."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit import paths, process, ui
from toolkit.errors import CompileError, InputError, ToolMissingError
from toolkit.suggest import did_you_mean


def test_output_and_exit_code_come_back() -> None:
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    done = process.run([sys.executable, "-c", code], timeout_s=30)
    assert (done.exit_code, done.output) == (3, "out\nerr\n")


def test_a_program_that_hangs_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(CompileError, match=r"did not finish within 0.3 s"):
        process.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.3)
    assert time.monotonic() - start < 10


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ToolMissingError, match="no-such-compiler is not installed"):
        process.run(["no-such-compiler"], timeout_s=5)


def test_results_and_notes_go_to_different_streams(capsys: pytest.CaptureFixture[str]) -> None:
    ui.result("a result")
    ui.note("a note")
    ui.error(InputError("a fact.", hint="Try: this\nor that"))
    ui.table(("x", "yy"), [("long", "1")])
    ui.result_json({"b": 1, "a": "ä"})
    out, err = capsys.readouterr()
    assert err == "a note\nError: a fact.\n  Try: this\n  or that\n"
    assert out == 'a result\nx     yy\nlong  1\n{\n  "a": "ä",\n  "b": 1\n}\n'


def test_progress_in_a_pipe_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with ui.progress("Training") as on_progress:
        for epoch in range(3):
            on_progress(epoch, 3, "loss 0.1")
    assert capsys.readouterr().err == "Training\n"


def test_a_long_step_in_a_pipe_says_now_and_then_how_far_it_is_also_where_it_says_nothing_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wait_for(line: str) -> None:
        nonlocal seen
        end = time.monotonic() + 20
        while not re.search(line, seen, re.MULTILINE):
            assert time.monotonic() < end, seen
            time.sleep(0.01)
            seen += capsys.readouterr().err

    seen = ""
    monkeypatch.setattr(ui, "LINE_INTERVAL_S", 0.05)
    with ui.progress("Training") as on_progress:
        wait_for(r"^Training: \(0 s so far\)$")
        on_progress(1.5, 4, "epoch 2")
        wait_for(r"^Training: 38 % epoch 2$")
        wait_for(r"^Training: 38 % epoch 2 \(\d+ s so far\)$")
        on_progress(0, 0, "Linking")
        wait_for(r"^Training: Linking$")
    capsys.readouterr()
    time.sleep(0.15)
    assert capsys.readouterr().err == "", "after its end"


def test_a_narrow_terminal_shows_bar_and_time_and_cuts_the_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    with ui.progress("train: a project with a long name, 123456 samples") as on_progress:
        on_progress(1.5, 4, f"mobilenet_v2 2/4: {', '.join(f'metric_{i} 0.1234' for i in range(9))}")
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err).splitlines()[-1]
    assert re.match(r"━+[╸╺]━+ [-0-9]+:[-0-9:]+ mobilenet_v2 2/4: metric_0 0.1234.*…", last)
    assert len(last) <= 80


def test_progress_on_a_terminal_is_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with ui.progress("Training") as on_progress:
        on_progress(1, 2, "loss 0.1")
    assert "Training" in capsys.readouterr().err


@pytest.mark.parametrize("at_most", [False, True])
def test_the_time_left_is_called_at_most_where_it_may_be_less(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], at_most: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    with ui.progress("Training", at_most=at_most) as on_progress:
        on_progress(1, 2, "loss 0.1")
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err).splitlines()[-1]
    assert re.search(r" at most [-0-9]+:[-0-9:]+ loss", last) if at_most else "at most" not in last


def test_near_names_are_suggested_and_far_ones_listed() -> None:
    assert did_you_mean("nano33", ["nano33ble", "host"]) == "Did you mean nano33ble?"
    assert did_you_mean("zzz", ["b", "a"]) == "Known: a, b."


def test_data_folders_are_found_and_missing_ones_said() -> None:
    assert (paths.data_dir("boards") / "nano33ble.toml").is_file()
    with pytest.raises(FileNotFoundError, match="no folder nothing"):
        paths.data_dir("nothing")


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path))
    assert paths.cache_dir() == tmp_path
    monkeypatch.delenv("TINYML_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert paths.cache_dir() == tmp_path / "xdg" / "tinyml-toolkit"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert paths.cache_dir().parts[-2:] == (".cache", "tinyml-toolkit")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
def test_what_must_end_with_us_ends_even_if_we_are_killed(tmp_path: Path) -> None:
    started = tmp_path / "started"
    say = f"pathlib.Path({str(started)!r}).write_text(str(os.getpid()))"
    child = f"import os, pathlib, time; {say}; time.sleep(60)"
    grandchild = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    code = (
        "import sys; from toolkit import process\n"
        f"process.run([sys.executable, '-c', {grandchild!r}], timeout_s=60, ends_with_us=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as ours:
        wait_until(lambda: started.is_file() and started.read_text() != "")
        ours.kill()
    pid = int(started.read_text())
    wait_until(lambda: not is_alive(pid))


def test_what_must_end_with_us_may_end_before() -> None:
    done = process.run([sys.executable, "-c", "print('done')"], timeout_s=60, ends_with_us=True)
    assert done.output.strip() == "done"


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] not in "ZX"
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
