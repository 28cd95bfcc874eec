# SPDX-License-Identifier: Apache-2.0
"""How the learning rate goes over the steps; plateau.py lowers it by what came out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.project.recipe import TrainingConfig


def rate_at(config: TrainingConfig, epoch: float) -> float:
    """Return the learning rate at a moment: 2.5 is in the middle of the third epoch.

    It rises in a straight line through warmup_epochs. Then it stays (constant, plateau), falls by
    the factor decay every decay_epochs at once (step) or bit by bit (exponential), or goes to zero
    along half a cosine. Source of cosine: Loshchilov and Hutter, arXiv 1608.03983, without restarts.
    """
    if epoch < config.warmup_epochs:
        return config.learning_rate * epoch / config.warmup_epochs
    after = epoch - config.warmup_epochs
    factor = 1.0
    if config.schedule == "step":
        factor = config.decay ** (after // config.decay_epochs)
    elif config.schedule == "exponential":
        factor = config.decay ** (after / config.decay_epochs)
    elif config.schedule == "cosine":
        part = min(after / max(config.epochs - config.warmup_epochs, 1), 1.0)
        factor = 0.5 * (1 + math.cos(math.pi * part))
    return config.learning_rate * factor


@dataclass(frozen=True, eq=False)
class Rate:
    """What an optimizer takes as its rate, and the factor by which it can be changed on the way.

    start is the step of the training at which the optimizer counts 0.
    """

    schedule: Any
    factor: Any
    start: Any

    def scale(self, factor: float) -> None:
        """Make the rate factor times what the schedule says, from now on."""
        self.factor.assign(factor)

    def start_at(self, step: int) -> None:
        """Let an optimizer that counts from 0 again go on at a step of the training."""
        self.start.assign(step)


def make_rate(config: TrainingConfig, steps: int) -> Rate:
    """Return the rate of every step of a training with steps an epoch: rate_at when the step begins.

    In the warm-up it is rate_at when the step ends, so that the first step is not lost.
    """
    keras = load_extra("keras")
    warm = config.warmup_epochs * steps
    values = [
        rate_at(config, (step + 1 if step < warm else step) / steps) for step in range(config.epochs * steps)
    ]
    table = keras.ops.convert_to_tensor(values, dtype="float32")
    factor = keras.Variable(1.0, trainable=False, name="rate_factor")
    start = keras.Variable(0, dtype="int32", trainable=False, name="rate_start")

    class Table(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[name-defined,misc]
        def __call__(self, step: Any) -> Any:
            last = keras.ops.minimum(keras.ops.cast(step, "int32") + start, len(values) - 1)
            return keras.ops.take(table, last) * factor

        def get_config(self) -> dict[str, Any]:
            return {}

    return Rate(Table(), factor, start)
