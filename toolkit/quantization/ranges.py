# SPDX-License-Identifier: Apache-2.0
"""The ranges of a model's tensors: measured on inputs, or as a training left them in qat.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.quantization.simulation import Range, observed_values

QAT_FILE = "qat.json"


def measure_ranges(model: Any, x: NDArray[np.float32]) -> dict[str, Range]:
    """Return the lowest and highest value of each point of model for the inputs x, with 0 between them."""
    found: dict[str, Range] = {}

    def see(name: str, values: NDArray[Any]) -> None:
        low, high = found.get(name, (0.0, 0.0))
        found[name] = (min(low, float(values.min())), max(high, float(values.max())))

    observed_values(model, x, see)
    return {name: pair for name, pair in found.items() if pair[1] > pair[0]}


def ranges_of(about: Mapping[str, Any]) -> dict[str, Range]:
    """Return the ranges in the content of qat.json."""
    return {name: (float(low), float(high)) for name, (low, high) in about["ranges"].items()}
