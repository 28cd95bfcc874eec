# SPDX-License-Identifier: Apache-2.0
"""Steps of random networks that move the elements of whole images (1, height, width, channels)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from support.tflite_writer import GraphBuilder

Step = Callable[[int], int | None]
_LARGEST_SIDE = 12
_MOST_CHANNELS = 12


class MovementSteps:
    """A part of a random network; each step takes an image and returns the image it made, or None."""

    rng: np.random.Generator
    builder: GraphBuilder
    images: list[int]

    def movement_steps(self) -> list[Step]:
        """Return the steps of this file."""
        return [
            self._transposed, self._strided, self._reversed, self._unpacked, self._cut, self._padded,
            self._mirrored, self._blocks, self._batches, self._resized, self._gathered, self._looked_up,
            self._broadcast, self._reshaped_by_shape,
        ]  # fmt: skip

    def _image(self, x: int) -> tuple[int, int, int]:
        _, height, width, channels = self.builder.tensors[x].shape
        return height, width, channels

    def _made(self, x: int, shape: Sequence[int]) -> int:
        """Add a tensor quantized like x."""
        quantization = self.builder.tensors[x].quantization
        assert quantization is not None
        return self.builder.tensor(shape, scale=quantization.scale, zero_point=quantization.zero_point)

    def _constant(self, values: Any) -> int:
        data = np.asarray(values, np.int32)
        return self.builder.tensor(data.shape, "int32", data=data)

    def _moved(self, kind: str, x: int, operands: Sequence[Any], shape: Sequence[int], **options: Any) -> int:
        """Add an operation that reads x and constants."""
        y = self._made(x, shape)
        self.builder.operation(kind, [x, *map(self._constant, operands)], [y], **options)
        return y

    def _transposed(self, x: int) -> int:
        height, width, channels = self._image(x)
        order = [0, *(1 + self.rng.permutation(3))]
        shape = (1, height, width, channels)
        return self._moved("TRANSPOSE", x, [order], [shape[axis] for axis in order])

    def _strided(self, x: int) -> int:
        """Take every second row, or the columns backwards."""
        height, width, channels = self._image(x)
        if self.rng.integers(2):
            operands = [[0, height - 1, 0, 0], [1, height, width, channels], [1, -2, 1, 1]]
            shape = (1, -(-height // 2), width, channels)
        else:
            operands = [[0, 0, -1, 0], [0, 0, -width - 1, 0], [1, 1, -1, 1]]
            shape = (1, height, width, channels)
        return self._moved("STRIDED_SLICE", x, operands, shape, begin_mask=0b1001, end_mask=0b1011)

    def _reversed(self, x: int) -> int:
        axis = int(self.rng.integers(1, 4))
        return self._moved("REVERSE_V2", x, [[axis]], self.builder.tensors[x].shape)

    def _unpacked(self, x: int) -> int:
        """Take the rows apart, and put some of them together again."""
        height, width, channels = self._image(x)
        rows = [self._made(x, (1, width, channels)) for _ in range(height)]
        self.builder.operation("UNPACK", [x], rows, num=height, axis=1)
        chosen = [int(i) for i in self.rng.choice(rows, int(self.rng.integers(1, 5)))]
        y = self._made(x, (1, len(chosen), width, channels))
        self.builder.operation("PACK", chosen, [y], values_count=len(chosen), axis=1)
        return y

    def _cut(self, x: int) -> int | None:
        """Cut the channels into unequal parts, and keep both."""
        height, width, channels = self._image(x)
        if channels < 2:
            return None
        parts = [self._made(x, (1, height, width, n)) for n in (1, channels - 1)]
        operands = [x, self._constant([1, -1]), self._constant([3])]
        self.builder.operation("SPLIT_V", operands, parts, num_splits=2)
        self.images.append(parts[0])
        return parts[1]

    def _padded(self, x: int) -> int | None:
        height, width, channels = self._image(x)
        if max(height, width) > _LARGEST_SIDE:
            return None
        y, value = self._made(x, (1, height + 1, width + 2, channels)), self._made(x, (1,))
        data = self.rng.integers(-128, 128, 1).astype(np.int8)
        self.builder.tensors[value] = replace(self.builder.tensors[value], data=data)
        pairs = self._constant([[0, 0], [1, 0], [0, 2], [0, 0]])
        self.builder.operation("PADV2", [x, pairs, value], [y])
        return y

    def _mirrored(self, x: int) -> int | None:
        height, width, channels = self._image(x)
        if not 1 < height <= _LARGEST_SIDE:
            return None
        pairs = [[0, 0], [1, height - 1], [0, 0], [0, 0]]
        shape = (1, 2 * height, width, channels)
        mode = "REFLECT" if self.rng.integers(2) else "SYMMETRIC"
        return self._moved("MIRROR_PAD", x, [pairs], shape, mode=mode)

    def _blocks(self, x: int) -> int | None:
        height, width, channels = self._image(x)
        if channels % 4 == 0:
            shape = (1, 2 * height, 2 * width, channels // 4)
            return self._moved("DEPTH_TO_SPACE", x, [], shape, block_size=2)
        if height % 2 or width % 2 or 4 * channels > _MOST_CHANNELS:
            return None
        shape = (1, height // 2, width // 2, 4 * channels)
        return self._moved("SPACE_TO_DEPTH", x, [], shape, block_size=2)

    def _batches(self, x: int) -> int | None:
        """Go to batches and back, and crop on the way."""
        height, width, channels = self._image(x)
        if height % 2 or width % 3:
            return None
        shape = (6, height // 2, width // 3, channels)
        apart = self._moved("SPACE_TO_BATCH_ND", x, [[2, 3], np.zeros((2, 2))], shape)
        crops = [[0, 1], [1, 0]] if width > 1 else [[0, 1], [0, 0]]
        shape = (1, height - 1, width - (width > 1), channels)
        return self._moved("BATCH_TO_SPACE_ND", apart, [[2, 3], crops], shape)

    def _resized(self, x: int) -> int:
        channels = self._image(x)[2]
        size = [int(n) for n in self.rng.integers(1, _LARGEST_SIDE, 2)]
        kind = "RESIZE_BILINEAR" if self.rng.integers(2) else "RESIZE_NEAREST_NEIGHBOR"
        half = bool(self.rng.integers(2))
        return self._moved(kind, x, [size], (1, *size, channels), half_pixel_centers=half)

    def _gathered(self, x: int) -> int:
        height, width, channels = self._image(x)
        rows = self.rng.integers(0, height, int(self.rng.integers(1, 6)))
        return self._moved("GATHER", x, [rows], (1, len(rows), width, channels), axis=1)

    def _looked_up(self, x: int) -> int:
        """Choose pixels by their row and column."""
        height, width, channels = self._image(x)
        shape = (1, *(int(n) for n in self.rng.integers(1, 6, 2)))
        places = self.rng.integers(0, (1, height, width), (*shape, 3))
        return self._moved("GATHER_ND", x, [places], (*shape, channels))

    def _broadcast(self, x: int) -> int | None:
        """Repeat an image that is one pixel high or wide, or the first column of another."""
        height, width, channels = self._image(x)
        if width > 1:
            column = [[0, 0, 0, 0], [-1, -1, 1, -1]]
            x = self._moved("SLICE", x, column, (1, height, 1, channels))
        shape = (1, height, int(self.rng.integers(1, 5)), channels)
        return self._moved("BROADCAST_TO", x, [shape], shape)

    def _reshaped_by_shape(self, x: int) -> int:
        """Swap height and width with a shape that the model computes, as converters let it."""
        height, width, channels = self._image(x)
        shape = self.builder.tensor((4,), "int32")
        self.builder.operation("SHAPE", [x], [shape], out_type="INT32")
        sizes = [self.builder.tensor((1,), "int32") for _ in range(4)]
        self.builder.operation("SPLIT", [self._constant(0), shape], sizes, num_splits=4)
        swapped = self.builder.tensor((4,), "int32")
        order = [self.builder.tensor((), "int32") for _ in sizes]
        for size, number in zip(sizes, order, strict=True):
            self.builder.operation("SQUEEZE", [size], [number], squeeze_dims=(0,))
        swap = [order[axis] for axis in (0, 2, 1, 3)]
        self.builder.operation("PACK", swap, [swapped], values_count=4, axis=0)
        flat, y = self._made(x, (height * width, channels)), self._made(x, (1, width, height, channels))
        self.builder.operation("SQUEEZE", [self._rows(x)], [flat], squeeze_dims=(1,))
        self.builder.operation("RESHAPE", [flat, swapped], [y])
        return y

    def _rows(self, x: int) -> int:
        height, width, channels = self._image(x)
        rows = self._made(x, (height * width, channels))
        self.builder.operation("RESHAPE", [x, self._constant([-1, channels])], [rows])
        y = self._made(x, (height * width, 1, channels))
        self.builder.operation("EXPAND_DIMS", [rows, self._constant(1)], [y])
        return y
