# SPDX-License-Identifier: Apache-2.0
"""How coarse the numbers of an integer model are beside those that it is to tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_COARSE = 0.1
"""A step of a tenth of the deviation adds 0.03 deviations of error; one of half of it 0.14."""
_STEPS_MORE = 128  # of int16: its range has 0 in the middle


def smallest_deviation(targets: NDArray[Any]) -> float | None:
    """Return the least deviation of a column of targets (n, targets), None if all are constant."""
    varying = targets[:, np.ptp(targets, axis=0) > 0].astype(np.float64)
    return float(varying.std(axis=0).min()) if varying.size else None


def coarse_note(quantization: Mapping[str, Any]) -> str:
    """Return what is wrong with the steps of a regression's output, and what to try; "" if nothing is.

    quantization is the content of quantization.json. All outputs share one scale, and the range of an
    int8 tensor holds 0: targets that are far from 0 for their spread get few steps.
    """
    deviation = quantization.get("target_deviation")
    if not deviation or (step := quantization["outputs"][0]["scale"]) <= _COARSE * deviation:
        return ""
    scheme, finer = quantization.get("scheme", "int8"), step / _STEPS_MORE
    advice = 'activations = "int16" in the section [quantization], or '
    if scheme != "int8" or finer > _COARSE * deviation:
        advice = ""
    return (
        f"The {scheme} output comes in steps of {step:.3g}, and a target deviates by {deviation:.3g} only: "
        f"one range holds 0 and all targets. Try: {advice}targets less a constant, and of one size."
    )
