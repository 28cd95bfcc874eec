# SPDX-License-Identifier: Apache-2.0
"""The command line's frame: help, wrong words, exit codes, JSON on failure."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.starts import starts_of

from toolkit.cli import main
from toolkit.cli.main import cli, run
from toolkit.errors import CompileError
from toolkit.targets.board import load_board


def verbs() -> list[str]:
    import click

    return cli.list_commands(click.Context(cli))


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(re.search(rf"^  {verb} ", out, re.M) for verb in verbs())


def test_help_takes_less_than_twelve_starts_of_python() -> None:
    """Of the processor's time: under three tenths of a second where Python starts in 25 ms."""
    assert starts_of(["-m", "toolkit", "--help"]) < 12


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    assert re.search(rf"^ +tinyml {verb}\b", capsys.readouterr().out, re.M)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["biuld"], 2, "no command 'biuld'. Did you mean build?"),
        (["build", "--bord", "x"], 2, "No such option"),
        (["boards", "nano33bel"], 3, "Did you mean nano33ble or"),
        (["boards", "--min-ram", "lots"], 2, "'lots' is not a size"),
        (["new", "x", "--example", "digit"], 3, "Did you mean digits?"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == code
    assert said in capsys.readouterr().err


def test_json_reports_failure_on_stdout_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards", "nano33bel", "--json"]) == 3
    value = json.loads(capsys.readouterr().out)
    assert value["exit_code"] == 3
    assert "nano33ble" in value["error"]


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (CompileError("no.", hint="Try: x"), 6, "Error: no.\n  Try: x"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (ZeroDivisionError("x"), 70, "Traceback"),
    ],
)
def test_what_a_verb_raises_becomes_an_exit_code(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(**_: object) -> None:
        raise raised

    monkeypatch.setattr(main.cli, "main", fail)
    assert run([]) == code
    assert said in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"{sys.executable} -m toolkit boards --json | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=30)
    assert (done.stdout, done.stderr) == (b"{", b"")


def test_an_interrupt_with_json_is_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main.cli, "main", interrupt)
    assert run(["check", "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["exit_code"] == 130


def test_results_that_find_no_room_are_no_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "toolkit", "boards"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
    assert "Traceback" not in done.stderr
    assert done.returncode == 3


def test_boards_lists_all_and_filters_by_memory(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("nano33ble", "sparkfun_edge", "stm32f746g_disco", "host"))
    assert run(["boards", "--min-ram", "300k"]) == 0
    filtered = capsys.readouterr().out
    assert "stm32f746g_disco" in filtered
    assert "nano33ble" not in filtered


def test_boards_shows_where_each_address_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards", "nano33ble"]) == 0
    out = capsys.readouterr().out
    assert "origin: 0x10000" in out
    assert "source:" in out


def test_boards_begins_with_the_notes_and_has_ids_in_hex_and_commands_for_a_shell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["boards", "nano33ble"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("notes: The serial line is on the USB plug")
    assert "vendor: 0x2341\n" in out and "product: 0x005a\n" in out
    (line,) = (line for line in out.splitlines() if "command: openocd" in line)
    words = next(each.command for each in load_board("nano33ble").upload if each.tool == "openocd")
    assert tuple(shlex.split(line.partition("command: ")[2])) == words


def test_boards_in_the_docs_have_the_flash_that_boards_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards"]) == 0
    flash = dict(re.findall(r"^(\w+) .* (\d+ kB) +\d+ kB$", capsys.readouterr().out, re.MULTILINE))
    page = (Path(__file__).parents[2] / "docs" / "boards.md").read_text(encoding="utf-8")
    assert f"{flash['sparkfun_edge']} of flash" in page
    assert f"{flash['nano33ble']} of flash" in page


def test_new_copies_an_example_under_its_folders_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "my första-project"
    assert run(["new", str(folder), "--example", "digits"]) == 0
    assert 'name = "my_f_rsta_project"' in (folder / "tinyml.toml").read_text(encoding="utf-8")
    assert run(["new", str(folder)]) == 3
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["boards"], ["boards", "--json"]])
def test_it_ends_quietly_when_nobody_reads_any_more(words: list[str]) -> None:
    """As in tinyml boards | head, when head is done."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [sys.executable, "-m", "toolkit", *words]
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr.decode()) == (141, "")


def test_a_new_project_says_to_make_its_data_first_and_has_no_link_that_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["new", "wand", "--example", "magic_wand"]) == 0
    assert "then: cd wand && python make_data.py && tinyml check\n" in capsys.readouterr().out
    readme = Path("wand", "README.md").read_text(encoding="utf-8")
    assert "](.." not in readme and "sensors (the toolkit's docs/sensors.md)" in readme
    assert run(["new", "plain", "--example", "hello_sine"]) == 0
    assert "then: cd plain && tinyml check\n" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize("at_work", [False, True], ids=["in the start", "at work"])
def test_a_signal_that_comes_twice_at_once_ends_a_command_with_a_word(number: str, at_work: bool) -> None:
    """As timeout(1) sends it: to its child, and to the whole group."""
    import pty

    ours, theirs = pty.openpty()
    signal_number = getattr(signal, number)
    words = [sys.executable, "-m", "toolkit", "record", "--label", "x", "--output", "y", "--port"]
    with subprocess.Popen([*words, os.ttyname(theirs)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        if at_work:
            assert process.stderr.readline() == "connect\n"
        else:
            time.sleep(0.1)
        for _ in range(3):
            process.send_signal(signal_number)
            time.sleep(0.002)
        _, said = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "Traceback" not in said
    if at_work:
        assert process.returncode == 128 + signal_number and "Interrupted." in said
    else:  # Python itself may not have begun with ours
        assert process.returncode in (128 + signal_number, -signal_number)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_signal_within_an_exec_does_not_change_the_exit_code() -> None:
    """Dataclasses are made by exec(), and Python would end by SIGINT after a KeyboardInterrupt in it."""
    text = "import os, signal; os.kill(os.getpid(), signal.SIGTERM); [0 for _ in range(10000)]"
    program = f"from toolkit.cli import main\nmain.run = lambda _: exec({text!r})\nmain.main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (143, "Interrupted.\n")
