# SPDX-License-Identifier: Apache-2.0
"""What a model takes, known before it is trained."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING, shortened

from toolkit.board import Board, Region, load_board
from toolkit.cli.main import run
from toolkit.errors import DoesNotFitError
from toolkit.models import Shape
from toolkit.models.registry import find_family
from toolkit.project import Project, load_project
from toolkit.sizing import measure
from toolkit.sizing.check import measure_family, require_fit

pytestmark = [
    pytest.mark.train,
    pytest.mark.no_cover,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

PICTURE = Shape("classification", (16, 16, 1), 3)


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYML_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


def small_board(ram_bytes: int, flash_bytes: int) -> Board:
    board = load_board("nano33ble")
    assert board.memory is not None
    ram, flash = Region(0x20000000, ram_bytes, "test"), Region(0x10000, flash_bytes, "test")
    return replace(board, memory=replace(board.memory, ram=ram, flash=flash))


def project_with(folder: Path, model: str) -> Project:
    text = f'[project]\nname = "p"\n[data]\nsource = "digits"\n[model]\n{model}\n'
    (folder / "tinyml.toml").write_text(text)
    return load_project(folder)


def check(project: Project, board: Board) -> list[str]:
    notes: list[str] = []
    require_fit(project, PICTURE, board, notes.append)
    return notes


def test_a_small_model_is_known_to_fit_without_being_compiled(tmp_path: Path) -> None:
    assert check(project_with(tmp_path, 'family = "cnn"'), load_board("nano33ble")) == []


def test_too_little_flash_names_both_sizes_and_a_width_that_really_fits(tmp_path: Path) -> None:
    project, board = project_with(tmp_path, 'family = "lenet5"'), small_board(65_536, 32_768)

    with pytest.raises(DoesNotFitError, match=r"lenet5 does not fit nano33ble: about ") as caught:
        check(project, board)

    facts = caught.value.facts
    short = facts["fit"]["flash_bytes"] - 32_768  # type: ignore[index]
    assert f"{short:,} too many" in caught.value.message
    assert "RAM" not in caught.value.message
    width = re.search(r"width = ([\d.]+) in the section \[model.options\]", str(caught.value.hint))
    assert width is not None
    family = find_family("lenet5")
    assert measure_family(family, family.options(width=float(width[1])), PICTURE, board).fit.fits


def test_too_little_ram_is_met_by_patches_before_it_is_an_error(tmp_path: Path) -> None:
    model = 'family = "cnn"\n[model.options]\nfilters = [16, 8]'
    family = find_family("cnn")
    whole = measure_family(family, family.options(filters=(16, 8)), PICTURE, load_board("nano33ble"))
    board = small_board(whole.fit.ram_bytes - 500, 1 << 20)

    notes = check(project_with(tmp_path, model), board)

    patched = measure_family(family, family.options(filters=(16, 8)), PICTURE, board)
    assert len(notes) == 1 and notes[0].startswith("fit: cnn 16+8 on nano33ble")
    assert (whole.in_patches, patched.in_patches, patched.fit.fits) == (False, True, True)
    assert patched.arena_bytes < whole.arena_bytes


def test_what_was_measured_before_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    family, board = find_family("mlp"), load_board("nano33ble")
    shape = Shape("regression", (5,), 1)
    first = measure_family(family, family.options(), shape, board)

    monkeypatch.setattr(measure, "quantize_model", None)

    assert measure_family(family, family.options(), shape, board) == first
    assert (first.parameters, first.macs) == (5 * 16 + 16 + 16 * 16 + 16 + 17, 5 * 16 + 256 + 16)
    with pytest.raises(TypeError):
        measure_family(family, family.options(width=2.0), shape, board)


def test_a_project_that_cannot_fit_ends_before_its_first_epoch(tmp_path: Path, capsys: Any) -> None:
    project = shortened("hello_sine", tmp_path, 1)
    text = project.file.read_text().replace("units = [16, 16]", "units = [1200, 1200]")
    assert "1200" in text
    project.file.write_text(text)

    assert run(["train", "--project", str(tmp_path), "--json"]) == 3

    output = capsys.readouterr()
    assert "does not fit nano33ble" in json.loads(output.out)["error"]
    assert "width = 0." in json.loads(output.out)["hint"]
    assert not (tmp_path / "build" / "model.keras").exists()


def test_models_lists_the_families_that_take_an_input(capsys: Any) -> None:
    assert run(["models", "--input", "12", "--classes", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["models"]
    assert set(found) == {"autoencoder", "mlp"}
    assert found["mlp"]["parameters"] == 12 * 16 + 16 + 16 * 16 + 16 + 34
    assert found["mlp"]["fits"] is True

    assert run(["models", "--input", "12", "--classes", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["family", "autoencoder", "mlp"]
    assert lines[2].split()[1:3] == ["12", "514"]


@pytest.mark.parametrize("words", [["--input", "0x3"], ["--input", "big"], ["--board", "host"]])
def test_models_refuses_what_is_no_shape_or_has_no_memory(words: list[str]) -> None:
    assert run(["models", *words]) == 2
