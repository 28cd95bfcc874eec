# SPDX-License-Identifier: Apache-2.0
"""Steps of random networks that compute with whole images: binary, unary, along axes, by truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from support.tflite_writer import GraphBuilder

Step = Callable[[int], int | None]
_COMPARISONS = ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")


class ArithmeticSteps:
    """A part of a random network; each step takes an image and returns the image it made, or None."""

    rng: np.random.Generator
    builder: GraphBuilder
    images: list[int]

    def choose(self, items: Sequence[Any]) -> Any:
        return items[self.rng.integers(len(items))]

    def arithmetic_steps(self) -> list[Step]:
        """Return the steps of this file."""
        return [
            self._difference, self._extreme, self._function, self._slopes, self._quotient, self._root,
            self._normalized, self._reduced, self._running_sum, self._sum_of_many, self._selected, self._mask,
        ]  # fmt: skip

    def place(self, scores: int) -> int:
        """Add the ARG_MAX or ARG_MIN along the last axis."""
        shape = self.builder.tensors[scores].shape
        y = self.builder.tensor(shape[:-1], "int32")
        axis = self.builder.tensor((), "int32", data=len(shape) - 1)
        self.builder.operation(self.choose(("ARG_MAX", "ARG_MIN")), [scores, axis], [y], output_type="INT32")
        return y

    def _new(self, x: int, scale: float | None = None, zero_point: int | None = None) -> int:
        """Add a tensor of x's shape, its quantization random where it is not given."""
        scale = float(self.rng.uniform(0.02, 0.3)) if scale is None else scale
        point = int(self.rng.integers(-128, 128)) if zero_point is None else zero_point
        return self.builder.tensor(self.builder.tensors[x].shape, scale=scale, zero_point=point)

    def _scale(self, x: int) -> float:
        quantization = self.builder.tensors[x].quantization
        assert quantization is not None
        return quantization.scale

    def _zero_point(self, x: int) -> int:
        quantization = self.builder.tensors[x].quantization
        assert quantization is not None
        return quantization.zero_point

    def _like(self, x: int) -> int:
        return self._new(x, self._scale(x), self._zero_point(x))

    def _apply(self, kind: str, inputs: Sequence[int], result: int, **options: Any) -> int:
        self.builder.operation(kind, inputs, [result], **options)
        return result

    def _rescaled(self, x: int, scale: float, zero_point: int) -> int:
        return self._apply("QUANTIZE", [x], self._new(x, scale, zero_point))

    def _partner(self, x: int) -> int:
        """Return an image of x's shape, or a constant that broadcasts to it."""
        shape = self.builder.tensors[x].shape
        if self.rng.random() < 0.6:
            return int(self.choose([i for i in self.images if self.builder.tensors[i].shape == shape]))
        small = self.choose(((), (shape[3],), (shape[2], 1), (1, *shape[1:])))
        data = self.rng.integers(-128, 128, small)
        scale, point = float(self.rng.uniform(0.02, 0.3)), int(self.rng.integers(-128, 128))
        return self.builder.tensor(small, scale=scale, zero_point=point, data=data)

    def _pair(self, x: int) -> list[int]:
        pair = [x, self._partner(x)]
        return pair if self.rng.random() < 0.5 else pair[::-1]

    def _difference(self, x: int) -> int:
        kind = self.choose(("SUB", "SUB", "SQUARED_DIFFERENCE"))
        options = {"fused_activation_function": self.choose(("NONE", "RELU"))} if kind == "SUB" else {}
        return self._apply(kind, self._pair(x), self._new(x), **options)

    def _extreme(self, x: int) -> int:
        other = self._partner(x)
        tensor = self.builder.tensors[other]
        if tensor.data is not None:
            scale, point = self._scale(x), self._zero_point(x)
            other = self.builder.tensor(tensor.shape, scale=scale, zero_point=point, data=tensor.data)
        elif other != x:
            other = self._rescaled(other, self._scale(x), self._zero_point(x))
        return self._apply(self.choose(("MINIMUM", "MAXIMUM")), [x, other], self._like(x))

    def _function(self, x: int) -> int:
        kind = self.choose(("ABS", "ELU", "HARD_SWISH", "LEAKY_RELU"))
        options = {"alpha": float(np.float32(self.rng.uniform(0, 0.5)))} if kind == "LEAKY_RELU" else {}
        return self._apply(kind, [x], self._new(x), **options)

    def _slopes(self, x: int) -> int:
        channels = self.builder.tensors[x].shape[3]
        slopes = self.rng.integers(-128, 128, (1, 1, channels))
        alpha = self.builder.tensor(slopes.shape, scale=0.01, zero_point=-20, data=slopes)
        return self._apply("PRELU", [x, alpha], self._new(x))

    def _quotient(self, x: int) -> int:
        other = self._partner(x)
        scale = self._scale(x) / self._scale(other) / float(self.rng.uniform(65, 1000))
        quotient = self._apply("DIV", [x, other], self._new(x, scale))
        return self._apply("QUANTIZE", [quotient], self._new(x))

    def _root(self, x: int) -> int:
        return self._apply("RSQRT", [self._rescaled(x, 0.1, -128)], self._new(x, 0.03))

    def _normalized(self, x: int) -> int:
        if self.rng.random() < 0.5:
            return self._apply("L2_NORMALIZATION", [x], self._new(x, 1 / 128, 0))
        return self._apply("LOG_SOFTMAX", [x], self._new(x, 1 / 16, 127))

    def _reduced(self, x: int) -> int:
        """Reduce an image along an axis, and add what comes out to it again."""
        kind = self.choose(("SUM", "REDUCE_MAX", "REDUCE_MIN"))
        axis = int(self.rng.integers(1, 4))
        shape = list(self.builder.tensors[x].shape)
        shape[axis] = 1
        axes = self.builder.tensor((1,), "int32", data=[axis])
        scale, point = (0.3, 5) if kind == "SUM" else (self._scale(x), self._zero_point(x))
        small = self.builder.tensor(shape, scale=scale, zero_point=point)
        self._apply(kind, [x, axes], small, keep_dims=True)
        return self._apply("ADD", [x, small], self._new(x), fused_activation_function="NONE")

    def _running_sum(self, x: int) -> int:
        axis = self.builder.tensor((), "int32", data=int(self.rng.integers(1, 4)))
        options = {"exclusive": bool(self.rng.integers(2)), "reverse": bool(self.rng.integers(2))}
        return self._apply("CUMSUM", [self._rescaled(x, 0.1, 0), axis], self._new(x), **options)

    def _sum_of_many(self, x: int) -> int:
        shape = self.builder.tensors[x].shape
        fitting = [i for i in self.images if self.builder.tensors[i].shape == shape]
        chosen = [self.choose(fitting) for _ in range(self.rng.integers(1, 3))]
        return self._apply("ADD_N", [self._rescaled(i, 0.1, 0) for i in (x, *chosen)], self._new(x))

    def _truths(self, x: int) -> int:
        """Add one or two comparisons of x, joined by logic."""
        shape = self.builder.tensors[x].shape
        partner = self._partner(x)
        if not 1 / 256 <= self._scale(partner) < 1:
            partner = self._rescaled(partner, 0.1, 3)
        found = [
            self._apply(self.choose(_COMPARISONS), [x, partner], self.builder.tensor(shape, "bool"))
            for _ in range(self.rng.integers(1, 3))
        ]
        result = self.builder.tensor(shape, "bool")
        if len(found) == 1:
            return self._apply("LOGICAL_NOT", found, result)
        return self._apply(self.choose(("LOGICAL_AND", "LOGICAL_OR")), found, result)

    def _selected(self, x: int) -> int | None:
        if not 1 / 256 <= self._scale(x) < 1:
            return None
        other = self._rescaled(x, self._scale(x), self._zero_point(x) // 2)
        left = self._apply("ABS", [other], self._like(x))
        return self._apply("SELECT_V2", [self._truths(x), left, x], self._like(x))

    def _mask(self, x: int) -> int | None:
        if not 1 / 256 <= self._scale(x) < 1:
            return None
        shape = self.builder.tensors[x].shape
        mask = self._apply("CAST", [self._truths(x)], self.builder.tensor(shape, "float32"))
        return self._apply("QUANTIZE", [mask], self._new(x, 0.02))
