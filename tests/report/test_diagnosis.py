# SPDX-License-Identifier: Apache-2.0
"""Curves made up for each verdict, with noise, and ones that a verdict must not be taken in by."""

from __future__ import annotations

import math

import numpy as np
import pytest

from toolkit.report.diagnosis import Size, diagnose, diagnose_models, diagnosis_lines, kept_lines

EPOCHS = 40
FALLING = 2.3 * np.exp(-np.arange(EPOCHS) / 5) + 0.05
RISING_ACCURACY = 0.98 - 0.88 * np.exp(-np.arange(EPOCHS) / 5)


def curves(
    loss: object, val_loss: object, accuracy: object = None, val_accuracy: object = None, seed: int = 1
) -> dict[str, list[float]]:
    """Curves with 1 % of noise; accuracies follow a training that works unless they are given."""
    random = np.random.default_rng(seed)
    given = {
        "loss": loss,
        "val_loss": val_loss,
        "accuracy": RISING_ACCURACY if accuracy is None else accuracy,
        "val_accuracy": RISING_ACCURACY - 0.01 if val_accuracy is None else val_accuracy,
    }
    return {
        name: (np.broadcast_to(np.asarray(values, float), EPOCHS) * random.normal(1, 0.01, EPOCHS)).tolist()
        for name, values in given.items()
    }


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("verdict", "given"),
    [
        ("settled", (FALLING, FALLING + 0.01)),
        ("still learning", (np.linspace(2.3, 0.9, EPOCHS), np.linspace(2.3, 1.0, EPOCHS))),
        ("overfitting", (FALLING, FALLING + 0.02 * np.arange(EPOCHS))),
        ("overfitting", (FALLING, FALLING + 0.3, None, RISING_ACCURACY - 0.2)),
        ("suspicious data", (FALLING + 0.5, FALLING, RISING_ACCURACY - 0.2, RISING_ACCURACY)),
        ("suspicious data", (FALLING, 2.3 + 0.05 * np.arange(EPOCHS), None, 0.11)),
        ("stuck", (2.3, 2.3, 0.1, 0.1)),
        ("diverging", (np.concatenate([FALLING[:20], np.linspace(0.1, 9, 20)]), FALLING)),
        ("diverging", (np.linspace(0.5, 3, EPOCHS), 1.0)),
    ],
)
def test_each_kind_of_curve_has_its_verdict(verdict: str, given: tuple[object, ...], seed: int) -> None:
    assert diagnose(curves(*given, seed=seed), "accuracy", 0.1).verdict == verdict


def test_a_loss_that_is_no_number_is_named_with_its_epoch() -> None:
    broken = curves(FALLING, FALLING)
    broken["val_loss"][6] = math.nan
    found = diagnose(broken, "accuracy")
    assert (found.verdict, found.evidence) == ("diverging", "the loss is no number any more in epoch 7")


def test_few_epochs_give_no_verdict() -> None:
    few = {name: values[:4] for name, values in curves(FALLING, FALLING).items()}
    assert diagnose(few, "accuracy").evidence == "4 epochs with validation"
    assert diagnose({"loss": [1.0] * 9}, "accuracy").verdict == "unclear"


def test_the_evidence_has_the_numbers_and_the_advice_the_best_epoch() -> None:
    given = {"loss": [5.0, 4, 3, 2, 1], "val_loss": [5.0, 4, 3, 4, 6], "mae": [2.0] * 5, "val_mae": [2.5] * 5}
    found = diagnose(given, "mae")
    assert found.verdict == "overfitting"
    assert "mae ends at 2.0000 in training and 2.5000 in validation" in found.evidence
    assert "the validation loss was lowest, 3, in epoch 3, and ends at 6" in found.evidence
    assert found.advice.endswith("or 3 epochs.")


def test_a_regression_whose_validation_error_is_far_smaller_is_suspicious() -> None:
    given = {
        "loss": [5.0, 4, 3, 2, 1],
        "val_loss": [3.0, 2, 1, 0.5, 0.2],
        "mae": [1.0] * 5,
        "val_mae": [0.2] * 5,
    }
    assert diagnose(given, "mae").verdict == "suspicious data"


def test_a_model_that_knew_all_from_the_start_is_not_stuck() -> None:
    known = curves(0.01, 0.011, 0.99, 0.99)
    assert diagnose(known, "accuracy", 0.1).verdict == "settled"


def test_a_validation_loss_that_rises_by_nothing_that_counts_is_no_overfitting() -> None:
    tiny = curves(FALLING - 0.04, FALLING - 0.04 + np.linspace(0, 0.01, EPOCHS))
    assert diagnose(tiny, "accuracy", 0.1).verdict == "settled"


def test_a_training_without_the_metric_s_curve_is_told_by_its_loss() -> None:
    falling = {"loss": FALLING.tolist(), "val_loss": (FALLING + 0.02 * np.arange(EPOCHS)).tolist()}
    assert diagnose(falling, "auc").verdict == "overfitting"


def test_the_lines_for_a_person_are_of_the_model_to_deploy() -> None:
    models = [
        {"label": "a", "curves": curves(0.01, 0.011, 0.99, 0.99), "confusion": [[9, 1], [0, 10]]},
        {"label": "a", "curves": curves(FALLING, np.nan, 0.99, 0.99)},
    ]
    history = {"metric": "accuracy", "models": models}
    assert diagnosis_lines(history)[0].startswith("training: settled: the validation loss ends at 0.0109")
    assert [found.verdict for _, found in diagnose_models(history)] == ["settled", "diverging"]


GAP = (FALLING, FALLING + 0.3, None, RISING_ACCURACY - 0.2)
MEMORIZED = (FALLING, FALLING + 0.02 * np.arange(EPOCHS), None, 0.8 - 0.008 * np.arange(EPOCHS))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("verdict", "given", "size"),
    [
        ("few steps", GAP, Size(50, 27, 9, 3)),
        ("few steps", (FALLING, 2.3 + 0.05 * np.arange(EPOCHS), None, 0.11), Size(50, 27, 9, 3)),
        ("few steps", (np.linspace(2.3, 0.9, EPOCHS), np.linspace(2.3, 1.0, EPOCHS)), Size(80, 64, 20, 2)),
        ("few samples", GAP, Size(1250, 27, 9, 3)),
        ("few samples", (FALLING, FALLING + 0.02 * np.arange(EPOCHS)), Size(1250, 27, 9, 3)),
        ("overfitting", GAP, Size(20_000, 12_000, 2_000, 10)),
        ("overfitting", MEMORIZED, Size(20_000, 400, 200, 10)),
        ("settled", (FALLING, FALLING + 0.01), Size(50, 90, 30, 3)),
        ("unclear", (FALLING, FALLING + 0.01), Size(50, 27, 9, 3)),
    ],
)
def test_few_steps_few_samples_and_overfitting_are_told_apart(
    verdict: str, given: tuple[object, ...], size: Size, seed: int
) -> None:
    assert diagnose(curves(*given, seed=seed), "accuracy", 0.1, size).verdict == verdict


def test_advice_for_few_steps_and_few_samples_is_no_smaller_model() -> None:
    steps = diagnose(curves(*GAP), "accuracy", 0.1, Size(50, 27, 9, 3))
    assert steps.evidence.startswith("50 steps; accuracy ends at ")
    assert "smaller model" not in steps.advice
    samples = diagnose(curves(*GAP), "accuracy", 0.1, Size(1250, 27, 9, 3))
    assert "27 samples are for training, 9 for validation: one of these is 11.1 points" in samples.evidence
    assert "smaller model" not in samples.advice


def test_a_settled_curve_of_few_validation_samples_says_that_they_tell_little() -> None:
    found = diagnose(curves(FALLING, FALLING + 0.01), "accuracy", 0.1, Size(50, 8, 2, 2))
    assert "A validation of 2 samples tells little" in found.advice
    assert "one sample of validation is 50.0 points" in found.evidence


def test_a_training_without_validation_has_no_verdict() -> None:
    assert diagnose({"loss": [1.0] * 9}, "accuracy").evidence == "there is no validation split"


def test_the_lines_say_whose_weights_were_kept() -> None:
    curves = {"loss": [3.0, 2, 1], "val_loss": [2.0, 1.5, 3], "val_accuracy": [0.5, 0.75, 0.7]}
    model = {"kept_epoch": 2, "kept_by": "val_loss", "curves": curves}
    assert kept_lines(model) == ["  kept: the weights of epoch 2 of 3: validation loss 1.5, the lowest"]
    assert "accuracy 75.00 %, none is clearly better" in kept_lines({**model, "kept_by": "val_accuracy"})[0]
    assert "a second training, with validation too, of 2 epochs" in kept_lines({**model, "refit": True})[0]
    assert kept_lines({"kept_epoch": 3, "kept_by": "", "curves": curves}) == [
        "  kept: the weights of epoch 3 of 3"
    ]
    assert kept_lines({"curves": {}}) == []


def test_a_validation_at_chance_is_never_settled() -> None:
    falling = np.linspace(0.7, 0.6, EPOCHS)
    for train, validation, samples in ((0.55, 0.5, 0), (0.5, 0.42, 40), (0.62, 0.6, 40)):
        known = curves(falling, 0.69, np.full(EPOCHS, train), np.full(EPOCHS, validation))
        size = Size(10**6, 10**6, samples, 2) if samples else None
        found = diagnose(known, "accuracy", 0.5, size)
        assert found.verdict in ("at chance", "few samples") and "settled" not in found.verdict
    assert diagnose(known, "accuracy", 0.5, Size(10**6, 10**6, 4000, 2)).verdict == "settled"


def test_a_few_samples_that_are_all_right_are_not_called_chance() -> None:
    known = curves(np.linspace(0.7, 0.01, EPOCHS), 0.05, np.ones(EPOCHS), np.ones(EPOCHS))
    found = diagnose(known, "accuracy", 0.5, Size(10**6, 10**6, 4, 2))
    assert (found.verdict, "by accident" in found.evidence) == ("unclear", True)
    assert "validation samples, 4, up to 100.00 %" in found.evidence
    assert diagnose(known, "accuracy", 0.5, Size(10**6, 10**6, 40, 2)).verdict == "settled"
