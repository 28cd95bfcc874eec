# SPDX-License-Identifier: Apache-2.0
"""[training.qat] of tinyml.toml: the trained model goes on training with the board's int8 in it."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_EPOCHS = 1_000_000


@dataclass(frozen=True)
class QatConfig:
    """[training.qat]: how long the model goes on training as int8, and at what rate.

    epochs 0 is not at all. rate is a fraction of [training]'s learning_rate.
    """

    epochs: int = 0
    rate: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.epochs <= _MOST_EPOCHS:
            raise ValueError(f"epochs {self.epochs} must be from 0 to {_MOST_EPOCHS}.")
        if not 0 < self.rate <= 1:
            raise ValueError(f"rate {self.rate:g} must be above 0 and at most 1.")

    @property
    def is_on(self) -> bool:
        """Whether anything is trained as int8."""
        return self.epochs > 0
