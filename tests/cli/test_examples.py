# SPDX-License-Identifier: Apache-2.0
"""The examples: the data of each, a short run to boards of some; all in full by make bench."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.example import Example, examples, set_value, stand_in
from support.variants_that_wait import all_but

from toolkit.cli.main import run
from toolkit.data import load_dataset
from toolkit.models import Shape, build_model
from toolkit.project.config import FILE_NAME, load_project
from toolkit.project.new import example_names
from toolkit.runners.application import AppListener, Spoken
from toolkit.runners.feeds import read_feeds
from toolkit.runners.link import open_link
from toolkit.targets.board import load_board
from toolkit.training import save_model

pytestmark = [pytest.mark.train, pytest.mark.no_cover, pytest.mark.timeout(600)]

pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'tinyml-toolkit[train]'")

ROUNDING = 1e-9
"""0.962 - 0.959 is more than 0.003 in float64."""
BOARDS = ("nano33ble", "sparkfun_edge", "stm32f746g_disco")
_HEAR_S = 120.0
ALL = examples()
TO_BOARDS = {
    "cifar10": ("host",),
    "digits": BOARDS,
    "hello_sine": ("host",),
    "keywords": ("nano33ble",),
    "magic_wand": ("sparkfun_edge",),
    "pictures": ("stm32f746g_disco",),
}
"""Which examples have a short run, one for each source of data, and on which boards."""
ALWAYS = ("digits", "keywords")
"""Which of these are in make test: one on three boards, and sound. A curve goes to a board in test_verbs.py,
rows of a sensor in test_listen.py, pictures to this computer in test_tasks.py.
"""
EVERY_SAMPLE = ("digits", "hello_sine")
"""Small enough for the emulator to run the whole test split."""


def names(example: Example) -> str:
    return example.title


def check(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    """Run `tinyml check`, in which every output must be equal, and return the verdicts by board."""
    capsys.readouterr()
    assert run(["check", "--project", str(folder), "--json", *options]) == 0
    verdicts: dict[str, Any] = json.loads(capsys.readouterr().out)
    for verdict in verdicts.values():
        assert verdict["samples"] == verdict["equal"] > 0
    return verdicts


def assert_promise(example: Example, build: Path, verdict: Mapping[str, Any]) -> None:
    """Check what quantization.json and a board's verdict say against expected.json."""
    expected = example.expected
    quantized = json.loads((build / "quantization.json").read_text(encoding="utf-8"))
    real, integer = quantized["float32"]["score"], quantized["int8"]["score"]
    assert quantized["metric"] == expected["metric"]
    if "float32_at_most" in expected:
        assert real <= expected["float32_at_most"]
        assert integer - real <= expected["int8_loses_at_most"]
    else:
        assert real >= expected.get("float32_at_least", 0)
        assert real - integer <= expected["int8_loses_at_most"] + ROUNDING
    if "diagnosis" in expected:
        report = json.loads((build / "report.json").read_text(encoding="utf-8"))
        assert report["diagnoses"][0]["verdict"] == expected["diagnosis"]
    assert list(quantized["operators"]) == expected["operators"]
    assert_is_small_enough(example, verdict)


def assert_is_small_enough(example: Example, verdict: Mapping[str, Any]) -> None:
    """Check weights and arena, which no training changes, against expected.json."""
    assert verdict["weights_bytes"] <= example.expected["weights_bytes_at_most"]
    assert verdict["arena_bytes"] <= example.expected["arena_bytes_at_most"]


def heard(folder: Path, board: str, lines: int, feeds: Sequence[str] = ()) -> list[Spoken]:
    """Build the example's own application for a board and return the first lines that it says.

    feeds are NAME=FILE, of sensors of the board and files in folder.
    """
    set_value(folder / FILE_NAME, "firmware.application", "my_app")
    assert run(["build", "--project", str(folder), "--board", board]) == 0
    elf = folder / "build" / board / "firmware.elf"
    fed = read_feeds(load_board(board), [feed.replace("=", f"={folder}/") for feed in feeds])
    link, spoken = open_link(elf, load_board(board), feeds=fed), list[Spoken]()
    listener, end = AppListener(link, spoken.append), time.monotonic() + _HEAR_S
    while len(spoken) < lines and time.monotonic() < end:
        listener.hear(link.read(0.2))
    link.close()
    return spoken


def assert_says(example: Example, folder: Path, boards: Sequence[str]) -> None:
    """Check what the application in app/ says and shows by the LED with each line.

    One that reads sensors is heard on the boards that have them.
    """
    promised, feeds = example.expected["says"], example.expected.get("feeds", [])
    fed = {feed.partition("=")[0] for feed in feeds}
    able = [board for board in boards if fed <= {sensor.name for sensor in load_board(board).sensors}]
    able = able or [load_project(folder).firmware.board]
    for board in able:
        spoken = heard(folder, board, len(promised), feeds)
        assert len(spoken) >= len(promised), (board, spoken)
        for (text, led), line in zip(promised, spoken, strict=False):
            assert line.text.startswith(text), (board, spoken)
            assert line.led == pytest.approx(led, abs=0.1), (board, spoken)


def test_every_example_promises_something() -> None:
    folders = {example.folder.name for example in ALL if not example.variant}
    assert folders == set(example_names())
    for example in ALL:
        assert (example.folder / f"{example.variant or 'tinyml'}.toml").is_file()


def test_a_short_run_is_there_for_each_source_of_data() -> None:
    sources = {e.title: load_project(e.folder).data.source for e in ALL if not e.variant}
    assert {sources[title] for title in TO_BOARDS} == set(sources.values())


@pytest.mark.parametrize(
    "example",
    all_but((runs := [e for e in ALL if e.title in TO_BOARDS]), [e for e in runs if e.title in ALWAYS]),
    ids=names,
)
def test_example_runs_from_its_data_to_boards(
    example: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / example.folder.name
    example.prepare(folder, short=True)
    boards = [word for board in TO_BOARDS[example.title] for word in ("--board", board)]
    verdicts = check(folder, capsys, "--samples", "3", *boards)
    assert set(verdicts) == set(TO_BOARDS[example.title])
    quantized = json.loads((folder / "build" / "quantization.json").read_text(encoding="utf-8"))
    assert list(quantized["operators"]) == example.expected["operators"]
    for verdict in verdicts.values():
        assert_is_small_enough(example, verdict)
    assert "data:image/png" in (folder / "build" / "report.html").read_text(encoding="utf-8")
    if "says" in example.expected:  # what it says is of the whole training, but for digits
        set_value(folder / FILE_NAME, "firmware.application", "my_app")
        assert run(["build", "--project", str(folder)]) == 0
    if example.title == "digits":
        assert_says(example, folder, BOARDS[:1])


@pytest.mark.parametrize("example", [e for e in ALL if e.title not in ALWAYS], ids=names)
def test_the_data_of_an_example_are_made_and_its_model_is_built_for_them(
    example: Example, tmp_path: Path
) -> None:
    """Untrained: a wrong option, a family that cannot take the data, a model that grew."""
    folder = tmp_path / example.folder.name
    example.prepare(folder, short=True, train_before=False)
    if "before" in example.expected:
        before = folder / example.expected["before"]
        (before / "build").mkdir()
        save_model(untrained(before), before / "build" / "model.keras")
    assert 100 < untrained(folder).count_params() <= example.expected["weights_bytes_at_most"]


def untrained(folder: Path) -> Any:
    """Return the Keras model of the project in folder for its data."""
    project = load_project(folder)
    return build_model(project, project.model, Shape.of(load_dataset(project)))


def test_cifar10_takes_the_binary_archive_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = next(example for example in ALL if example.title == "cifar10")
    example.copy_to(tmp_path / "p")
    stand_in(tmp_path / "p", "cifar-10-binary.tar.gz")
    assert run(["data", "--project", str(tmp_path / "p")]) == 0
    assert "airplane" in capsys.readouterr().out


@pytest.mark.bench
@pytest.mark.parametrize("example", ALL, ids=names)
def test_example_keeps_its_promise_in_full(
    example: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / example.folder.name
    example.prepare(folder, short=False)
    needed = example.expected.get("needs")
    if needed:
        brought = Path(os.environ.get("TINYML_EXAMPLE_DATA", "")) / needed
        if not brought.is_file():
            pytest.skip(
                f"needs {needed}: TINYML_EXAMPLE_DATA is the folder with it, see {example.folder}/README.md"
            )
        (folder / needed).symlink_to(brought.resolve())
    samples = "all" if example.title in EVERY_SAMPLE else "30"
    verdicts = check(folder, capsys, "--board", "all", "--samples", samples)
    assert set(verdicts) == {"host", *BOARDS}
    assert_promise(example, folder / "build", verdicts["nano33ble"])
    if example.title in EVERY_SAMPLE:
        # The TFLite reference kernels, which quantization.json is from, may round an output otherwise.
        quantized = json.loads((folder / "build" / "quantization.json").read_text(encoding="utf-8"))
        for verdict in verdicts.values():
            assert verdict["score"]["device"] == verdict["score"]["host"]
        score = pytest.approx(quantized["int8"]["score"], rel=0.01)
        assert verdicts["nano33ble"]["score"]["device"] == score
    if "says" in example.expected:
        assert_says(example, folder, BOARDS)
