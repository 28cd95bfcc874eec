# SPDX-License-Identifier: Apache-2.0
"""A picture of the data: some samples of each class, as pictures or as curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit import plots
from toolkit.data import Dataset

_PICTURES, _CURVES, _POINTS = 10, 4, 1000
_MOST_CLASSES = 40
_RANGES = 4

Row = tuple[str, NDArray[np.float32]]


def contact_sheet(dataset: Dataset) -> bytes:
    """Return a PNG with the first samples of the training split, a row a class; of 40 classes at most.

    Samples of a regression are sorted into four ranges of their first target, those with several labels
    stand in the row of each, and what is anomalous is of the validation split. Needs matplotlib.
    """
    shape = dataset.input_shape
    title = f"{dataset.name}: the first of {len(dataset.train):,} training samples"
    if plots.are_pictures(shape):
        pictures = [(name, plots.as_pictures(x, dataset.name)) for name, x in rows_of(dataset, _PICTURES)]
        return plots.mosaic_png(pictures, title)
    if shape == (1,) and dataset.task == "regression":
        x, y = dataset.train.x[:_POINTS, 0], dataset.train.y[:_POINTS, 0]
        return plots.points_png(x.tolist(), y.tolist(), title)
    curves = [(name, x.reshape(len(x), shape[0], -1)) for name, x in rows_of(dataset, _CURVES)]
    return plots.waves_png(curves, title)


def rows_of(dataset: Dataset, most: int) -> list[Row]:
    """Return the label of each row and its samples of the training split, (at most `most`, *input shape)."""
    y = dataset.train.y
    if dataset.task == "anomaly":
        unusual = dataset.validation.x[np.flatnonzero(dataset.validation.y)[:most]]
        kinds = zip(dataset.classes, (dataset.train.x[:most], unusual), strict=True)
        return [(name, np.asarray(x)) for name, x in kinds if len(x)]
    if dataset.task == "classification":
        groups = [(name, np.flatnonzero(y == label)) for label, name in enumerate(dataset.classes)]
    elif dataset.task == "multilabel":
        groups = [(name, np.flatnonzero(y[:, label])) for label, name in enumerate(dataset.classes)]
    else:
        order = np.argsort(y[:, 0], kind="stable")
        parts = [part for part in np.array_split(order, _RANGES) if len(part)]
        groups = [(f"{y[part[0], 0]:.3g} to {y[part[-1], 0]:.3g}", np.sort(part)) for part in parts]
    return [(name, np.asarray(dataset.train.x[rows[:most]])) for name, rows in groups[:_MOST_CLASSES]]
