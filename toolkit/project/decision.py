# SPDX-License-Identifier: Apache-2.0
"""[firmware.decision] of tinyml.toml: when a class counts as detected in a stream."""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST_WINDOWS = 1000


@dataclass(frozen=True)
class DecisionConfig:
    """[firmware.decision]: a window's scores become a detection.

    hop is how many rows (frames of features, rows of a sensor, samples of raw sound) lie between two windows;
    0: as the data have it. The scores of `average` windows are averaged; the best class is found if its
    average reaches the threshold, that of its own in thresholds or else threshold. It is detected if it was
    found in `need` of the last `of` windows, and then not again for refractory windows; none: as many as
    begin within a window. A class in ignore is never detected.
    """

    hop: int = 0
    average: int = 1
    threshold: float = 0.5
    thresholds: dict[str, float] = field(default_factory=dict)
    need: int = 1
    of: int = 1
    refractory: int | None = None
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.hop <= 1 << 20:
            raise ValueError(f"hop {self.hop} must be from 0 to {1 << 20}.")
        if not 1 <= self.average <= _MOST_WINDOWS:
            raise ValueError(f"average {self.average} must be from 1 to {_MOST_WINDOWS} windows.")
        if not 1 <= self.of <= _MOST_WINDOWS:
            raise ValueError(f"of {self.of} must be from 1 to {_MOST_WINDOWS} windows.")
        if not 1 <= self.need <= self.of:
            raise ValueError(f"need {self.need} must be at least 1 and at most of = {self.of}.")
        if not 0 <= (self.refractory or 0) <= 1_000_000:
            raise ValueError(f"refractory {self.refractory} must be from 0 to 1000000 windows.")
        for name, value in (("threshold", self.threshold), *self.thresholds.items()):
            if not 0 <= value <= 1:
                raise ValueError(f"the threshold {name} = {value:g} must be from 0 to 1.")
