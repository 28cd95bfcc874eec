# SPDX-License-Identifier: Apache-2.0
"""What follows an epoch's validation loss: a lower rate on a plateau, the end, the best weights kept."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.project.recipe import TrainingConfig

_BETTER = 2e-4
_FORCED_AT = 0.75
_LOWEST = 1e-3


@dataclass
class Plateau:
    """Counts the epochs without progress: lowers the rate after patience, ends after stop_patience.

    The guard against the noise of early epochs: an epoch is better only if its loss is lower than the
    best by 0.02 %; epochs of the warm-up are not counted; where the schedule is plateau, the training
    does not end before the rate has been lowered, and stop_patience epochs in a row after that, whatever
    the rate did in them, brought nothing; and if noise has put the decay off until three quarters of all
    epochs are over, it comes then. The rate falls to a thousandth at most: below that nothing is learned.
    Source: Prokofiev and Sovrasov, arXiv 2108.07049, and the training code published with it, for the
    threshold and the forced decay.
    """

    config: TrainingConfig
    best: float = float("inf")
    waited: int = 0
    idle: int = 0
    factor: float = 1.0
    best_epoch: int = -1

    def after_epoch(self, epoch: int, loss: float) -> bool:
        """Count an epoch (the first is 0) that ended with this validation loss; return whether to stop."""
        if loss < self.best * (1 - _BETTER):
            self.best, self.best_epoch, self.waited, self.idle = loss, epoch, 0, 0
        elif epoch >= self.config.warmup_epochs:
            self.waited += 1
            self.idle += 1
        if self._must_stop():
            return True
        if self.config.schedule == "plateau" and self._must_decay(epoch):
            self.idle = 0 if self.factor == 1 else self.idle
            self.factor, self.waited = max(self.factor * self.config.decay, _LOWEST), 0
        return False

    def begin_phase(self) -> None:
        """Count from here: other layers train now."""
        self.waited = self.idle = 0

    def _must_stop(self) -> bool:
        may_stop = self.config.schedule != "plateau" or self.factor < 1
        return bool(self.config.stop_patience and may_stop and self.idle >= self.config.stop_patience)

    def _must_decay(self, epoch: int) -> bool:
        late = self.factor == 1 and epoch + 1 >= _FORCED_AT * self.config.epochs
        return late or self.waited >= self.config.patience
