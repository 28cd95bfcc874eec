# SPDX-License-Identifier: Apache-2.0
"""A rule from scores to detections, in integers: firmware_templates/decision/tm_decision.c on the host."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from toolkit.errors import InputError
from toolkit.ir.graph import Tensor
from toolkit.project.decision import DecisionConfig
from toolkit.suggest import did_you_mean

NEVER = 2**31 - 1
"""The threshold of a class that is never detected."""


@dataclass(frozen=True)
class DecisionRule:
    """thresholds are those of the sums of `average` windows' outputs, by class; see DecisionConfig.

    unreachable says which classes have a threshold that no output reaches, "" if none has.
    """

    thresholds: tuple[int, ...]
    average: int = 1
    need: int = 1
    of: int = 1
    refractory: int = 0
    unreachable: str = ""

    def words(self) -> str:
        """Return the rule in one line."""
        mean = "the score" if self.average == 1 else f"the mean of {self.average} scores"
        often = "" if self.of == 1 else f", in {self.need} of {self.of} windows"
        never = f"; {self.unreachable}" if self.unreachable else ""
        return f"{mean} reaches the threshold{often}; not again for {self.refractory} windows{never}"


def rule_of(
    config: DecisionConfig, classes: Sequence[str], output: Tensor, windows_within: int
) -> DecisionRule:
    """Return the rule for a model whose output (1, classes) is quantized.

    windows_within is how many windows begin within one, what refractory is if config does not say it.
    Raises InputError for a class that is not there.
    """
    quantization = output.quantization
    if quantization is None or output.elements != len(classes):
        raise InputError(
            f"[firmware.decision] is for a model with a score for each of {len(classes)} classes; "
            f"this one gives {output.elements} numbers."
        )
    require_classes(config, classes)

    def least(name: str) -> int:
        if name in config.ignore:
            return NEVER
        real = Fraction(config.thresholds.get(name, config.threshold))
        steps = real / Fraction(quantization.scale) + quantization.zero_point
        return min(math.ceil(steps * config.average), NEVER)

    refractory = windows_within if config.refractory is None else config.refractory
    thresholds = tuple(least(name) for name in classes)
    most = int(np.iinfo(output.dtype).max)
    never = [
        name
        for name, steps in zip(classes, thresholds, strict=True)
        if steps > most * config.average and name not in config.ignore
    ]
    unreachable = ""
    if set(classes) <= set(config.ignore):
        unreachable = "never any class: ignore names them all"
    elif never:
        real = quantization.scale * (most - quantization.zero_point)
        unreachable = f"never {', '.join(never)}: the threshold is above {real:.6g}, the output's most"
    return DecisionRule(thresholds, config.average, config.need, config.of, refractory, unreachable)


def require_classes(config: DecisionConfig, classes: Sequence[str]) -> None:
    """Raise InputError, which names the classes, if config names one that is not there."""
    for name in (*config.ignore, *config.thresholds):
        if name not in classes:
            near = did_you_mean(name, classes)
            raise InputError(f"firmware.decision: there is no class {name!r}. {near}")


class Decider:
    """A stream so far: step() takes the scores of one window after another."""

    def __init__(self, rule: DecisionRule) -> None:
        self._rule = rule
        self._scores: deque[Sequence[int]] = deque(maxlen=rule.average)
        self._found: deque[int] = deque(maxlen=rule.of)
        self._waiting = [0] * len(rule.thresholds)

    def step(self, scores: Sequence[int]) -> int | None:
        """Return the class that is detected with this window, by number, or None."""
        self._scores.append(scores)
        found = self._best()
        self._found.append(found)
        is_detected = found >= 0 and not self._waiting[found] and self._found.count(found) >= self._rule.need
        self._waiting = [max(left - 1, 0) for left in self._waiting]
        if not is_detected:
            return None
        self._waiting[found] = self._rule.refractory
        return found

    def _best(self) -> int:
        """The best class if it reaches its threshold, else -1."""
        sums = [sum(column) for column in zip(*self._scores, strict=True)]
        best = sums.index(max(sums))
        is_full = len(self._scores) == self._rule.average
        return best if is_full and sums[best] >= self._rule.thresholds[best] else -1
