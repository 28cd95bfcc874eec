# SPDX-License-Identifier: Apache-2.0
"""\"Train and build\" by clicks: fields of tinyml.toml, runs compared, charts, a front. No TensorFlow."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import tomli
from live.conftest import Server
from live.test_parts import text_of

from toolkit.live import pictures
from toolkit.search.storage import open_storage
from toolkit.sizing.cost import Cost

pytestmark = pytest.mark.xdist_group("live")
CURVES = {"loss": [0.9, 0.4, 0.2], "val_loss": [1.0, 0.5, 0.4], "accuracy": [0.5, 0.7, 0.9]}


def history(epochs: int, score: float) -> dict[str, Any]:
    curves = {name: values[:epochs] for name, values in CURVES.items()}
    model = {"label": "cnn 8", "parameters": 100, "score": score, "curves": curves}
    about = {"project": "shapes", "data": "image_folder", "seed": 1, "task": "classification"}
    more = {"metric": "accuracy", "skip_epochs": 0, "data_sha256": "", "models": [model]}
    return {**about, **more, "samples": {"train": 20, "validation": 10, "test": 20}}


@pytest.fixture
def trained(server: Server) -> Iterator[Path]:
    """Two runs, and the history of the second, in the project's build folder."""
    build = server.project / "build"
    toml = (server.project / "tinyml.toml").read_text()
    for number, epochs, score in ((1, 2, 0.7), (2, 3, 0.9)):
        run = build / "runs" / str(number)
        run.mkdir(parents=True)
        (run / "tinyml.toml").write_text(f"{toml}\n[training]\nepochs = {epochs}\n")
        (run / "history.json").write_text(json.dumps(history(epochs, score)))
    (build / "history.json").write_text(json.dumps(history(3, 0.9)))
    yield build
    (build / "history.json").unlink()
    shutil.rmtree(build / "runs")


def test_a_field_changes_the_text_and_a_wrong_one_is_said_in_the_words_of_the_file(
    page: Any, server: Server
) -> None:
    file = server.project / "tinyml.toml"
    before = file.read_text()
    page.click("#tab-train")
    page.wait_for_selector("[data-field='data.options.color']")
    assert page.input_value("[data-field='data.options.color']") == "grey"
    assert page.get_attribute("[data-field='training.epochs']", "placeholder") == "50"
    page.fill("[data-field='training.epochs']", "many")
    page.keyboard.press("Tab")
    said = text_of(page, "#settings-problem", "training.epochs")
    assert said.startswith("tinyml.toml:") and "must be a whole number, not 'many'." in said
    page.fill("[data-field='training.epochs']", "7")
    page.keyboard.press("Tab")
    text_of(page, "#settings-said", "not written yet")
    page.select_option("[data-field='training.optimizer']", "sgd")
    page.wait_for_function("() => document.getElementById('settings').value.includes('sgd')")
    assert file.read_text() == before
    page.click("#tab-try")
    page.click("#tab-train")
    page.wait_for_timeout(300)
    assert "sgd" in page.input_value("#settings")  # what is not written yet stays
    file.write_text(before + "# mine\n")
    page.click("#settings-write")
    text_of(page, "#settings-problem", "was changed by another program")
    file.write_text(before)
    page.click("#settings-write")
    text_of(page, "#settings-said", "written")
    assert tomli.loads(file.read_text())["training"] == {"epochs": 7, "optimizer": "sgd"}
    assert file.read_text().startswith(before.rstrip("\n"))
    file.write_text(before)
    page.click("#settings-read")
    page.wait_for_function("() => !document.getElementById('settings').value.includes('sgd')")


def test_two_runs_are_compared_and_the_curves_are_the_report_s(page: Any, trained: Path) -> None:
    page.click("#tab-train")
    page.wait_for_selector("#curves svg")
    assert page.locator("#curves svg").count() == 2
    assert "training ends at 0.9" in str(page.locator("#curves svg").last.get_attribute("aria-label"))
    for number in (1, 2):
        page.check(f"[aria-label='Choose run {number}']")
    page.click("#runs-compare")
    rows = text_of(page, "#runs-differences", "training.epochs")
    assert "training.epochs23" in rows and "test0.70.9" in rows


def test_curves_of_a_training_that_runs_are_charts() -> None:
    found = pictures.of_curves({"label": "cnn 8", "curves": {**CURVES, "learning_rate": [1, 1, 1]}})
    assert [each["label"] for each in found] == ["cnn 8", "cnn 8"]
    assert "Loss" in found[0]["svg"] and "Accuracy" in found[1]["svg"]


def test_the_report_opens_without_scripts_and_only_if_there_is_one(server: Server) -> None:
    assert server.ask("GET", server.path + "report")[0] == 404
    report = server.project / "build" / "report.html"
    report.write_text("<h1>shapes</h1>")
    status, headers, content = server.ask("GET", server.path + "report")
    report.unlink()
    assert (status, content) == (200, b"<h1>shapes</h1>")
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.fixture
def searched(server: Server) -> Iterator[Path]:
    """A study with three candidates, one of which another beats, as tinyml search keeps it."""
    optuna = pytest.importorskip("optuna", reason="needs Optuna: pip install 'tinyml-toolkit[search]'")
    folder = server.project / "build" / "search"
    folder.mkdir()
    ways = ["maximize", "minimize", "minimize"]
    storage = open_storage(str(folder / "journal.log")).optuna_storage
    study = optuna.create_study(study_name="shapes-nano33ble", storage=storage, directions=ways)
    for place, (score, ms, ram) in enumerate(((0.9, 4.0, 9000), (0.7, 2.0, 5000), (0.6, 3.0, 6000))):
        cost = Cost(1000, 100, 512, ram, 30_000, False, 10, ms)
        about = {"place": place, "label": f"cnn {place}", "cost": asdict(cost)}
        about["changes"] = {"model.options.filters": [4 + place], "training.learning_rate": 0.01}
        study.add_trial(optuna.trial.create_trial(values=[score, ms, float(ram)], user_attrs=about))
    yield folder
    shutil.rmtree(folder)
    for path in server.project.glob("tinyml.toml.before-search*"):
        path.unlink()


def test_a_click_on_the_front_makes_a_candidate_the_project_s(
    page: Any, server: Server, searched: Path
) -> None:
    file = server.project / "tinyml.toml"
    before = file.read_text()
    page.click("#tab-train")
    page.wait_for_selector("#search-front circle")
    assert page.locator("#search-front circle").count() == 3
    assert page.locator("#search-front circle.best").count() == 2
    assert page.locator("#search-table tr").count() == 3
    page.locator("circle[data-trial='1']").focus()
    page.keyboard.press("Enter")
    said = text_of(page, "#search-said", "tinyml.toml has trial 1 now, cnn 1")
    assert "tinyml.toml.before-search" in said
    table = tomli.loads(file.read_text())
    assert table["model"]["options"]["filters"] == [5] and table["training"]["learning_rate"] == 0.01
    assert (server.project / "tinyml.toml.before-search").read_text() == before
    page.wait_for_function("() => document.getElementById('settings').value.includes('learning_rate')")
    file.write_text(before)
    status, answer = server.call("POST", "api/search/2")
    assert status == 400 and answer["error"] == "trial 2 is not on the front."


def test_the_budget_is_that_of_the_firmware_once_this_model_s_is_built(server: Server) -> None:
    model = (server.project / "build" / "model.tflite").read_bytes()
    facts = server.project / "build" / "nano33ble" / "firmware.json"
    made_by = {"model_sha256": hashlib.sha256(model).hexdigest()}
    sizes = {"flash_bytes": 7, "flash_limit_bytes": 100, "ram_bytes": 8, "ram_limit_bytes": 200, "fits": True}
    about = {
        **sizes,
        "compiler": "gcc 1",
        "made_by": made_by,
        "engine": "aot",
        "version": "0",
        "app_sha256": "",
    }
    assert server.call("GET", "api/inside")[1]["budget"]["built"] is False
    was_there = facts.parent.is_dir()
    facts.parent.mkdir(exist_ok=True)
    try:
        facts.write_text(json.dumps(about))
        found = server.call("GET", "api/inside")[1]["budget"]
        assert (found["flash"], found["ram"], found["built"]) == ([7, 100], [8, 200], True)
        facts.write_text(json.dumps({**about, "made_by": {"model_sha256": "another"}}))
        assert server.call("GET", "api/inside")[1]["budget"]["built"] is False
    finally:
        facts.unlink()
        if not was_there:
            facts.parent.rmdir()
