# SPDX-License-Identifier: Apache-2.0
"""What outputs are worth, by task."""

from __future__ import annotations

import math

import numpy as np

from toolkit.metrics import area_under_roc, metric_name, score, score_text


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
    assert math.isclose(area_under_roc(truth, scores), sum(pairs) / len(pairs))
    assert math.isnan(area_under_roc(np.ones(3), scores[:3]))
