# SPDX-License-Identifier: Apache-2.0
"""How far a training is, told within its epochs too, and rarely enough to cost nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from toolkit.extras import load_extra
from toolkit.metrics import value_text
from toolkit.ui import OnProgress

INTERVAL_S = 0.2
"""Within an epoch: an eye sees no more, and a short epoch says nothing before its end."""


class EpochProgress:
    """Tells on_progress of the batches and epochs of one training: done and total are in epochs."""

    def __init__(
        self,
        on_progress: OnProgress,
        label: str,
        epochs: int,
        steps: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = on_progress
        self._label = label
        self._epochs = epochs
        self._steps = steps
        self._clock = clock
        self._epoch = 0
        self._due_at = clock() + INTERVAL_S

    def begin(self, epoch: int) -> None:
        """Take note that this epoch begins."""
        self._epoch = epoch

    def after_batch(self, step: int, logs: Mapping[str, Any]) -> None:
        """Tell how far the epoch is after batch step, and what its metrics are so far, if it is time."""
        now = self._clock()
        if now >= self._due_at:
            self._due_at = now + INTERVAL_S
            self._tell(self._epoch + min((step + 1) / self._steps, 1.0), logs)

    def after_epoch(self, logs: Mapping[str, float], *, ended: bool) -> None:
        """Tell that an epoch is over; ended says that it was the last one, also if there were to be more."""
        self._due_at = self._clock() + INTERVAL_S
        self._tell(self._epochs if ended else self._epoch + 1, logs)

    def _tell(self, done: float, logs: Mapping[str, Any]) -> None:
        order = sorted(logs, key=lambda name: (not name.startswith("val_"), name != "val_loss", name))
        words = ", ".join(f"{name} {value_text(float(logs[name]))}" for name in order)
        self._report(done, self._epochs, f"{self._label} {self._epoch + 1}/{self._epochs}: {words}")


def batch_callback(progress: EpochProgress) -> Any:
    """Return the Keras callback that tells progress of epochs that begin and batches that end."""
    keras = load_extra("keras")

    class BatchCallback(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            progress.begin(epoch)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            progress.after_batch(batch, logs or {})

    return BatchCallback()
