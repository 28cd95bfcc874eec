# SPDX-License-Identifier: Apache-2.0
"""Precision, recall and F1 from a confusion matrix, with classes that nobody is or is named."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.report.classes import ClassScore, chance_of, class_scores, mean_of


def test_scores_of_a_matrix_done_by_hand() -> None:
    cat, dog, cow = class_scores([[3, 1, 0], [2, 4, 0], [0, 0, 0]], ("cat", "dog", "cow"))
    assert cat == ClassScore("cat", 4, 3 / 5, 3 / 4, 6 / 9)
    assert dog == ClassScore("dog", 6, 4 / 5, 4 / 6, 8 / 11)
    assert cow == ClassScore("cow", 0, None, None, None)


def test_a_class_that_is_never_named_has_no_precision_and_an_f1_of_0() -> None:
    assert class_scores([[0, 2], [0, 3]], "ab")[0] == ClassScore("a", 2, None, 0.0, 0.0)


def test_scores_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip(
        "sklearn.metrics", reason="needs scikit-learn: pip install 'tinyml-toolkit[train]'"
    )
    random = np.random.default_rng(3)
    truth, named = random.integers(0, 4, (2, 200))
    counts = metrics.confusion_matrix(truth, named).tolist()
    precision, recall, f1, samples = metrics.precision_recall_fscore_support(truth, named)
    for place, score in enumerate(class_scores(counts, "abcd")):
        assert (score.precision, score.recall, score.f1) == pytest.approx(
            (precision[place], recall[place], f1[place])
        )
        assert score.samples == samples[place]


def test_the_mean_is_of_what_there_is() -> None:
    assert mean_of([1.0, None, 0.5]) == 0.75
    assert mean_of([None]) is None


def test_chance_is_the_share_of_the_commonest_class() -> None:
    assert chance_of([[1, 2], [0, 1]]) == 0.75
    assert chance_of([[0, 0], [0, 0]]) is None
    assert chance_of(None) is None
