# SPDX-License-Identifier: Apache-2.0
"""A model wrapped in what only training needs: SAM's step, a loss of more terms, peers beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from toolkit.extras import load_extra
from toolkit.training.sam import sam_step

# (wrapped model, x, y, outputs, loss, sample weights or None) -> loss, in training only.
LossTerm = Callable[[Any, Any, Any, Any, Any, Any], Any]


def wrap_model(
    model: Any, *, rho: float = 0.0, term: LossTerm | None = None, peers: Sequence[Any] = ()
) -> Any:
    """Return a model that computes what model does and trains its layers: train it, save the other.

    rho is SAM's, 0 for plain steps. Validation sees model's loss alone, without the term.
    """
    keras = load_extra("keras")

    class TrainingModel(keras.Model):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__(name=model.name)
            self.student = model
            self.peers = list(peers)

        def call(self, x: Any, training: bool | None = None) -> Any:
            return self.student(x, training=training)

        def compute_loss(
            self,
            x: Any = None,
            y: Any = None,
            y_pred: Any = None,
            sample_weight: Any = None,
            training: bool = True,
        ) -> Any:
            loss = super().compute_loss(x, y, y_pred, sample_weight, training)
            return term(self, x, y, y_pred, loss, sample_weight) if term and training else loss

        def train_step(self, data: Any) -> Any:
            return sam_step(self, data, rho) if rho else super().train_step(data)

    wrapped = TrainingModel()
    wrapped(keras.ops.zeros((1, *model.input_shape[1:])))
    return wrapped
