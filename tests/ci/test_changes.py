# SPDX-License-Identifier: Apache-2.0
"""What changed between two checks, from files as `tinyml check --json` prints them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.ci.changes import changes_of, markdown, read_figures
from toolkit.cli.main import run
from toolkit.errors import InputError

BEFORE = {
    "nano33ble": {
        "board": "nano33ble",
        "passed": True,
        "equal": 20,
        "samples": 20,
        "flash_bytes": 20_000,
        "cycles": 0,
        "latency_ms": 1.5,
        "score": {"metric": "accuracy", "device": 0.9, "host": 0.9},
    }
}


def changed(**facts: object) -> dict[str, dict[str, object]]:
    return {"nano33ble": {**BEFORE["nano33ble"], **facts}}


def written(tmp_path: Path, name: str, value: object) -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_only_what_changed_is_there_and_which_way_is_worse() -> None:
    now = changed(flash_bytes=21_000, score={"metric": "accuracy", "device": 0.81, "host": 0.9})
    found = {change.figure: change for change in changes_of(BEFORE, now)}
    assert set(found) == {"accuracy", "flash, bytes"}
    assert found["accuracy"].worse == pytest.approx(0.1)
    assert found["flash, bytes"].worse == pytest.approx(0.05)
    assert found["flash, bytes"].row() == ("nano33ble", "flash, bytes", "20,000", "21,000", "+5.0 %")


def test_an_error_that_falls_is_better_and_a_figure_that_was_zero_has_no_share() -> None:
    before = changed(score={"metric": "mae", "device": 0.2})
    now = changed(score={"metric": "mae", "device": 0.1}, cycles=500)
    found = {change.figure: change for change in changes_of(before, now)}
    assert found["mae"].worse == pytest.approx(-0.5)
    assert found["cycles of an inference"].worse == float("inf")
    assert found["cycles of an inference"].row()[-1] == "from 0"


def test_a_board_that_only_one_has_is_there_with_all_its_figures() -> None:
    rows = [change.row() for change in changes_of(BEFORE, {})]
    assert ("nano33ble", "flash, bytes", "20,000", "–", "") in rows
    assert all(change.worse is None for change in changes_of(BEFORE, {}))


def test_markdown_keeps_its_table_whatever_a_board_is_called() -> None:
    now = {"a|b\nc": {**BEFORE["nano33ble"], "board": "a|b\nc", "passed": False, "equal": 19}}
    lines = markdown("wand", BEFORE, now).splitlines()
    assert lines[0] == "<!-- tinyml: wand -->"
    assert "19 of 20 outputs equal - NOT PASSED" in "\n".join(lines)
    table = [line for line in lines if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table} == {6}


def test_the_command_fails_only_where_it_is_asked_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = str(written(tmp_path, "before.json", BEFORE))
    now = str(written(tmp_path, "now.json", changed(flash_bytes=20_300)))
    assert run(["ci", "compare", before, now]) == 0
    assert run(["ci", "compare", before, now, "--worse", "2"]) == 0
    assert run(["ci", "compare", before, now, "--worse", "1"]) == 1
    assert "nano33ble: flash, bytes +1.5 %" in capsys.readouterr().err
    assert run(["ci", "compare", now, before, "--worse", "0"]) == 0, "it got smaller"
    capsys.readouterr()
    assert run(["ci", "compare", before, now, "--json"]) == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert change["now"] == 20_300
    assert run(["ci", "compare", str(tmp_path / "none.json"), now, "--markdown"]) == 0
    assert "no figures to compare with yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", "not what tinyml check --json prints"),
        ('{"nano33ble": 3}', "not what tinyml check --json prints"),
        ('{"error": "the port is gone.", "exit_code": 5}', "tinyml check said: the port is gone."),
    ],
)
def test_a_file_that_has_no_figures_is_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "figures.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"figures\.json") as caught:
        read_figures(path)
    assert words in caught.value.message


@pytest.mark.parametrize("value", ["1e999", "9" * 400, "NaN", '"7"', "[1]", "true"])
def test_a_figure_that_is_no_number_is_named(
    tmp_path: Path, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"a": {"board": "a", "cycles": 1}}', encoding="utf-8")
    bad.write_text(f'{{"a": {{"board": "a", "cycles": {value}}}}}', encoding="utf-8")
    for pair in ((good, bad), (bad, good)):
        for option in ("--markdown", "--json", "--worse=1"):
            assert run(["ci", "compare", *map(str, pair), option]) == 3
            assert "the figure cycles of an inference is" in capsys.readouterr().err


def test_nothing_of_a_file_becomes_markdown_or_calls_somebody() -> None:
    hostile = "x\n# y <img> @all [l](u) `c`"
    text = markdown(hostile, None, {hostile: {**BEFORE["nano33ble"], "equal": "1\n@all"}})
    assert "@all" not in text and "\n# " not in text and "<img>" not in text
