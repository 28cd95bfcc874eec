# SPDX-License-Identifier: Apache-2.0
"""Steps of random networks that a pass can make one table of: elementwise operators in a row."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.random_arithmetic import ArithmeticSteps, Step


class ChainSteps(ArithmeticSteps):
    """A part of a random network; each step takes an image and returns the image it made."""

    def chain_steps(self) -> list[Step]:
        """Return the steps of this file."""
        return [self._chain, self._chain, self._requantized_twice, self._gated, self._as_it_is, self._held]

    def _chain(self, x: int) -> int:
        """Two to six operators that each read only what the one before made."""
        links: list[Any] = [
            self._sigmoid, self._with_number, self._with_number, self._extreme_number, self._function,
            self._one_slope, self._requantized, self._wide_and_back, self._real_and_back, self._turned,
        ]  # fmt: skip
        for _ in range(self.rng.integers(2, 7)):
            x = self.choose(links)(x)
        return x

    def _requantized_twice(self, x: int) -> int:
        return self._requantized(self._requantized(x))

    def _gated(self, x: int) -> int:
        """x times a function of x, as swish is spelled out."""
        gate = self._sigmoid(self._with_number(x) if self.rng.random() < 0.5 else x)
        return self._apply("MUL", [x, gate], self._new(x), fused_activation_function="NONE")

    def _as_it_is(self, x: int) -> int:
        """Operators that change nothing: a QUANTIZE to the same scale, there and back by one zero point."""
        y = self._apply("QUANTIZE", [x], self._like(x))
        return self._with_number(y) if self.rng.random() < 0.5 else y

    def _held(self, x: int) -> int:
        """A clamp to a range, of the same scale as what it holds."""
        y = self._apply(self.choose(("RELU", "RELU6")), [x], self._like(x)) if self.rng.random() < 0.5 else x
        return self._extreme_number(y)

    def _sigmoid(self, x: int) -> int:
        kind, scale, point = self.choose((("LOGISTIC", 1 / 256, -128), ("TANH", 1 / 128, 0)))
        return self._apply(kind, [x], self._new(x, scale, point))

    def _number(self, x: int, *, is_like: bool = False) -> int:
        """Return a constant number: of no dimension, of one, or once for each channel."""
        shape = self.choose(((), (1,), (1, 1, 1, 1), self.builder.tensors[x].shape[-1:]))
        scale, point = float(self.rng.uniform(0.02, 0.3)), int(self.rng.integers(-128, 128))
        if is_like:
            scale, point = self._scale(x), self._zero_point(x)
        data = np.full(shape, self.rng.integers(-128, 128))
        return self.builder.tensor(shape, scale=scale, zero_point=point, data=data)

    def _with_number(self, x: int) -> int:
        kind = self.choose(("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"))
        pair = [x, self._number(x)]
        pair = pair if self.rng.random() < 0.5 else pair[::-1]
        options = {} if kind == "SQUARED_DIFFERENCE" else {"fused_activation_function": "NONE"}
        return self._apply(kind, pair, self._new(x), **options)

    def _extreme_number(self, x: int) -> int:
        kind = self.choose(("MINIMUM", "MAXIMUM"))
        return self._apply(kind, [x, self._number(x, is_like=True)], self._like(x))

    def _one_slope(self, x: int) -> int:
        slopes = np.full((1, 1, self.builder.tensors[x].shape[3]), self.rng.integers(-128, 128))
        alpha = self.builder.tensor(slopes.shape, scale=0.01, zero_point=-20, data=slopes)
        return self._apply("PRELU", [x, alpha], self._new(x))

    def _requantized(self, x: int) -> int:
        return self._apply("QUANTIZE", [x], self._new(x))

    def _wide_and_back(self, x: int) -> int:
        shape = self.builder.tensors[x].shape
        wide = self.builder.tensor(shape, "int16", scale=self._scale(x) / 200)
        return self._requantized(self._apply("QUANTIZE", [x], wide))

    def _real_and_back(self, x: int) -> int:
        real = self.builder.tensor(self.builder.tensors[x].shape, "float32")
        return self._requantized(self._apply("DEQUANTIZE", [x], real))

    def _turned(self, x: int) -> int:
        """A reshape between two others, which moves nothing."""
        n, h, w, c = self.builder.tensors[x].shape
        target = self.builder.tensor((4,), "int32", data=(n, w, h, c))
        y = self.builder.tensor((n, w, h, c), scale=self._scale(x), zero_point=self._zero_point(x))
        return self._apply("RESHAPE", [x, target], y, new_shape=(n, w, h, c))
