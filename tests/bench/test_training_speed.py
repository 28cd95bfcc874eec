# SPDX-License-Identifier: Apache-2.0
"""Training against plain model.fit of the same model, alternating in one run; and the first batch."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING, shortened

from toolkit import ui
from toolkit.data import load_dataset
from toolkit.extras import load_extra
from toolkit.training.batches import training_batches
from toolkit.training.checkpoint import Checkpoint
from toolkit.training.fit import PREDICT_BATCH, Fitting
from toolkit.training.once import Setting, train_in_place
from toolkit.ui import OnProgress

pytestmark = [
    pytest.mark.bench,
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.timeout(1200),
]
EPOCHS = 12
ROUNDS = 4


def plain_fit(model: Any, setting: Setting) -> None:
    keras, dataset, config = load_extra("keras"), setting.dataset, setting.project.training
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.fit(
        dataset.train.x,
        dataset.train.y,
        batch_size=config.batch_size,
        epochs=EPOCHS,
        validation_data=(dataset.validation.x, dataset.validation.y),
        validation_batch_size=PREDICT_BATCH,
        verbose=0,
    )


class Terminal(io.StringIO):
    """What a bar is drawn on."""

    def isatty(self) -> bool:
        return True


@contextmanager
def bar(monkeypatch: pytest.MonkeyPatch) -> Iterator[OnProgress]:
    """The bar of a terminal, which nobody sees."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", Terminal())
        patch.setenv("TERM", "xterm")
        with ui.progress("train") as on_progress:
            yield on_progress
        assert "val_loss" in sys.stderr.getvalue()


def test_training_with_checkpoints_takes_no_longer_than_plain_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = shortened("digits", tmp_path, EPOCHS)
    setting = Setting.of(project, load_dataset(project), project.model)
    config = replace(project.training, epochs=EPOCHS)
    load_extra("tensorflow").config.experimental.enable_op_determinism()
    ours, plain, watched = [], [], []
    for number in range(ROUNDS):
        model = setting.new_model(config)
        started = time.process_time()
        plain_fit(model, setting)
        plain.append(time.process_time() - started)
        model = setting.new_model(config)
        started = time.process_time()
        train_in_place(model, setting, config, Checkpoint(tmp_path / f"{number}.npz", "key"))
        ours.append(time.process_time() - started)
        model = setting.new_model(config)
        started = time.process_time()
        with bar(monkeypatch) as on_progress:
            kept = Checkpoint(tmp_path / f"watched-{number}.npz", "key")
            train_in_place(model, setting, config, kept, on_progress)
        watched.append(time.process_time() - started)
    ratios = {name: min(values) / min(plain) for name, values in (("quiet", ours), ("with a bar", watched))}
    for name, ratio in ratios.items():
        print(f"training {name} / plain fit: {ratio:.3f} of the processor time")
    assert max(ratios.values()) <= 1.05


def test_the_first_augmented_batch_is_there_within_three_seconds(tmp_path: Path) -> None:
    project = shortened("digits", tmp_path, 2)
    training = replace(project.training, augment=replace(project.training.augment, augmix=1.0, shift=0.1))
    setting = Setting.of(project, load_dataset(project), project.model)
    fitting = Fitting(setting.new_model(training), training, setting.dataset, 1, "digits")
    started = time.process_time()
    next(iter(training_batches(setting.dataset.train, fitting.plan(), 0, 2)))
    elapsed = time.process_time() - started
    print(f"first batch with AugMix: {elapsed:.2f} s of processor time")
    assert elapsed < 3
