# SPDX-License-Identifier: Apache-2.0
"""What augmentation makes of the data, to look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.data.dataset import Dataset, Split
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.recipe import AugmentConfig
from toolkit.training.augmentation.chain import make_augment
from toolkit.training.batches import batch_seed

_SAMPLES = 1000


def augmented_dataset(dataset: Dataset, config: AugmentConfig, seed: int) -> Dataset:
    """Return dataset with the first thousand training samples as one epoch would see them.

    Labels stay as they are, also where samples are mixed. Raises InputError if config does nothing.
    """
    augment = make_augment(config, dataset)
    if augment is None:
        raise InputError(
            "no augmentation is switched on.",
            hint='Try: recipe = "adaptive" in the section [training], or shift = 0.1 in [training.augment]',
        )
    tensorflow = load_extra("tensorflow")
    x, y = np.asarray(dataset.train.x[:_SAMPLES], np.float32), np.asarray(dataset.train.y[:_SAMPLES])
    labels = tensorflow.one_hot(y, dataset.outputs) if dataset.task == "classification" else y
    run = tensorflow.function(augment, autograph=False)
    changed, _ = run(tensorflow.constant(x), labels, batch_seed(seed, 0, 0))
    return replace(dataset, train=Split(np.asarray(changed), y, dataset.train.names[:_SAMPLES]))
