# SPDX-License-Identifier: Apache-2.0
"""What a model must offer to be asked about files, and the one way in which it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from toolkit.data import Dataset, Takes
from toolkit.data.standard import Standard
from toolkit.errors import InputError
from toolkit.predict.answer import Answer, Prediction, Real, Where, label_outputs, names_of
from toolkit.predict.outputs import Computed


class Predictor(Protocol):
    """A model with what is known of its inputs and outputs.

    Files are decoded before anything else is asked for, so that a broken file costs no training.
    """

    @property
    def name(self) -> str:
        """What an error calls the model."""

    @property
    def home(self) -> Where:
        """Where it runs if nobody says where."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample."""

    @property
    def standard(self) -> Standard | None:
        """What is done to the columns of decoded samples before the model takes them."""

    def decode(self, file: Path) -> Real:
        """Return the samples (n, ...) in a file, not standardized. Raises InputError if it cannot."""

    def run(self, real: Real, on: Where, board: str) -> Computed:
        """Return the outputs (n, outputs) for standardized samples (n, *shape), and who computed them.

        board is a board's name. Raises UsageError where the model does not run, CheckFailedError if a
        firmware's bytes are not those of the host.
        """

    def as_seen(self, real: Real, on: Where) -> Real:
        """Return real (n, ...) as the model has it there, after its own rounding."""

    def meaning(self, outputs: int) -> Dataset | Takes:
        """Return what says the task and the classes of this number of outputs."""

    def threshold(self, on: Where) -> float | None:
        """Return the error above which a sample is anomalous, for an anomaly detector that has one."""


def predict(predictor: Predictor, files: Sequence[Path], on: Where | None, board: str, top: int) -> Answer:
    """Return what the model says of each sample in files: its top classes, or all its numbers.

    A recording or a table may have many samples. on is by default where the model is at home. Raises
    InputError for files that the model cannot take, and what the predictor's run raises.
    """
    on = on or predictor.home
    names, real = _samples(predictor, files)
    outputs, by = predictor.run(real, on, board)
    meaning, threshold = predictor.meaning(outputs.shape[1]), predictor.threshold(on)
    seen = real if threshold is None else predictor.as_seen(real, on)
    labelled = label_outputs(meaning, seen, outputs, top, threshold)
    predictions = tuple(Prediction(name, values) for name, values in zip(names, labelled, strict=True))
    return Answer(meaning.task, by, predictions, threshold, on)


def _samples(predictor: Predictor, files: Sequence[Path]) -> tuple[list[str], Real]:
    """Return the names of all samples in files, and the samples as the model takes them."""
    decoded = [predictor.decode(file) for file in files]
    for file, x in zip(files, decoded, strict=True):
        if x.shape[1:] != predictor.shape:
            raise InputError(
                f"{file} gives samples of shape {x.shape[1:]}; {predictor.name} takes {predictor.shape}.",
                hint="Try: files like those that the model was trained with",
            )
    names = [name for file, x in zip(files, decoded, strict=True) for name in names_of(file, len(x))]
    real = np.concatenate(decoded)
    return names, predictor.standard.apply(real) if predictor.standard else real
