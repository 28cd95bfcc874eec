# SPDX-License-Identifier: Apache-2.0
"""AM-softmax from training to C: cosines are trained, and what is deployed is an ordinary model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING, outputs_of_c

from toolkit.data import Dataset, Split
from toolkit.project.config import DataConfig, ModelConfig, Project, ProjectConfig
from toolkit.project.recipe import TrainingConfig
from toolkit.quantization import quantize_model
from toolkit.training import train_model

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]


def blobs(samples: int, seed: int) -> Split:
    """Three clouds of points in four dimensions."""
    random = np.random.default_rng(seed)
    y = np.arange(samples, dtype=np.int64) % 3
    centres = np.array([[1, 0, 0, 1], [0, 1, 0, -1], [0, 0, 1, 0]], np.float32)
    return Split((centres[y] + random.normal(0, 0.2, (samples, 4))).astype(np.float32), y)


def test_a_model_trained_with_am_softmax_computes_the_same_in_c_and_knows_its_classes(tmp_path: Path) -> None:
    dataset = Dataset("blobs", "classification", blobs(240, 1), blobs(30, 2), blobs(60, 3), ("a", "b", "c"))
    project = Project(
        ProjectConfig("cosines"),
        DataConfig("python"),
        ModelConfig(family="mlp", options={"units": [8]}),
        TrainingConfig(epochs=8, learning_rate=0.02, loss="am_softmax"),
    )
    trained = train_model(project, dataset)
    model = quantize_model(trained.model, dataset.train.x)
    real = outputs_of_c(model, dataset.test.x, tmp_path)
    assert (real.argmax(axis=1) == dataset.test.y).mean() >= 0.95
    assert (real.argmax(axis=1) == trained.outputs.argmax(axis=1)).mean() >= 0.95
