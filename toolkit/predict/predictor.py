# SPDX-License-Identifier: Apache-2.0
"""What a model must offer to be asked about files, and the one way in which it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from toolkit.data import Dataset, Takes
from toolkit.data.source import OnBroken
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

    def decode(self, file: Path, on_broken: OnBroken | None = None) -> Real:
        """Return the samples (n, ...) in a file, not standardized; on_broken as in data.decode_file.

        Raises InputError if it cannot.
        """

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


def predict(
    predictor: Predictor,
    files: Sequence[Path],
    on: Where | None,
    board: str,
    top: int,
    on_broken: OnBroken | None = None,
) -> Answer:
    """Return what the model says of each sample in files: its top classes, or all its numbers.

    A recording or a table may have many samples. on is by default where the model is at home. Files that the
    model cannot take are Answer.broken; if it can take none, the first one's InputError is raised. on_broken
    hears of rows that are left out; without it they are errors. Raises too what the predictor's run raises.
    """
    on = on or predictor.home
    names, real, broken = decode_samples(predictor, files, on_broken)
    outputs, by = predictor.run(real, on, board)
    meaning, threshold = predictor.meaning(outputs.shape[1]), predictor.threshold(on)
    seen = real if threshold is None else predictor.as_seen(real, on)
    labelled = label_outputs(meaning, seen, outputs, top, threshold)
    predictions = tuple(Prediction(name, values) for name, values in zip(names, labelled, strict=True))
    return Answer(meaning.task, by, predictions, threshold, on, tuple(broken))


def decode_samples(
    predictor: Predictor, files: Sequence[Path], on_broken: OnBroken | None = None
) -> tuple[list[str], Real, list[InputError]]:
    """Return the names of all samples in files, the samples as the model takes them, and what is wrong.

    Raises the first InputError, or one for all, if no file can be taken.
    """
    decoded: list[tuple[Path, Real]] = []
    broken: list[InputError] = []
    for file in files:
        try:
            decoded.append((file, predictor.decode(file, on_broken)))
        except InputError as error:
            broken.append(error)
    broken += [_misfit(predictor, file, x) for file, x in decoded if x.shape[1:] != predictor.shape]
    decoded = [(file, x) for file, x in decoded if x.shape[1:] == predictor.shape]
    if not decoded:
        raise broken[0] if len(broken) == 1 else broken_files(broken)
    names = [name for file, x in decoded for name in names_of(file, len(x))]
    real = np.concatenate([x for _, x in decoded])
    return names, predictor.standard.apply(real) if predictor.standard else real, broken


def sample_of(
    predictor: Predictor, file: Path, number: int, on_broken: OnBroken | None = None
) -> tuple[str, Real]:
    """Return the name and the values, of the model's shape, of a file's sample of this number, from 1 on.

    Rows that on_broken hears of do not count. Raises InputError if the file has no such sample.
    """
    names, real, _ = decode_samples(predictor, [file], on_broken)
    if number > len(real):
        count = "1 sample" if len(real) == 1 else f"{len(real):,} samples"
        raise InputError(
            f"{file} has {count}, none with the number {number:,}.",
            hint=f"Try: a number from 1 to {len(real):,}",
        )
    return names[number - 1], real[number - 1]


def _misfit(predictor: Predictor, file: Path, x: Real) -> InputError:
    return InputError(
        f"{file} gives samples of shape {x.shape[1:]}; {predictor.name} takes {predictor.shape}.",
        hint="Try: files like those that the model was trained with",
    )


def broken_files(broken: Sequence[InputError], **facts: object) -> InputError:
    """Return one error for files that have no prediction."""
    lines = "\n  ".join(error.message for error in broken)
    count = "1 file has" if len(broken) == 1 else f"{len(broken):,} files have"
    hints = list(dict.fromkeys(error.hint for error in broken if error.hint))
    facts["broken"] = [error.message for error in broken]
    return InputError(f"{count} no prediction:\n  {lines}", hint=hints[0] if hints else None, facts=facts)
