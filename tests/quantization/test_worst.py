# SPDX-License-Identifier: Apache-2.0
"""The samples that a model is most wrong about: which, in which order, and what is said of them."""

from __future__ import annotations

import numpy as np

from toolkit.data import Dataset, Split
from toolkit.metrics import Task
from toolkit.quantization.worst import MOST, Mistake, worst_mistakes


def dataset(task: Task, y: list[object], names: tuple[str, ...] = ()) -> Dataset:
    kind = np.int64 if task == "classification" else np.float32
    split = Split(np.zeros((len(y), 1), np.float32), np.array(y, kind), names)
    return Dataset("some", task, split, split, split, ("a", "b") if task == "classification" else ())


def test_wrong_classes_come_by_how_sure_the_model_was_and_right_ones_not_at_all() -> None:
    outputs = np.array([[0.75, 0.25], [0.25, 0.75], [1, 0], [0, 1]], np.float32)
    found = worst_mistakes(dataset("classification", [1, 0, 1, 1], ("w", "x", "y", "z")), outputs)
    assert found == (
        Mistake(2, "y", "b", "a", 1.0),
        Mistake(0, "w", "b", "a", 0.5),
        Mistake(1, "x", "a", "b", 0.5),
    )


def test_a_class_as_probable_as_the_right_one_is_a_mistake_still() -> None:
    equal = np.array([[0.5, 0.5]], np.float32)
    assert worst_mistakes(dataset("classification", [1]), equal) == (Mistake(0, "", "b", "a", 0.0),)


def test_numbers_come_by_their_error_up_to_a_dozen() -> None:
    truth = [[float(i), 0.0] for i in range(20)]
    found = worst_mistakes(dataset("regression", list(truth)), np.zeros((20, 2), np.float32))
    assert [m.sample for m in found] == list(range(19, 19 - MOST, -1))
    assert found[0] == Mistake(19, "", "19, 0", "0, 0", 9.5)


def test_an_anomaly_detector_has_none() -> None:
    assert worst_mistakes(dataset("anomaly", [[1.0]]), np.ones((1, 1), np.float32)) == ()
