# SPDX-License-Identifier: Apache-2.0
"""How much each group of channels matters, by its weights alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.pruning.rules import GATES, Places
from toolkit.pruning.structure import FIXED, Part, Structure

Scores = NDArray[np.float64]


def sizes(structure: Structure, criterion: Literal["l1", "l2", "bn"]) -> Scores:
    """Return how large the weights are that compute each group, (labels,): of several layers the mean.

    l1: the sum of a channel's absolute weights (Li et al., arXiv 1608.08710), l2: the root of the sum of
    their squares, bn: the absolute scale of the batch norm behind it (Liu et al., arXiv 1708.06519); a
    channel without one counts by l1. Each is divided by the mean of its layer, so that layers compare.
    """
    total, count = np.zeros(structure.count), np.zeros(structure.count)
    for labels, values in _measured(structure, criterion):
        np.add.at(total, labels, values / max(float(np.mean(values)), 1e-12))
        np.add.at(count, labels, 1)
    total[FIXED], count[FIXED] = 0, 1
    return total / np.maximum(count, 1)


def _measured(structure: Structure, criterion: str) -> Iterator[tuple[Places, Scores]]:
    normed = np.zeros(structure.count, bool)
    if criterion == "bn":
        for part in structure.parts.values():
            gamma = getattr(part.layer, "gamma", None)
            if gamma is not None and type(part.layer).__name__ == "BatchNormalization":
                normed[part.gives] = True
                yield part.gives, np.abs(np.asarray(gamma, np.float64))
    for part in structure.sources():
        values = _norms(part, 2 if criterion == "l2" else 1)
        places = ~normed[part.gives]
        if np.any(places):
            yield part.gives[places], values[places]


def _norms(part: Part, order: int) -> Scores:
    """Return the norm of the weights that compute each output channel, (channels,)."""
    kernels = _by_output(part.layer)
    return np.asarray(np.sum(np.abs(kernels) ** order, axis=0) ** (1 / order), np.float64)


def _by_output(layer: Any) -> NDArray[np.float64]:
    """Return a layer's kernel as (weights of one channel, channels)."""
    kind, weights = type(layer).__name__, [np.asarray(w, np.float64) for w in layer.get_weights()]
    if kind in GATES:
        return np.concatenate(np.split(weights[0], GATES[kind], axis=1))
    if kind.startswith("SeparableConv"):
        return weights[1].reshape(-1, weights[1].shape[-1])
    kernel = np.swapaxes(weights[0], -1, -2) if kind.endswith("DTranspose") else weights[0]
    return kernel.reshape(-1, kernel.shape[-1])
