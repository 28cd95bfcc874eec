# SPDX-License-Identifier: Apache-2.0
"""The ranges of a model's tensors: measured on inputs, or as a training left them in qat.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.project.quantization import PerTensor
from toolkit.quantization.histogram import Histogram
from toolkit.quantization.simulation import Range, Ranges, observed_values

QAT_FILE = "qat.json"


@dataclass(frozen=True)
class TrainedAsInt8:
    """What a model was trained with: the ranges by point, and the layers whose weights have 4 bits."""

    ranges: Ranges
    narrow: tuple[str, ...] = ()


def measure_ranges(model: Any, x: NDArray[np.float32], method: PerTensor | None = None) -> dict[str, Range]:
    """Return the range of each point of model for the inputs x, with 0 in it: the whole one, or by method."""
    found: dict[str, Range] = {}

    def see(name: str, values: NDArray[Any]) -> None:
        low, high = found.get(name, (0.0, 0.0))
        found[name] = (min(low, float(values.min())), max(high, float(values.max())))

    observed_values(model, x, see)
    found = {name: pair for name, pair in found.items() if pair[1] > pair[0]}
    if method is None:
        return found
    seen = {name: Histogram.empty(*pair) for name, pair in found.items()}

    def count(name: str, values: NDArray[Any]) -> None:
        if name in seen:
            seen[name].add(values)

    observed_values(model, x, count)
    return {name: each.range_by(method) for name, each in seen.items()}


def trained_as_int8(about: Mapping[str, Any]) -> TrainedAsInt8:
    """Return what stands in the content of qat.json."""
    ranges = {name: (float(low), float(high)) for name, (low, high) in about["ranges"].items()}
    return TrainedAsInt8(ranges, tuple(about["narrow"]))
