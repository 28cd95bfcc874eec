# SPDX-License-Identifier: Apache-2.0
"""Which tensors of an int8 .tflite are worth 16 bits: each one's part of the error, and its price in ms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from toolkit.quantization.pairs import layer_name
from toolkit.quantization.report import int8_outputs
from toolkit.quantization.widened import Wide, widenable, widened
from toolkit.reference.tflite import run_tflite_float
from toolkit.tflite.reader import read_graph

_LEAST = 0.01
"""A tensor that makes less of the error is not priced."""

Price = Callable[[bytes], float]
"""A .tflite -> the milliseconds of an inference."""


@dataclass(frozen=True, eq=False)
class Judge:
    """How far a .tflite is from the float one on inputs x (n, ...), and what it takes."""

    float32: bytes
    x: NDArray[np.float32]
    price: Price = lambda _: 0.0

    def error(self, content: bytes) -> float:
        """Return the mean square of how far the outputs are from the float model's."""
        found = int8_outputs(content, read_graph(content, "model"), self.x)
        return float(np.mean((found.astype(np.float64) - self._real) ** 2))

    @cached_property
    def _real(self) -> NDArray[np.float32]:
        return run_tflite_float(self.float32, self.x)


def wide_prices(content: bytes, judge: Judge) -> tuple[Wide, ...]:
    """Return the tensors of an int8 .tflite that make at least 1 % of its error, the worst one first."""
    graph = read_graph(content, "model")
    numbers = widenable(graph)
    whole = judge.error(content)
    if not numbers or not whole:
        return ()
    least, start = judge.error(widened(content, numbers)), judge.price(content)
    found = []
    for number in numbers:
        others = set(numbers) - {number}
        share = (judge.error(widened(content, others)) - least) / whole
        if share >= _LEAST:
            ms = judge.price(widened(content, [number])) - start
            found.append(Wide(number, layer_name(graph.tensors[number].name), share, ms))
    return tuple(sorted(found, key=lambda wide: -wide.share))


def mixed(content: bytes, judge: Judge, most_ms: float) -> tuple[bytes, tuple[Wide, ...]]:
    """Return the .tflite with 16 bits where they take most of the error away, for most_ms more at most.

    Layers side by side share what they cost. So it begins with all tensors of wide_prices, and those with the
    least share of the error for each ms go until the rest is within the budget. int8 stays where the rest is
    no nearer to the float model.
    """
    prices = wide_prices(content, judge)
    start = judge.price(content)
    taken = sorted(prices, key=lambda wide: wide.share / max(wide.ms, 1e-6))
    while taken:
        made = widened(content, [wide.tensor for wide in taken])
        if judge.price(made) - start <= most_ms:
            break
        taken = taken[1:]
    if not taken or judge.error(made) >= judge.error(content):
        return content, prices
    return made, tuple(replace(wide, is_wide=wide in taken) for wide in prices)
