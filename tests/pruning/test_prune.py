# SPDX-License-Identifier: Apache-2.0
"""A project's model pruned by the command: it is smaller in fact, and it is what goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.inspection.inspect import inspect_model
from toolkit.models.keras_file import load_model

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("pruning"),
]

PROJECT = """
[project]
name = "wave"

[data]
source = "sine"

[data.options]
samples = 200

[model]
family = "mlp"

[model.options]
units = [8, 8]

[training]
epochs = 2
"""
FEW = ["--criterion", "l1", "--steps", "1", "--epochs", "1"]


@pytest.fixture(scope="module")
def pruned_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pruned")
    (folder / "tinyml.toml").write_text(PROJECT, encoding="utf-8")
    assert run(["prune", "--target-macs", "10%", *FEW, "--project", str(folder)]) == 0
    return folder


def json_of(folder: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "build" / name).read_text(encoding="utf-8"))
    return found


def test_the_pruned_model_is_within_its_target_and_goes_on(pruned_project: Path) -> None:
    build = pruned_project / "build"
    found = json_of(pruned_project, "pruning.json")
    before, after = found["before"], found["after"]
    assert isinstance(before, dict) and isinstance(after, dict)
    assert after["macs"] <= 0.1 * before["macs"]
    assert run(["quantize", "--project", str(pruned_project)]) == 0
    assert inspect_model((build / "model.tflite").read_bytes(), "wave", []).macs == after["macs"]
    widths = {each["layer"]: each["after"] for each in found["layers"]}  # type: ignore[attr-defined]
    model = load_model(build / "pruned.keras")
    assert {name: model.get_layer(name).units for name in widths} == widths
    assert load_model(build / "model.keras").count_params() > model.count_params()
    steps = found["steps"]
    assert isinstance(steps, list)
    assert [step["name"] for step in steps if "constant" not in step["name"]] == ["whole", "step 1"]
    assert all(step["tuned"] is not None for step in steps)


def test_the_report_shows_channels_before_and_after_and_the_steps(pruned_project: Path) -> None:
    assert run(["report", "--project", str(pruned_project)]) == 0
    page = (pruned_project / "build" / "report.html").read_text(encoding="utf-8")
    for shown in ("<h2>Pruning</h2>", "channels before", "dense_1", "step 1", "mae fine-tuned", "MACs"):
        assert shown in page, shown
    model = pruned_project / "build" / "model.keras"
    content = model.read_bytes()
    model.write_bytes(content + b" ")  # another training
    assert run(["report", "--project", str(pruned_project)]) == 0
    assert "<h2>Pruning</h2>" not in (pruned_project / "build" / "report.html").read_text(encoding="utf-8")
    model.write_bytes(content)


def test_a_target_that_cannot_be_reached_says_what_can_and_leaves_project_and_model_as_they_are(
    pruned_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, model = pruned_project / "tinyml.toml", pruned_project / "build" / "pruned.keras"
    before = (file.read_bytes(), model.read_bytes())
    project = ["--project", str(pruned_project)]
    assert run(["prune", "--target-macs", "1", *FEW, *project]) == 3
    said = capsys.readouterr().err
    assert "1 were asked for" in said and "a higher target, from" in said
    assert "Without a section [training.prune] in tinyml.toml the whole model goes on" in said
    assert f'prune: once that is done, it replaces macs = "10%" in {file}' in said
    assert run(["prune", "--target-ram", "1s", *project]) == 2
    assert "50%, or an amount such as 24k" in capsys.readouterr().err
    assert (file.read_bytes(), model.read_bytes()) == before
    assert run(["prune", *project]) == 0
    assert "prune: up to date" in capsys.readouterr().err


@pytest.mark.bench
def test_ablation_says_what_pruning_costs(pruned_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ablate", "--json", "--project", str(pruned_project)]) == 0
    results = {each["part"]: each for each in json.loads(capsys.readouterr().out)["results"]}
    assert "prune" in results
    found = json_of(pruned_project, "pruning.json")["steps"]
    assert isinstance(found, list)
    assert results[""]["score"] == pytest.approx(found[-1]["tuned"], rel=1e-5)
    assert results["prune"]["score"] == pytest.approx(found[0]["tuned"], rel=1e-5)


def test_it_is_made_once_and_the_whole_model_goes_on_again_without_the_section(
    pruned_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, build = pruned_project / "tinyml.toml", pruned_project / "build"
    with_section = file.read_text(encoding="utf-8")
    assert "[training.prune]" in with_section
    assert run(["prune", "--project", str(pruned_project)]) == 0
    said = capsys.readouterr().err
    assert "prune: up to date" in said and "train: up to date" in said
    file.write_text(PROJECT, encoding="utf-8")
    assert run(["quantize", "--project", str(pruned_project)]) == 0
    assert "train: up to date" in capsys.readouterr().err
    assert not (build / "pruned.keras").exists() and not (build / "pruning.json").exists()
    assert run(["prune", "--project", str(pruned_project)]) == 3
    assert "--target-macs 50%" in capsys.readouterr().err
    file.write_text(with_section, encoding="utf-8")
