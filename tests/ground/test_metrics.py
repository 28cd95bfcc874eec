# SPDX-License-Identifier: Apache-2.0
"""What outputs are worth, by task."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.metrics import (
    alarm_threshold,
    area_under_roc,
    detect,
    label_counts,
    metric_name,
    score,
    score_text,
)


def test_small_and_large_errors_are_told_by_their_digits() -> None:
    told = [score_text("mae", value) for value in (2634.21694, 0.0, 3.14159e-7, 289882669056.0)]
    assert told == ["2634.2169", "0.0000", "3.142e-07", "2.899e+11"]


def test_several_labels_count_each_by_itself() -> None:
    truth = np.array([[1, 0, 1], [0, 0, 1]], np.float32)
    outputs = np.array([[0.9, 0.2, 0.4], [0.1, 0.6, 0.7]], np.float32)
    assert metric_name("multilabel") == "binary_accuracy"
    assert score("multilabel", truth, outputs) == 4 / 6
    assert score_text("binary_accuracy", 4 / 6) == "66.67 %"


def test_an_anomaly_detector_is_worth_how_well_its_errors_tell_the_two_kinds_apart() -> None:
    inputs = np.zeros((4, 2, 1), np.float32)
    outputs = np.array([[[0.0], [0.1]], [[1.0], [0.0]], [[0.2], [0.2]], [[2.0], [0.0]]], np.float32)
    assert score("anomaly", np.array([[0.0], [1.0], [0.0], [1.0]]), outputs, inputs) == 1.0
    assert score("anomaly", np.array([1.0, 0.0, 0.0, 1.0]), outputs, inputs) == 0.5
    assert score_text(metric_name("anomaly"), 0.5) == "0.5000"


def test_the_area_under_roc_counts_every_pair_and_equal_ones_half() -> None:
    rng = np.random.default_rng(3)
    truth, scores = rng.integers(0, 2, 40), rng.integers(0, 6, 40).astype(float)
    pairs = [(p > n) + (p == n) / 2 for p in scores[truth == 1] for n in scores[truth == 0]]
    assert area_under_roc(truth, scores) == pytest.approx(sum(pairs) / len(pairs))
    assert area_under_roc(np.ones(3), scores[:3]) is None


@pytest.mark.parametrize(("share", "above"), [(0.0, 0), (0.05, 1), (0.1, 2), (0.99, 19)])
def test_a_threshold_lets_at_most_so_many_normal_samples_be_alarms(share: float, above: int) -> None:
    errors = np.random.default_rng(1).permutation(20).astype(float)
    assert int((errors > alarm_threshold(errors, share)).sum()) == above


def test_a_threshold_is_worth_what_its_alarms_are() -> None:
    found = detect(np.array([0, 0, 0, 0, 1, 1]), np.array([1.0, 2, 3, 9, 3, 8]), 3.0)
    assert (found.precision, found.recall, found.false_alarms) == (0.5, 0.5, 0.25)


def test_what_cannot_be_told_of_a_threshold_is_none() -> None:
    found = detect(np.zeros(3), np.ones(3), 1.0)
    assert (found.precision, found.recall, found.false_alarms) == (None, None, 0.0)


def test_labels_are_counted_one_by_one() -> None:
    truth = np.array([[1, 0], [1, 1], [0, 0], [1, 0]], np.float32)
    outputs = np.array([[0.9, 0.6], [0.5, 0.7], [0.7, 0.1], [0.8, 0.0]], np.float32)
    assert label_counts(truth, outputs) == [[2, 1, 1, 0], [1, 1, 0, 2]]
