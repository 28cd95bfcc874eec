# SPDX-License-Identifier: Apache-2.0
"""What a model said of samples: labels and values, as data and as a person reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit import metrics
from toolkit.data import Dataset, Takes
from toolkit.errors import InputError

Real = NDArray[np.float32]
Where = Literal["float", "int8", "board"]


@dataclass(frozen=True)
class Prediction:
    """What the model says of one sample: (label, value), the most probable first for classes.

    A value is a probability, a regression's number, or an anomaly detector's reconstruction error, whose
    label says on which side of the threshold it is.
    """

    name: str
    values: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Return {"sample": ..., "values": [{"label": ..., "value": ...}]}."""
        values = [{"label": label, "value": value} for label, value in self.values]
        return {"sample": self.name, "values": values}


@dataclass(frozen=True)
class Answer:
    """The predictions in the order of the files, what computed them, on what; threshold is that of errors.

    broken are what is wrong with files that have no prediction.
    """

    task: metrics.Task
    by: str
    predictions: tuple[Prediction, ...]
    threshold: float | None = None
    on: Where = "int8"
    broken: tuple[InputError, ...] = ()

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row a sample: its name, then labels and values, as a person reads them.

        Of several labels those that the sample has, in one cell.
        """
        return [(p.name, *self._cells(p.values)) for p in self.predictions]

    def _cells(self, values: tuple[tuple[str, float], ...]) -> list[str]:
        if self.task == "multilabel":
            named = [self._text(*pair) for pair in values if metrics.has_label(np.float64(pair[1]))]
            return [", ".join(named) or "none"]
        return [self._text(label, value) for label, value in values]

    def _text(self, label: str, value: float) -> str:
        if self.task == "anomaly":
            return f"{label}, error {value:.4g}"
        is_probability = self.task in ("classification", "multilabel")
        return f"{label} {100 * value:.1f} %" if is_probability else f"{label} {value:.6g}".strip()


def names_of(path: Path, samples: int) -> list[str]:
    """Return the file's name, with the sample's number, from 1, where it has several."""
    return [f"{path}:{i + 1}" if samples > 1 else f"{path}" for i in range(samples)]


def label_outputs(
    meaning: Dataset | Takes, real: Real, outputs: Real, top: int, threshold: float | None = None
) -> list[tuple[tuple[str, float], ...]]:
    """Return what outputs (n, outputs) for the inputs real (n, ...) mean, as in Prediction.values.

    threshold is the error above which a sample is anomalous, for an anomaly detector.
    """
    if meaning.task == "anomaly":
        assert threshold is not None
        errors = metrics.reconstruction_errors(real, outputs)
        return [((meaning.classes[int(e > threshold)], float(e)),) for e in errors]
    if meaning.task != "classification":
        numbered = tuple(f"output {i}:" for i in range(outputs.shape[1])) if outputs.shape[1] > 1 else ("",)
        labels = meaning.classes or numbered
        return [tuple(zip(labels, row.tolist(), strict=True)) for row in outputs]
    order = np.argsort(-outputs, axis=1, kind="stable")[:, :top]
    return [
        tuple((meaning.classes[i], float(row[i])) for i in best)
        for best, row in zip(order, outputs, strict=True)
    ]
