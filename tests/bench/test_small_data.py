# SPDX-License-Identifier: Apache-2.0
"""Real small data sets: defaults, refit and "adaptive" against plain Keras and a classical method, by seeds.

  python -m pytest -s -m bench tests/bench/test_small_data.py

prints the table of docs/training.md. TINYML_BENCH_RESULTS names a folder that keeps each result, so that an
interrupted run goes on there. TINYML_BENCH_REFERENCE is a Python that has aeon; without it one is made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

import numpy as np
import pytest
from support.small_data import SERIES, TABLES
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import Dataset, load_dataset
from toolkit.extras import load_extra
from toolkit.models import Shape, build_model
from toolkit.project.config import Project, load_project
from toolkit.training import train_model
from toolkit.training.predict import predict

pytestmark = [
    pytest.mark.bench,
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.timeout(6 * 3600),
]
SCRIPT = Path(__file__).parents[1] / "support" / "small_data.py"
AEON = "aeon==1.6.0"
SEEDS = (1, 2, 3)
KERAS_EPOCHS, KERAS_PATIENCE = 100, 10
TINYML_TOML = """
[project]
name = "p"
seed = {seed}
[data]
source = "numpy"
split = [0.6, 0.2, 0.2]
[data.options]
file = "{file}"
standardize = true
{test}
[model]
family = "{family}"
[training]
{training}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("TINYML_BENCH_RESULTS") or tmp_path_factory.mktemp("results"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def reference(results: Path) -> str:
    """A Python with aeon, which needs other versions of NumPy than the toolkit is tested with."""
    if os.environ.get("TINYML_BENCH_REFERENCE"):
        return os.environ["TINYML_BENCH_REFERENCE"]
    python = results / "reference" / "bin" / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", results / "reference"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", AEON], check=True)
    return str(python)


@pytest.fixture(scope="module")
def data(results: Path, reference: str) -> Path:
    if not all((results / f"{name}.npz").is_file() for name in (*SERIES, *TABLES)):
        subprocess.run([reference, "-W", "ignore", SCRIPT, "data", results], check=True)
    return results


def project_of(data: Path, name: str, seed: int, training: str = "") -> tuple[Project, Dataset]:
    with np.load(data / f"{name}.npz") as arrays:
        test = 'x_test = "x_test"\ny_test = "y_test"' if "x_test" in arrays else ""
    folder = data / f"project-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    family = "cnn_1d" if name in SERIES else "mlp"
    file = f"../{name}.npz"
    text = TINYML_TOML.format(seed=seed, file=file, test=test, family=family, training=training)
    (folder / "tinyml.toml").write_text(text)
    project = load_project(folder)
    return project, load_dataset(project)


def by_toolkit(data: Path, name: str, seed: int, training: str) -> float:
    project, dataset = project_of(data, name, seed, training)
    score = train_model(project, dataset).score
    assert score is not None
    return score


def by_keras(data: Path, name: str, seed: int) -> float:
    """The same untrained network by Adam, with early stopping, as most tutorials do it."""
    project, dataset = project_of(data, name, seed)
    keras, model = load_extra("keras"), build_model(project, project.model, Shape.of(dataset))
    keras.utils.set_random_seed(seed)
    model.compile(
        optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    stopping = keras.callbacks.EarlyStopping(patience=KERAS_PATIENCE, restore_best_weights=True)
    validation = (dataset.validation.x, dataset.validation.y)
    model.fit(
        dataset.train.x,
        dataset.train.y,
        epochs=KERAS_EPOCHS,
        validation_data=validation,
        callbacks=[stopping],
        verbose=0,
    )
    return float(np.mean(predict(model, dataset.test).argmax(axis=1) == dataset.test.y))


def by_reference(data: Path, name: str, seed: int, python: str) -> float:
    """MiniRocket for series and a random forest for tables, on the same training split alone."""
    _, dataset = project_of(data, name, seed)
    file = data / f"split-{os.getpid()}.npz"
    train, test = dataset.train, dataset.test
    np.savez(file, x=train.x, y=train.y, x_test=test.x, y_test=test.y, seed=seed)
    kind = "series" if name in SERIES else "table"
    command = [python, "-W", "ignore", SCRIPT, "score", file, kind]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


OF_THE_TOOLKIT = {"defaults": "", "refit": "refit = true", "adaptive": 'recipe = "adaptive"'}
METHODS = ("reference", "keras", *OF_THE_TOOLKIT)


@pytest.mark.parametrize("method", METHODS)
def test_results_are_measured(method: str, data: Path, reference: str) -> None:
    for seed in SEEDS:
        for name in (*SERIES, *TABLES):
            path = data / f"result-{method}-{name}-{seed}.json"
            if path.is_file():
                continue
            began = time.monotonic()
            if method == "reference":
                score = by_reference(data, name, seed, reference)
            elif method == "keras":
                score = by_keras(data, name, seed)
            else:
                score = by_toolkit(data, name, seed, OF_THE_TOOLKIT[method])
            assert 0 <= score <= 1
            path.write_text(json.dumps({"score": score, "seconds": time.monotonic() - began}))


def scores(data: Path, method: str, name: str) -> list[float]:
    paths = (data / f"result-{method}-{name}-{seed}.json" for seed in SEEDS)
    return [json.loads(path.read_text())["score"] for path in paths if path.is_file()]


def rows(data: Path) -> Iterator[str]:
    """The lines of the table in docs/training.md."""
    yield "| data set | train / validation / test | " + " | ".join(METHODS) + " |"
    yield "|---|---|" + "---|" * len(METHODS)
    for name in (*SERIES, *TABLES):
        _, dataset = project_of(data, name, SEEDS[0])
        sizes = " / ".join(str(len(split)) for split in dataset.splits().values())
        cells = [_cell(scores(data, method, name)) for method in METHODS]
        yield f"| {name} | {sizes} | {' | '.join(cells)} |"
    for label, names in (("mean of the series", SERIES), ("mean of the tables", TABLES)):
        cells = [_mean_cell(data, method, names) for method in METHODS]
        yield f"| {label} | | {' | '.join(cells)} |"


def _cell(found: list[float]) -> str:
    """Mean and standard deviation in per cent; of fewer than three seeds their mean, and how many."""
    if not found:
        return "–"
    if len(found) < len(SEEDS):
        return f"{100 * mean(found):.1f} ({len(found)} of {len(SEEDS)} seeds)"
    return f"{100 * mean(found):.1f} ± {100 * pstdev(found):.1f}"


def _mean_cell(data: Path, method: str, names: tuple[str, ...]) -> str:
    """Nothing unless every set was measured with every seed: other means could not be compared."""
    is_whole = all(len(scores(data, method, name)) == len(SEEDS) for name in names)
    return f"{100 * _mean(data, method, names):.1f}" if is_whole else "–"


def _mean(data: Path, method: str, names: tuple[str, ...]) -> float:
    return mean(mean(scores(data, method, name)) for name in names)


def test_the_defaults_are_near_the_classical_method_and_ahead_of_plain_keras(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print("\n" + "\n".join(rows(data)))
    assert _mean(data, "defaults", SERIES) >= _mean(data, "reference", SERIES) - 0.03
    for name in (*SERIES, *TABLES):
        found: dict[str, Any] = {method: scores(data, method, name) for method in ("defaults", "keras")}
        spread = pstdev(found["keras"]) + pstdev(found["defaults"])
        assert mean(found["defaults"]) >= mean(found["keras"]) - spread, name
