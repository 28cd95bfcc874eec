# SPDX-License-Identifier: Apache-2.0
"""Which epoch's weights a model ends with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from toolkit.data.dataset import Dataset

ACCURACY, LOSS = "val_accuracy", "val_loss"


@dataclass
class Keeping:
    """The epoch to keep so far, from 0, by the curve of this name; -1 before the first.

    Of classes it is the last one whose validation accuracy is not clearly below the best: by at most one
    standard error of a difference of two accuracies, which on 9 samples is one of them, on 600 two or three,
    and on 10,000 four tenths of a point. A single epoch that is better by less is luck, and with a rate that
    falls the later weights are the calmer. After the rule of Breiman et al., Classification and Regression
    Trees, 1984, which takes the error of one. With is_strict it is the first one with the highest accuracy.
    Otherwise, and where classes are weighted, it is the epoch with the lowest validation loss.
    """

    by: str
    samples: int
    epoch: int = -1
    best: float = 0.0
    is_strict: bool = False

    def after_epoch(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """Count an epoch with these figures; return whether it is the one to keep so far."""
        if self.by not in logs:
            return False
        value, is_accuracy = float(logs[self.by]), self.by == ACCURACY
        is_first, is_better = self.epoch < 0, value > self.best if is_accuracy else value < self.best
        if is_first or is_better:
            self.best = value
        if (
            is_first
            or is_better
            or (
                not self.is_strict
                and is_accuracy
                and value >= self.best - error_of_difference(self.best, self.samples)
            )
        ):
            self.epoch = epoch
            return True
        return False


def error_of_difference(accuracy: float, samples: int) -> float:
    """Return by how much two accuracies on so many samples differ by chance: the standard error of that.

    Never 0: each accuracy is taken as if two more samples were drawn.
    """
    share = (accuracy * samples + 1) / (samples + 2)
    return math.sqrt(2 * share * (1 - share) / samples)


def keeping_of(dataset: Dataset, *, weighted: bool, is_strict: bool = False) -> Keeping:
    """Return what nothing has been counted in. is_strict: accuracy decides, although classes are weighted."""
    by = ACCURACY if dataset.task == "classification" and (is_strict or not weighted) else LOSS
    return Keeping(by, len(dataset.validation), is_strict=is_strict)
