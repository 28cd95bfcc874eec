# SPDX-License-Identifier: Apache-2.0
"""What a model takes, known before it is trained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING, shortened

from toolkit.cli.main import run
from toolkit.errors import DoesNotFitError
from toolkit.inspection.board_fit import BoardFit
from toolkit.models import Shape, build_family
from toolkit.models.cuts import Cut
from toolkit.models.keras_file import save_model
from toolkit.models.registry import find_family
from toolkit.project.config import Project, load_project
from toolkit.sizing import alternatives, measure
from toolkit.sizing.alternatives import smaller_models
from toolkit.sizing.before_training import require_fit, require_possible
from toolkit.sizing.cost import Budget, cost_of
from toolkit.sizing.measure import measure_family, measure_project
from toolkit.targets.board import Board, Region, load_board

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


def project_with(folder: Path, model: str, source: str = "digits") -> Project:
    text = f'[project]\nname = "p"\n[data]\nsource = "{source}"\n[model]\n{model}\n'
    (folder / "tinyml.toml").write_text(text)
    return load_project(folder)


@contextmanager
def silent(title: str) -> Iterator[Any]:
    yield lambda done, total, text="": None


def check(project: Project, board: Board, shape: Shape = PICTURE) -> list[str]:
    notes: list[str] = []
    require_fit(project, shape, board, notes.append, silent)
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


def test_a_model_far_beyond_every_board_is_refused_and_one_large_board_is_enough(tmp_path: Path) -> None:
    project, family = project_with(tmp_path, 'family = "mlp"'), find_family("mlp")
    model = build_family(family, family.options(), PICTURE, 1)
    tiny, host = small_board(65_536, 1_024), load_board("host")

    with pytest.raises(DoesNotFitError, match=r"mlp 16\+16 does not fit nano33ble: at least ") as caught:
        require_possible(project, PICTURE, [host, tiny], model, silent)

    assert caught.value.facts["parameters"] == model.count_params()
    require_possible(project, PICTURE, [tiny, load_board("nano33ble")], model, silent)


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


def base_in(folder: Path, options: str = "", source: str = "digits") -> Project:
    """Return a project on an untrained vgg of two blocks in base.keras."""
    family = find_family("vgg")
    blocks = family.options(width=0.05, blocks=(1, 2), dense=())
    save_model(build_family(family, blocks, PICTURE, 1), folder / "base.keras")
    return project_with(folder, f'base = "base.keras"\n[model.options]\n{options}', source)


def hint_for(project: Project, board: Board, shape: Shape = PICTURE) -> str:
    with pytest.raises(DoesNotFitError, match="does not fit nano33ble") as caught:
        check(project, board, shape)
    return str(caught.value.hint)


def test_too_large_a_base_is_told_the_latest_cut_that_really_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = base_in(tmp_path)
    one_block = measure_project(project.with_options(cut="pool_1"), PICTURE, load_board("nano33ble"))
    board = small_board(1 << 18, one_block.fit.flash_bytes)

    hint = hint_for(project, board)

    assert f'cut = "pool_1" in the section [model.options]: {one_block.fit.ram_bytes:,} bytes of RAM' in hint
    assert "size =" not in hint
    assert not measure_project(project.with_options(cut="conv_2_1_relu"), PICTURE, board).fit.fits
    monkeypatch.setattr(measure, "quantize_model", None)  # it is read again
    assert len(check(base_in(tmp_path, 'cut = "pool_1"'), board)) == 1


def test_a_base_of_which_no_cut_fits_says_what_lacks_least(tmp_path: Path) -> None:
    project, board = base_in(tmp_path), small_board(1 << 18, 1000)

    hint = hint_for(project, board)

    least = measure_project(project.with_options(cut="conv_1_1_relu"), PICTURE, board).fit
    sizes = f"{least.ram_bytes:,} bytes of RAM, {least.flash_bytes:,} of flash"
    assert f'that were tried: cut = "conv_1_1_relu" in the section [model.options]: {sizes}' in hint


def test_pictures_too_large_for_a_base_are_told_a_size_that_fits(tmp_path: Path) -> None:
    project = base_in(tmp_path, 'cut = "pool_1"', "image_folder")
    whole = measure_project(project, PICTURE, load_board("nano33ble")).fit
    board = small_board(whole.ram_bytes, 1 << 20)

    size = re.search(
        r"size = \[(\d+), (\d+)\] in the section \[data.options\]",
        hint_for(project, board, replace(PICTURE, inputs=(64, 64, 1))),
    )

    assert size is not None
    smaller = replace(PICTURE, inputs=(int(size[1]), int(size[2]), 1))
    assert measure_project(project, smaller, board).fit.fits


Sizes = tuple[int, int]


def advised(
    monkeypatch: pytest.MonkeyPatch, project: Project, sizes: dict[str, Sizes]
) -> tuple[str, list[str]]:
    """Return the advice, and what was tried for it, if cuts and alphas took these bytes of RAM and flash."""
    tried: list[str] = []

    def measured(changed: Project, *_: Any) -> SimpleNamespace:
        options = changed.model.options
        tried.append(str(options.get("alpha") or options["cut"]))
        if tried[-1] not in sizes:
            raise ValueError("no such model")
        return SimpleNamespace(fit=BoardFit("b", sizes[tried[-1]][1], 100, sizes[tried[-1]][0], 100))

    cuts = tuple(Cut(name, 1) for name in sizes if name.isalpha())
    monkeypatch.setattr(alternatives, "earlier_cuts", lambda *_: cuts)
    monkeypatch.setattr(alternatives, "measure_project", measured)
    fit = BoardFit("b", 200, 100, 200, 100)
    return smaller_models(project, PICTURE, load_board("nano33ble"), fit, silent), tried


def test_where_the_last_cut_has_ram_enough_one_with_too_little_is_better_cut_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"a": (300, 10), "b": (300, 20), "c": (300, 30), "d": (90, 80), "e": (90, 95), "f": (90, 120)}
    hint, tried = advised(monkeypatch, project_with(tmp_path, 'base = "VGG16"'), sizes)
    assert hint == 'cut = "e" in the section [model.options]: 90 bytes of RAM, 95 of flash'
    assert tried == ["f", "c", "e"]


def test_where_the_last_cut_has_too_little_ram_the_search_is_for_an_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"a": (80, 10), "b": (95, 20), "c": (130, 30), "d": (140, 80), "e": (150, 95)}
    hint, tried = advised(monkeypatch, project_with(tmp_path, 'base = "VGG16"'), sizes)
    assert hint.startswith('cut = "b" in')
    assert tried == ["e", "c", "b"]


def test_the_alphas_advised_are_those_of_which_there_are_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"0.35": (50, 50), "0.5": (60, 90), "0.75": (90, 110)}
    hint, tried = advised(monkeypatch, project_with(tmp_path, 'base = "MobileNetV2"'), sizes)
    assert hint == "alpha = 0.5 in the section [model.options]: 60 bytes of RAM, 90 of flash"
    assert tried == ["0.5", "0.75"]


def test_what_is_too_small_to_be_a_model_is_not_the_end_of_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_with(tmp_path, 'base = "MobileNetV2"\n[model.options]\nweights = "none"')
    hint, tried = advised(monkeypatch, project, {"0.5": (60, 90), "0.75": (90, 110)})
    assert hint.startswith("alpha = 0.5 in")
    assert tried == ["0.35", "0.75", "0.5"]


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
    time = found["mlp"]["time"]
    assert time["latency_ms"] == 1000 * (time["cycles"] + time["flash_wait_cycles"]) / 64e6
    assert f"{time['latency_ms']:.3g} +- 9 %" in lines[2]


@pytest.mark.parametrize("words", [["--input", "0x3"], ["--input", "big"], ["--board", "host"]])
def test_models_refuses_what_is_no_shape_or_has_no_memory(words: list[str]) -> None:
    assert run(["models", *words]) == 2


def test_the_cost_of_any_keras_model_is_that_of_its_family_and_its_weights_stay() -> None:
    family, board = find_family("cnn"), load_board("nano33ble")
    model = build_family(family, family.options(filters=(4, 8)), PICTURE, 1)
    before = [weight.tobytes() for weight in model.get_weights()]
    cost = cost_of(model, board, is_timed=False)
    found = measure_family(family, family.options(filters=(4, 8)), PICTURE, board)
    assert (cost.macs, cost.arena_bytes, cost.ram_bytes) == (
        found.macs,
        found.arena_bytes,
        found.fit.ram_bytes,
    )
    # How many bits the scales of a layer's channels take depends on its weights, which are random in both.
    assert cost.flash_bytes == pytest.approx(found.fit.flash_bytes, abs=32)
    assert cost.latency_ms is None
    assert [weight.tobytes() for weight in model.get_weights()] == before


def test_a_budget_is_a_board_with_less_memory_and_never_with_more() -> None:
    board = load_board("nano33ble")
    small = Budget(ram_bytes=8192).on(board).memory
    large = Budget(ram_bytes=1 << 30, flash_bytes=1 << 30).on(board).memory
    assert small is not None
    assert small.ram.bytes == 8192
    assert board.memory is not None
    assert small.flash == board.memory.flash
    assert large == board.memory
