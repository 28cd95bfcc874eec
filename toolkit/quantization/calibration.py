# SPDX-License-Identifier: Apache-2.0
"""The samples that set the ranges of the activations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Dataset
from toolkit.project.config import Project


def calibration_samples(project: Project, dataset: Dataset) -> NDArray[np.float32]:
    """Return quantization.samples of the training split, or all if it has fewer; seeded."""
    order = np.random.default_rng(project.project.seed).permutation(len(dataset.train))
    return dataset.train.x[order[: project.quantization.samples]]
