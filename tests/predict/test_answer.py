# SPDX-License-Identifier: Apache-2.0
"""What a model's outputs mean, and how a person reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Takes
from toolkit.metrics import Task
from toolkit.predict.answer import Answer, Prediction, label_outputs, names_of


def takes(task: Task, *classes: str) -> Takes:
    return Takes("some", task, classes)


def test_the_most_probable_classes_come_first_and_equal_ones_in_their_order() -> None:
    outputs = np.array([[0.25, 0.5, 0.25]], np.float32)
    labelled = label_outputs(takes("classification", "a", "b", "c"), outputs, outputs, 2)
    assert labelled == [(("b", 0.5), ("a", 0.25))]


def test_labels_and_numbers_are_all_said_in_order() -> None:
    outputs = np.array([[0.25, 0.5]], np.float32)
    labels = label_outputs(takes("multilabel", "a", "b"), outputs, outputs, 1)
    assert labels == [(("a", 0.25), ("b", 0.5))]
    numbers = label_outputs(takes("regression"), outputs, outputs, 1)
    assert numbers == [(("output 0:", 0.25), ("output 1:", 0.5))]


def test_an_anomaly_detector_says_its_error_and_on_which_side_of_the_threshold_it_is() -> None:
    x, outputs = np.array([[1.0, 2.0]], np.float32), np.array([[1.0, 4.0]], np.float32)
    detector = takes("anomaly", "normal", "anomalous")
    assert label_outputs(detector, x, outputs, 1, threshold=2.0) == [(("normal", 2.0),)]
    assert label_outputs(detector, x, outputs, 1, threshold=1.9) == [(("anomalous", 2.0),)]


def test_only_several_samples_of_a_file_are_numbered() -> None:
    assert names_of(Path("a.csv"), 2) == ["a.csv:1", "a.csv:2"]
    assert names_of(Path("a.csv"), 1) == ["a.csv"]


@pytest.mark.parametrize(
    ("task", "values", "cells"),
    [
        ("classification", (("cat", 0.75), ("dog", 0.25)), ("cat 75.0 %", "dog 25.0 %")),
        ("multilabel", (("left", 0.75), ("low", 0.25)), ("left 75.0 %",)),
        ("multilabel", (("left", 0.25),), ("none",)),
        ("anomaly", (("normal", 0.0125),), ("normal, error 0.0125",)),
        ("regression", (("", 1.5),), ("1.5",)),
    ],
)
def test_a_person_reads_what_the_task_is_about(
    task: Task, values: tuple[tuple[str, float], ...], cells: tuple[str, ...]
) -> None:
    assert Answer(task, "TFLM", (Prediction("x", values),)).rows() == [("x", *cells)]
