# SPDX-License-Identifier: Apache-2.0
"""Augmentation: training samples changed at random, by the batch, in TensorFlow."""

from toolkit.training.augmentation.chain import make_augment

__all__ = ["make_augment"]
