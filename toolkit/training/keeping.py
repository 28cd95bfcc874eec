# SPDX-License-Identifier: Apache-2.0
"""Which epoch's weights a model ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from toolkit.data.dataset import Dataset

ACCURACY, LOSS = "val_accuracy", "val_loss"


@dataclass
class Keeping:
    """The best epoch so far, from 0, by the curve of this name; -1 before the first.

    Of classes it is the one with the highest validation accuracy, and of equals the last: on few samples the
    loss is lowest, by chance or because nothing is sure yet, after a few steps that have learned little, and
    with a rate that falls the later weights are the calmer. Otherwise, and where classes are weighted, it is
    the one with the lowest validation loss.
    """

    by: str
    epoch: int = -1
    value: float = 0.0

    def after_epoch(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """Count an epoch with these figures; return whether it is the best so far."""
        if self.by not in logs:
            return False
        value = float(logs[self.by])
        is_better = value >= self.value if self.by == ACCURACY else value < self.value
        if self.epoch < 0 or is_better:
            self.epoch, self.value = epoch, value
            return True
        return False


def keeping_of(dataset: Dataset, *, weighted: bool) -> Keeping:
    """Return what nothing has been counted in."""
    return Keeping(ACCURACY if dataset.task == "classification" and not weighted else LOSS)
