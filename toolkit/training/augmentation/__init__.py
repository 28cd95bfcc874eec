# SPDX-License-Identifier: Apache-2.0
"""Augmentation: training samples changed at random, by the batch, in TensorFlow."""

from toolkit.training.augmentation.chain import make_augment
from toolkit.training.augmentation.preview import augmented_dataset, filtered_pictures

__all__ = ["augmented_dataset", "filtered_pictures", "make_augment"]
