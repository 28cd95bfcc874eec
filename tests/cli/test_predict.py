# SPDX-License-Identifier: Apache-2.0
"""tinyml predict: the same numbers wherever the model runs, and what its outputs mean."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from toolkit.cli.main import run
from toolkit.data import Dataset, Split
from toolkit.metrics import Task
from toolkit.predict.project import label_outputs

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


def dataset(task: Task, classes: tuple[str, ...], outputs: int = 1) -> Dataset:
    split = Split(np.zeros((3, 2), np.float32), np.zeros((3, outputs), np.float32))
    return Dataset("some", task, split, split, split, classes)


def predicted(capsys: pytest.CaptureFixture[str], *words: str) -> list[float]:
    capsys.readouterr()
    assert run(["predict", "samples.npy", "--json", *words]) == 0
    samples = json.loads(capsys.readouterr().out)["samples"]
    assert [sample["sample"] for sample in samples] == ["samples.npy:1", "samples.npy:2"]
    return [sample["values"][0]["value"] for sample in samples]


def test_the_board_says_what_the_host_says_and_float_is_near(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    integer = predicted(capsys)
    assert predicted(capsys, "--on", "board") == integer
    real = predicted(capsys, "--on", "float")
    assert real != integer
    assert real == pytest.approx(integer, abs=0.15)


def test_samples_of_another_shape_are_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("wide.npy", np.zeros((1, 2), np.float32))
    assert run(["predict", "wide.npy"]) == 3
    assert "wide.npy gives samples of shape (2,); the model takes (1,)" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "no.npy", "--json"]) == 3
    assert "no.npy: cannot be read" in json.loads(capsys.readouterr().out)["error"]


def test_the_most_probable_classes_come_first_and_equal_ones_in_their_order() -> None:
    outputs = np.array([[0.25, 0.5, 0.25]], np.float32)
    labelled = label_outputs(dataset("classification", ("a", "b", "c")), outputs, outputs, 2)
    assert labelled == [(("b", 0.5), ("a", 0.25))]


def test_labels_and_numbers_are_all_said_in_order() -> None:
    outputs = np.array([[0.25, 0.5]], np.float32)
    assert label_outputs(dataset("multilabel", ("a", "b")), outputs, outputs, 1) == [
        (("a", 0.25), ("b", 0.5))
    ]
    numbers = label_outputs(dataset("regression", (), 2), outputs, outputs, 1)
    assert numbers == [(("output 0:", 0.25), ("output 1:", 0.5))]


def test_an_anomaly_detector_says_its_error_and_on_which_side_of_the_threshold_it_is() -> None:
    x, outputs = np.array([[1.0, 2.0]], np.float32), np.array([[1.0, 4.0]], np.float32)
    data = dataset("anomaly", ("normal", "anomalous"))
    assert label_outputs(data, x, outputs, 1, threshold=2.0) == [(("normal", 2.0),)]
    assert label_outputs(data, x, outputs, 1, threshold=1.9) == [(("anomalous", 2.0),)]
