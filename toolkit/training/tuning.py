# SPDX-License-Identifier: Apache-2.0
"""How a trained model goes on training: shorter and slower."""

from __future__ import annotations

from dataclasses import replace

from toolkit.project.pruning import PruneConfig
from toolkit.project.qat import QatConfig
from toolkit.project.recipe import SearchConfig, TrainingConfig


def fine_tuning(training: TrainingConfig, epochs: int, rate: float) -> TrainingConfig:
    """Return the training for so many epochs, at rate times its learning rate.

    Without a search, peers, a second training, and what comes after a training; a base is not frozen again.
    """
    return replace(
        training,
        epochs=epochs,
        learning_rate=training.learning_rate * rate,
        warmup_epochs=min(training.warmup_epochs, max(epochs // 5, 0)),
        skip_epochs=0,
        search=SearchConfig(),
        peers=0,
        refit=False,
        prune=PruneConfig(),
        qat=QatConfig(),
        transfer=replace(training.transfer, frozen_epochs=0, steps=1, unfreeze=()),
    )
