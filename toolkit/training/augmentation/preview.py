# SPDX-License-Identifier: Apache-2.0
"""What augmentation makes of the data, to look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Dataset, Split
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.plots import are_pictures
from toolkit.project.recipe import PICTURE_FILTERS, AugmentConfig
from toolkit.training.augmentation.chain import Values, make_augment
from toolkit.training.augmentation.filters import filtered
from toolkit.training.batches import batch_seed

_SAMPLES = 1000
_FILTERED = 8


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


def filtered_pictures(dataset: Dataset) -> list[tuple[str, NDArray[np.float32]]]:
    """Return the first training pictures as they are and after each filter, (n, height, width, channels).

    Raises InputError if the samples are no pictures.
    """
    if not are_pictures(dataset.input_shape):
        raise InputError(
            f"filters are for pictures; the samples have the shape {dataset.input_shape}.",
            hint="See: tinyml data, without --filters",
        )
    x, values = np.asarray(dataset.train.x[:_FILTERED], np.float32), Values.of(dataset)
    after = [(name, np.asarray(filtered(x, name, values.low, values.high))) for name in PICTURE_FILTERS]
    return [("as they are", x), *after]
