# SPDX-License-Identifier: Apache-2.0
"""tinyml runs: what is kept, under which number, and how two differ. Nothing is trained here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.cli.main import run
from toolkit.errors import InputError
from toolkit.project.runs import keep_run, keep_weights, load_runs

CONFIG = (
    '[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n[training]\nepochs = {epochs}\n'
)


def trained(folder: Path, epochs: int, score: float) -> int:
    """Write what a training leaves and keep it as a run."""
    (folder / "build").mkdir(exist_ok=True)
    (folder / "tinyml.toml").write_text(CONFIG.format(epochs=epochs))
    curves = {name: [0.5] * epochs for name in ("loss", "val_loss", "mae", "val_mae")}
    model = {"label": "mlp 16", "parameters": 33, "score": score, "curves": curves}
    history = {"metric": "mae", "data_sha256": "ab", "models": [model]}
    (folder / "build" / "history.json").write_text(json.dumps(history))
    return keep_run(folder / "build", folder / "tinyml.toml", quantized=False)


def quantized(folder: Path) -> int:
    about = {"int8": {"score": 0.375, "bytes": 2048}}
    (folder / "build" / "quantization.json").write_text(json.dumps(about))
    return keep_run(folder / "build", folder / "tinyml.toml", quantized=True)


def test_runs_are_numbered_and_the_same_one_is_kept_once(tmp_path: Path) -> None:
    assert [trained(tmp_path, 2, 0.25), trained(tmp_path, 3, 0.125), trained(tmp_path, 2, 0.25)] == [1, 2, 1]
    assert quantized(tmp_path) == 1
    assert trained(tmp_path, 4, 0.5) == 3
    first, second, third = load_runs(tmp_path / "build")
    assert first.figures()["int8_bytes"] == 2048
    assert second.figures()["int8_bytes"] is third.figures()["int8_bytes"] is None


def test_a_list_has_a_row_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained(tmp_path, 2, 0.25)
    quantized(tmp_path)
    trained(tmp_path, 12, 0.125)
    assert run(["runs", "--project", str(tmp_path)]) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows[1] == "1 mlp 16 33 2 mae 0.5000 0.2500 0.3750 2,048 B"
    assert rows[2] == "2 mlp 16 33 12 mae 0.5000 0.1250 – –"


def test_a_pruned_model_has_a_row_of_its_own_with_what_is_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(tmp_path, 2, 0.25)
    steps = [{"parameters": 33, "tuned": 0.5}, {"parameters": 17, "tuned": 0.625}]
    (tmp_path / "build" / "pruning.json").write_text(json.dumps({"steps": steps, "score": 0.3125}))
    assert quantized(tmp_path) == 1
    assert run(["runs", "--project", str(tmp_path)]) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows[1:] == [
        "1 mlp 16 33 2 mae 0.5000 0.2500 – –",
        "1 mlp 16, pruned 17 – mae 0.6250 0.3125 0.3750 2,048 B",
    ]
    assert load_runs(tmp_path / "build")[0].figures()["pruned_parameters"] == 17


def test_a_comparison_shows_what_differs_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(tmp_path, 2, 0.25)
    trained(tmp_path, 3, 0.125)
    compare = ["runs", "compare", "1", "2", "--project", str(tmp_path)]
    assert run([*compare, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "training.epochs": {"1": 2, "2": 3},
        "epochs": {"1": 2, "2": 3},
        "test": {"1": 0.25, "2": 0.125},
    }
    assert run(compare) == 0
    assert "training.epochs  2      3" in capsys.readouterr().out


def test_a_run_that_is_not_there_is_answered_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(tmp_path, 2, 0.25)
    assert run(["runs", "compare", "1", "7", "--project", str(tmp_path)]) == 2
    assert "there is no run 7; there are 1." in capsys.readouterr().err


def test_no_runs_and_damaged_ones_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there are no runs"):
        load_runs(tmp_path / "build")
    trained(tmp_path, 2, 0.25)
    (tmp_path / "build" / "runs" / "1" / "history.json").write_text("{}")
    with pytest.raises(InputError, match="1 is damaged"):
        load_runs(tmp_path / "build")


def test_runs_are_drawn_with_what_tells_them_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'tinyml-toolkit[train]'")
    trained(tmp_path, 2, 0.25)
    trained(tmp_path, 12, 0.125)
    assert run(["runs", "plot", "--project", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[1].strip() for line in lines[1:3]] == ["epochs = 2", "epochs = 12"]
    assert Path(lines[-1]).read_bytes().startswith(b"\x89PNG")
    picture = tmp_path / "one.png"
    assert run(["runs", "plot", "2", "--project", str(tmp_path), "--output", str(picture)]) == 0
    assert picture.is_file()


def test_runs_of_other_data_are_not_drawn_into_one_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(tmp_path, 2, 0.25)
    trained(tmp_path, 3, 0.25)
    history = tmp_path / "build" / "runs" / "2" / "history.json"
    history.write_text(history.read_text().replace('"ab"', '"cd"'))
    assert run(["runs", "plot", "--project", str(tmp_path)]) == 3
    assert "runs 1 and 2 have other data" in capsys.readouterr().err


def test_weights_are_kept_with_the_run_that_they_are_of(tmp_path: Path) -> None:
    trained(tmp_path, 2, 0.25)
    trained(tmp_path, 3, 0.25)
    (tmp_path / "build" / "model.keras").write_bytes(b"weights")
    assert keep_weights(tmp_path / "build") == tmp_path / "build" / "runs" / "2" / "model.keras"
    assert trained(tmp_path, 3, 0.25) == 2
    (tmp_path / "build" / "history.json").write_text("{}")
    with pytest.raises(InputError, match="no training that was kept"):
        keep_weights(tmp_path / "build")
