# SPDX-License-Identifier: Apache-2.0
"""A real search, as a person runs it: candidates compiled, trained and judged, the front, the chosen file."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.errors import InputError, UsageError
from toolkit.project.config import load_project

pytestmark = [
    pytest.mark.train,
    pytest.mark.no_cover,
    pytest.mark.xdist_group("search"),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]
TINYML_TOML = """\
# My digits.
[project]
name = "p"

[data]
source = "digits"

[model]
family = "mlp"

[model.options]
units = [4]  # too few

[training]
epochs = 2
epoch_steps = 1
skip_epochs = 1
batch_size = 256

[firmware]
board = "stm32f746g_disco"
"""
PRUNE = """
[training.prune]
macs = "90%"
"""
SEARCH = [
    "search",
    "--board",
    "nano33ble",
    "--max-ram",
    "16k",
    "--max-flash",
    "64k",
    "--family",
    "mlp",
    "--keep",
    "recipe",
    "--repeats",
    "2",
]
TRIALS, REPEATS = 2, 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("search")
    (folder / "tinyml.toml").write_text(TINYML_TOML)
    return folder


@pytest.fixture(scope="module")
def said(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What the search says of its candidates, and meanwhile."""
    (folder / "tinyml.toml").write_text(TINYML_TOML + PRUNE)
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        refused = [*SEARCH, "--trials", str(TRIALS), "--epochs", "1", "--project", str(folder)]
        assert run(refused) == UsageError.exit_code
    assert "--epochs 1 does not go with tinyml.toml: training: skip_epochs 1 must be 0" in err.getvalue()
    assert not (folder / "build" / "search").exists()
    begin_a_study_without_a_trial(folder)
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        found = ask(folder)
    (folder / "tinyml.toml").write_text(TINYML_TOML)
    return found, err.getvalue().splitlines()


def begin_a_study_without_a_trial(folder: Path) -> None:
    """As a command leaves it that was ended before its first trial, with settings of its own."""
    import optuna

    from toolkit.search.storage import open_storage

    (folder / "build" / "search").mkdir(parents=True)
    storage = open_storage(str(folder / "build" / "search" / "journal.log"), 60)
    directions = ["maximize", "minimize", "minimize"]
    study = optuna.create_study(
        storage=storage.optuna_storage, study_name="p-nano33ble", directions=directions
    )
    study.set_user_attr("table", json.dumps({"training": {"epochs": 99}}))
    study.set_user_attr("question", {"board": "host"})


@pytest.fixture(scope="module")
def answer(said: tuple[dict[str, Any], list[str]]) -> dict[str, Any]:
    return said[0]


def ask(folder: Path, *options: str) -> dict[str, Any]:
    """Return what the search says; the second time nothing is trained."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run([*SEARCH, "--trials", str(TRIALS), "--project", str(folder), "--json", *options])
    assert code == 0
    return dict(json.loads(out.getvalue()))


def test_each_candidate_has_a_result_and_those_on_the_front_are_not_beaten(
    answer: dict[str, Any],
) -> None:
    results = answer["results"]
    assert len(results) == TRIALS
    assert results[0]["is_own"]
    assert [r["label"] for r in results if r["is_own"]] == ["mlp 4"]
    assert all(r["values"] or r["reason"] for r in results)
    trained = [r for r in results if r["values"]]
    assert trained
    for result in trained:
        score, time, ram = result["values"]
        assert 0.02 < score <= 1
        assert time == result["cost"]["latency_ms"] > 0
        assert 4096 < ram == result["cost"]["ram_bytes"] <= 16 * 1024
    front = [r for r in trained if r["number"] in answer["front"]]
    for one in front:
        beaten = [
            other
            for other in trained
            if other["values"][0] >= one["values"][0]
            and other["values"][1] <= one["values"][1]
            and other["values"][2] <= one["values"][2]
            and other["values"] != one["values"]
        ]
        assert not beaten
    assert answer["chosen"] in answer["front"]


def test_each_trial_is_said_when_it_begins_and_what_came_of_it(
    said: tuple[dict[str, Any], list[str]],
) -> None:
    answer, lines = said
    for at, result in enumerate(answer["results"], 1):
        own = " (yours)" if result["is_own"] else ""
        assert f"search: trial {result['number']}{own}, {at} of {TRIALS}: {result['label']}" in lines
        outcome = next(line for line in lines if line.startswith(f"search: trial {result['number']}: "))
        assert (" B of RAM" if result["values"] else result["reason"]) in outcome


def test_a_study_without_a_trial_takes_the_settings_of_now_and_tells_of_pruning(
    said: tuple[dict[str, Any], list[str]],
) -> None:
    assert not [line for line in said[1] if "goes on from" in line]
    own = "search: each model, yours too, is tried as it is trained"
    assert f"{own}, whole; [training.prune] comes after a search" in said[1]


def test_the_score_of_ones_own_is_the_mean_of_its_trainings(answer: dict[str, Any], folder: Path) -> None:
    import optuna

    from toolkit.search.storage import open_storage

    storage = open_storage(str(folder / "build" / "search" / "journal.log"), 60)
    study = optuna.load_study(study_name="p-nano33ble", storage=storage.optuna_storage)
    scores = study.get_trials()[0].user_attrs["scores"]
    assert len(set(scores)) == REPEATS
    assert answer["results"][0]["values"][0] == pytest.approx(sum(scores) / REPEATS)


def test_the_same_command_again_tries_nothing_again(answer: dict[str, Any], folder: Path) -> None:
    again = ask(folder)
    assert again["results"] == answer["results"]
    assert not list((folder / "build" / "search" / "trainings").glob("*"))


def test_the_picture_is_one_and_the_chosen_file_is_a_project_with_its_values(
    answer: dict[str, Any], folder: Path
) -> None:
    assert Path(answer["picture"]).read_bytes().startswith(b"\x89PNG")
    text = (folder / "build" / "search" / "tinyml.toml").read_text()
    assert text.startswith("# My digits.")
    chosen = next(r for r in answer["results"] if r["number"] == answer["chosen"])
    (folder / "chosen").mkdir()
    (folder / "chosen" / "tinyml.toml").write_text(text)
    project = load_project(folder / "chosen")
    assert project.firmware.board == "nano33ble"
    for key, value in chosen["changes"].items():
        if key.startswith("model.options."):
            assert project.model.options[key.removeprefix("model.options.")] == value
    assert (folder / "tinyml.toml").read_text() == TINYML_TOML


def test_write_puts_it_into_the_projects_file_and_keeps_a_copy(folder: Path, answer: dict[str, Any]) -> None:
    written = ask(folder, "--write", "--choose", str(answer["front"][-1]))
    assert written["chosen"] == answer["front"][-1]
    assert Path(written["backup"]).read_text() == TINYML_TOML
    text = (folder / "tinyml.toml").read_text()
    assert 'board = "nano33ble"' in text
    (folder / "tinyml.toml").write_text(TINYML_TOML)


@pytest.mark.wide
def test_what_check_does_to_the_chosen_model_first_is_said(
    folder: Path, answer: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tinyml.toml").write_text(TINYML_TOML + PRUNE)
    words = [*SEARCH, "--trials", str(TRIALS), "--write", "--project", str(folder)]
    assert run(words) == 0
    assert "[training.prune] stands in it, and is done to that model next" in capsys.readouterr().out
    (folder / "tinyml.toml").write_text(TINYML_TOML)


def test_what_cannot_fit_is_not_trained_and_says_by_how_much(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["search", "--board", "nano33ble", "--max-flash", "16k", "--family", "cnn", "--trials", "2"]
    assert run([*command, "--study", "small", "--project", str(folder), "--json"]) == InputError.exit_code
    out, err = capsys.readouterr()
    assert json.loads(out)["error"].startswith("no candidate of 2 fits the budget")
    assert "too much flash" in err


def test_a_study_of_another_question_is_refused(
    folder: Path, answer: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["search", "--board", "nano33ble", "--max-ram", "8k", "--trials", "1", "--project", str(folder)]
    assert run(command) == InputError.exit_code
    err = capsys.readouterr().err
    assert "was begun for another question: max_ram was 16384, is 8192" in err
    assert "--study NAME" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-latency", "100"], "is not a time such as 100ms"),
        (["--family", "cnn_1d"], "does not take samples"),
        (["--board", "host"], "host has no memory"),
    ],
)
def test_what_makes_no_sense_is_refused(
    folder: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["search", "--trials", "1", "--study", "none", *options, "--project", str(folder)]
    assert run(command) == UsageError.exit_code
    assert said in capsys.readouterr().err
