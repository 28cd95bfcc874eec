# SPDX-License-Identifier: Apache-2.0
"""A real study, as a person runs it: trained, tables, and nothing trained again.

python -m pytest -m bench tests/study/test_bench_recipes.py
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.renewal import MOST_VARIABLE

pytestmark = [
    pytest.mark.train,
    pytest.mark.no_cover,
    pytest.mark.bench,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]
STUDY = """
[study]
name = "tiny"
seeds = [1]
[training]
epochs = 2
epoch_steps = 1
batch_size = 256
[data.two]
source = "digits"
[data.two.options]
digits = [3, 8]
[models.mlp]
family = "mlp"
[recipes.plain]
[recipes.grid]
optimizer = "sgd"
[recipes.grid.search]
method = "grid"
trials = 2
epochs = 1
"""
ABLATION = """
[recipes.smooth]
label_smoothing = 0.1
schedule = "constant"
warmup_epochs = 0
"""


def test_a_study_is_trained_once_and_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "study.toml"
    file.write_text(STUDY)
    assert run(["bench-recipes", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["cells"], said["done"]) == (2, 2)
    plain, grid = (result["measured"] for result in said["results"])
    assert plain["samples"] == {"train": 213, "validation": 72, "test": 72}
    assert 0.3 < plain["score"] <= 1
    assert 0.3 < plain["train_score"] <= 1
    assert 0 < plain["test_loss"] < 3
    assert 0.4 < plain["mean_average_precision"] <= 1
    assert (plain["epochs"], plain["search_seconds"], plain["rate_searched"]) == (2, 0, False)
    assert grid["rate_searched"]
    assert grid["learning_rate"] in (0.01, pytest.approx(0.2))
    assert 0 < grid["search_seconds"] < grid["seconds_to_kept"] <= grid["seconds"]
    folder = tmp_path / "build" / "tiny"
    assert sorted(path.name for path in folder.glob("*.*") if path.suffix in (".md", ".csv", ".png")) == [
        "rates.png",
        "results.csv",
        "scores.png",
        "tables.md",
    ]
    rows = list(csv.DictReader((folder / "results.csv").read_text(encoding="utf-8").splitlines()))
    assert [float(row["score"]) for row in rows] == [plain["score"], grid["score"]]

    file.write_text(STUDY.replace("seeds = [1]", 'seeds = [1]\nablate = ["smooth"]') + ABLATION)
    assert run(["bench-recipes", str(file), "--json"]) == 0
    more = json.loads(capsys.readouterr().out)
    assert more["results"][:2] == said["results"]
    parts = [each["part"] for each in more["results"][3]["measured"]["ablation"]]
    assert parts == ["", "label_smoothing"]
    assert run(["bench-recipes", str(file), "--show"]) == 0
    out = capsys.readouterr().out
    assert "4 of 4 cells are done." in out
    assert "| label_smoothing | " in out


def test_a_process_that_grows_begins_anew_and_the_study_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(STUDY)
    words = [sys.executable, "-m", "toolkit", "bench-recipes", str(file), "--json"]
    room = {**os.environ, MOST_VARIABLE: "1"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, env=room, check=True)
    assert json.loads(done.stdout)["done"] == 2
    assert done.stderr.count("which TensorFlow does not give back") == 2
