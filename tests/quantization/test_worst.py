# SPDX-License-Identifier: Apache-2.0
"""The samples that a model is most wrong about: which, in which order, and what is said of them."""

from __future__ import annotations

import numpy as np

from toolkit.data import Dataset, Split
from toolkit.metrics import Task
from toolkit.quantization.worst import MOST, Mistake, worst_judged, worst_mistakes


def dataset(task: Task, y: list[object], names: tuple[str, ...] = ()) -> Dataset:
    kind = np.int64 if task == "classification" else np.float32
    split = Split(np.zeros((len(y), 1), np.float32), np.array(y, kind), names)
    return Dataset(
        "some", task, split, split, split, ("a", "b") if task in ("classification", "multilabel") else ()
    )


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


def test_of_several_labels_the_one_that_is_wrong_most_surely_counts() -> None:
    truth: list[object] = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    outputs = np.array([[0.25, 0.875], [0.125, 0.75], [0.75, 0.0]], np.float32)
    found = worst_mistakes(dataset("multilabel", truth, ("x", "y", "z")), outputs)
    assert found == (
        Mistake(2, "z", "b", "not b, 100.0 %", 1.0),
        Mistake(0, "x", "not b", "b, 87.5 %", 0.75),
    )


def test_a_label_that_is_wrong_by_half_and_half_is_a_mistake_still() -> None:
    half = np.array([[0.5, 0.0]], np.float32)
    (found,) = worst_mistakes(dataset("multilabel", [[1.0, 0.0]]), half)
    assert found == Mistake(0, "", "a", "not a, 50.0 %", 0.0)


def test_of_an_anomaly_detector_the_samples_nearest_to_the_other_kind_come_by_the_threshold() -> None:
    data = dataset("anomaly", [0.0, 1.0, 0.0, 1.0], ("w", "x", "y", "z"))
    found = worst_judged(data, np.array([0.25, 0.5, 2.0, 4.0]), 1.0)
    assert found == (
        Mistake(2, "y", "normal", "anomalous, 2", 1.0),
        Mistake(1, "x", "anomalous", "normal, 0.5", 0.5),
        Mistake(0, "w", "normal", "normal, 0.25", -0.75),
        Mistake(3, "z", "anomalous", "anomalous, 4", -3.0),
    )


def test_half_of_the_judged_are_of_each_kind() -> None:
    data = dataset("anomaly", [[float(i < 20)] for i in range(40)])
    found = worst_judged(data, np.arange(40.0), 100.0)
    assert [m.sample for m in found if m.truth == "anomalous"] == [0, 1, 2, 3, 4, 5]
    assert [m.sample for m in found if m.truth == "normal"] == [39, 38, 37, 36, 35, 34]
