# SPDX-License-Identifier: Apache-2.0
"""Random numbers that follow from a seed alone, in TensorFlow's graph."""

from __future__ import annotations

from typing import Any

from toolkit.extras import load_extra


class Draw:
    """A stream of stateless draws: the same seed gives the same numbers in the same order."""

    def __init__(self, seed: Any, stream: int) -> None:
        self._random = load_extra("tensorflow").random
        self._seed = self._random.experimental.stateless_fold_in(seed, stream)
        self._number = 0

    def seed(self) -> Any:
        """Return a seed for another stream, int32 (2,)."""
        self._number += 1
        return self._random.experimental.stateless_fold_in(self._seed, self._number)

    def uniform(self, shape: Any, low: float = 0.0, high: float = 1.0) -> Any:
        """Return float32 numbers in [low, high)."""
        return self._random.stateless_uniform(shape, self.seed(), low, high)

    def normal(self, shape: Any) -> Any:
        """Return float32 numbers of mean 0 and deviation 1."""
        return self._random.stateless_normal(shape, self.seed())

    def integers(self, shape: Any, high: int) -> Any:
        """Return int32 numbers from 0 up to, and without, high."""
        kind = load_extra("tensorflow").int32
        return self._random.stateless_uniform(shape, self.seed(), 0, high, kind)

    def gamma(self, shape: Any, alpha: float) -> Any:
        """Return float32 numbers of a gamma distribution; made equal in sum they are of a Dirichlet."""
        return self._random.stateless_gamma(shape, self.seed(), alpha)

    def beta(self, shape: Any, alpha: float) -> Any:
        """Return float32 numbers of Beta(alpha, alpha), between 0 and 1."""
        one, other = self.gamma(shape, alpha), self.gamma(shape, alpha)
        return (one + 1e-12) / (one + other + 2e-12)
