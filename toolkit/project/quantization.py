# SPDX-License-Identifier: Apache-2.0
"""[quantization] of tinyml.toml: how the trained model becomes integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

PerTensor = Literal["percentile", "mse", "entropy"]
Calibrating = Literal["auto", "minmax", "percentile", "mse", "entropy"]
Activations = Literal["int8", "int16", "mixed"]
Rounding = Literal["nearest", "adaptive"]
PER_TENSOR: tuple[PerTensor, ...] = get_args(PerTensor)


@dataclass(frozen=True)
class QuantizationConfig:
    """[quantization]: samples is how many of the training split calibrate the ranges.

    activations is the type of all numbers between the layers, and of the model's input and output;
    weights are int8 with any; weights_bytes, if it is not 0, is the most flash for them: layers get weights
    of 4 bits until they fit. int16 needs twice the RAM and loses less; mixed is int8, and int16 where it
    helps most, for mixed_ms more at most. calibration says how the range of a tensor follows from its
    values: auto is minmax, without the rarest inputs where that is clearly nearer. equalize, correct_bias and
    rounding change the weights before they are integers (docs/quantization.md). false_alarms sets an anomaly
    detector's threshold: so large a share of the normal validation samples may be above it.
    """

    samples: int = 200
    activations: Activations = "int8"
    mixed_ms: float = 0.0
    weights_bytes: int = 0
    calibration: Calibrating = "auto"
    equalize: bool = False
    correct_bias: bool = False
    rounding: Rounding = "nearest"
    false_alarms: float = 0.05

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= 1_000_000:
            raise ValueError(f"samples {self.samples} must be from 1 to 1000000.")
        if not 0 <= self.false_alarms < 1:
            raise ValueError(f"false_alarms {self.false_alarms:g} must be at least 0 and less than 1.")
        if self.mixed_ms and self.activations != "mixed":
            raise ValueError(f'mixed_ms {self.mixed_ms:g} is for activations = "mixed" alone.')
        if self.activations == "mixed" and not 0 < self.mixed_ms < math.inf:
            raise ValueError(
                f'activations = "mixed" needs mixed_ms, the milliseconds that 16 bits may add, not '
                f"{self.mixed_ms:g}; tinyml quantize --explain says what they take in each place."
            )
        if self.weights_bytes < 0:
            raise ValueError(f"weights_bytes {self.weights_bytes} must be at least 0; 0 is no limit.")
        if self.weights_bytes and self.activations != "int8":
            raise ValueError('weights_bytes is for activations = "int8".')
        if self.integers != "int8" and self.changed:
            raise ValueError(f'{self.changed[0]} is for activations = "int8".')

    @property
    def integers(self) -> Literal["int8", "int16"]:
        """What the converter makes of activations."""
        return "int16" if self.activations == "int16" else "int8"

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the methods that are not the usual ones."""
        usual = {"calibration": "auto", "equalize": False, "correct_bias": False, "rounding": "nearest"}
        return tuple(name for name, value in usual.items() if getattr(self, name) != value)

    @property
    def adjusts(self) -> bool:
        """Whether weights or biases are fitted to what the rounding does."""
        return self.correct_bias or self.rounding == "adaptive"
