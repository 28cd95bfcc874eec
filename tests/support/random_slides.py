# SPDX-License-Identifier: Apache-2.0
"""Random networks over a window that slides, whose layers only shift: what --stream must take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

Rng = np.random.Generator
_SCALE, _WEIGHTS = 0.05, 0.02
_LAYERS = (
    "conv",
    "conv",
    "depthwise",
    "pool",
    "relu",
    "residual",
    "inception",
    "crop",
    "pad",
    "dense",
    "split",
)
_HEADS = ("flat", "mean", "whole pool", "whole conv", "last", "columns", "squeeze")


def random_slide(seed: int, layers: int = 4) -> Graph:
    """Return a network of so many layers over (1, rows, columns, channels), time along the rows or, where
    there is but one row, along the columns.
    """
    rng = np.random.default_rng(seed)
    is_flat = bool(rng.integers(2))
    slide = Slide(rng, 2 if is_flat and rng.integers(2) else 1)
    columns = 1 if is_flat else int(rng.integers(2, 5))
    source = slide.source(int(rng.integers(24, 40)), columns, int(rng.integers(1, 7)))
    x = source
    for _ in range(layers):
        x = slide.layer(x, str(rng.choice(_LAYERS)))
    y = slide.head(x, str(rng.choice(_HEADS)))
    return slide.builder.graph([source], [y])


def small_slide(rows: int = 16) -> Graph:
    """Return convolutions over so many rows, a residual among them, and a matrix; a hop is two rows."""
    slide = Slide(np.random.default_rng(3))
    source = slide.source(rows, 1, 4)
    x = slide.conv(slide.residual(slide.conv(source, 3, 1, 1)), 2, 2, 1)
    return slide.builder.graph([source], [slide.matrix(x)])


@dataclass
class Slide:
    """Adds layers whose windows are VALID along axis, the one that slides."""

    rng: Rng
    axis: int = 1
    builder: GraphBuilder = field(default_factory=lambda: GraphBuilder("slide"))

    def source(self, rows: int, columns: int, channels: int) -> int:
        """Return the input."""
        return self.tensor(self.shape(rows, columns, channels), -3)

    def shape(self, rows: int, columns: int, channels: int) -> tuple[int, ...]:
        """Return an image's shape."""
        return (1, rows, columns, channels) if self.axis == 1 else (1, columns, rows, channels)

    def sizes(self, x: int) -> tuple[int, int, int]:
        """Return rows along the axis that slides, columns and channels."""
        _, height, width, channels = self.builder.tensors[x].shape
        return (height, width, channels) if self.axis == 1 else (width, height, channels)

    def tensor(self, shape: Sequence[int], zero_point: int = 5) -> int:
        """Return a tensor."""
        return self.builder.tensor(shape, scale=_SCALE, zero_point=zero_point)

    def layer(self, x: int, kind: str) -> int:
        """Return the output of a layer of a kind, or x where it is too short for one."""
        rows = self.sizes(x)[0]
        if rows < 4 and kind not in ("relu", "dense"):
            return x
        if kind in ("conv", "depthwise"):
            kernel = int(self.rng.integers(1, 4))
            dilation = int(self.rng.choice([1, 1, 2])) if rows > 6 else 1
            stride = int(self.rng.choice([1, 1, 1, 2]))
            return self.conv(x, kernel, stride, dilation, is_depthwise=kind == "depthwise")
        if kind == "pool":
            return self.pool(x, int(self.rng.integers(1, 4)), int(self.rng.choice([1, 2])))
        if kind == "relu":
            y = self.tensor(self.builder.tensors[x].shape)
            self.builder.operation(str(self.rng.choice(["ELU", "RELU"])), [x], [y])
            return y
        if kind == "residual":
            return self.residual(x)
        if kind == "inception":
            both = [self.conv(x, 3, 1, 1, 1), self.crop(x, 1, rows - 2)]
            return self.joined(both)
        if kind == "crop":
            return self.crop(x, int(self.rng.integers(0, 3)), rows - 3)
        if kind == "pad":
            return self.pad(x)
        if kind == "dense":
            return self.dense(x)
        return self.split(x)

    def conv(
        self, x: int, kernel: int, stride: int, dilation: int, across: int = 0, *, is_depthwise: bool = False
    ) -> int:
        """Return a convolution over so many rows and columns, of these 0: all or one of them."""
        rows, columns, channels = self.sizes(x)
        across = across or int(self.rng.choice([1, columns]))
        out = channels if is_depthwise else int(self.rng.integers(1, 9))
        taps = (kernel, across) if self.axis == 1 else (across, kernel)
        size = (1, *taps, channels) if is_depthwise else (out, *taps, channels)
        weights = self.builder.tensor(size, scale=_WEIGHTS, data=self.rng.integers(-90, 91, size))
        made = ((rows - (kernel - 1) * dilation - 1) // stride + 1, columns - across + 1, out)
        y = self.tensor(self.shape(*made))
        letters = ("h", "w") if self.axis == 1 else ("w", "h")
        options = {f"stride_{letters[0]}": stride, f"stride_{letters[1]}": 1, "padding": "VALID"}
        options |= {f"dilation_{letters[0]}_factor": dilation, f"dilation_{letters[1]}_factor": 1}
        options |= {"depth_multiplier": 1} if is_depthwise else {}
        kind = "DEPTHWISE_CONV_2D" if is_depthwise else "CONV_2D"
        activation = str(self.rng.choice(["NONE", "RELU"]))
        count = channels if is_depthwise else out
        bias = self.builder.tensor(
            (count,), "int32", scale=_SCALE * _WEIGHTS, data=self.rng.integers(-900, 900, count)
        )
        self.builder.operation(kind, [x, weights, bias], [y], fused_activation_function=activation, **options)
        return y

    def pool(self, x: int, kernel: int, stride: int) -> int:
        """Return a pool over so many rows."""
        rows, columns, channels = self.sizes(x)
        y = self.builder.tensor(
            self.shape((rows - kernel) // stride + 1, columns, channels),
            scale=_SCALE,
            zero_point=self.zero_point(x),
        )
        taps = (kernel, 1) if self.axis == 1 else (1, kernel)
        steps = (stride, 1) if self.axis == 1 else (1, stride)
        self.builder.operation(
            str(self.rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"])), [x], [y], filter_height=taps[0],
            filter_width=taps[1], stride_h=steps[0], stride_w=steps[1], padding="VALID",
            fused_activation_function="NONE",
        )  # fmt: skip
        return y

    def residual(self, x: int) -> int:
        """Return a convolution's output plus the rows in the middle of its window."""
        rows, columns, channels = self.sizes(x)
        weights = self.rng.integers(-90, 91, (channels, *((3, 1) if self.axis == 1 else (1, 3)), channels))
        kernel = self.builder.tensor(weights.shape, scale=_WEIGHTS, data=weights)
        y, total = (self.tensor(self.shape(rows - 2, columns, channels)) for _ in range(2))
        options = {"stride_h": 1, "stride_w": 1, "padding": "VALID", "fused_activation_function": "NONE"}
        self.builder.operation("CONV_2D", [x, kernel, -1], [y], **options)
        self.builder.operation(
            "ADD", [y, self.crop(x, 1, rows - 2)], [total], fused_activation_function="NONE"
        )
        return total

    def crop(self, x: int, start: int, count: int) -> int:
        """Return so many rows from start on."""
        rows, columns, channels = self.sizes(x)
        count = min(count, rows - start)
        zero = self.zero_point(x)
        y = self.builder.tensor(self.shape(count, columns, channels), scale=_SCALE, zero_point=zero)
        begin, end = (
            self.shape(place, each, channels) for place, each in ((start, 0), (start + count, columns))
        )
        begin = (0, *begin[1:3], 0)
        if self.rng.integers(2):
            size = self.builder.tensors[y].shape
            places = [self.constant(begin), self.constant(size)]
            self.builder.operation("SLICE", [x, *places], [y])
        else:
            places = [self.constant(begin), self.constant(end), self.constant((1, 1, 1, 1))]
            self.builder.operation("STRIDED_SLICE", [x, *places], [y])
        return y

    def joined(self, parts: Sequence[int]) -> int:
        """Return tensors' channels beside each other, requantized where they need to be."""
        rows, columns, _ = self.sizes(parts[0])
        alike = []
        for part in parts:
            fresh = self.tensor(self.builder.tensors[part].shape)
            self.builder.operation("QUANTIZE", [part], [fresh])
            alike.append(fresh)
        channels = sum(self.sizes(part)[2] for part in parts)
        y = self.tensor(self.shape(rows, columns, channels))
        self.builder.operation("CONCATENATION", alike, [y], axis=3, fused_activation_function="NONE")
        return y

    def pad(self, x: int) -> int:
        """Return x with zeros around its columns, not its rows."""
        rows, columns, channels = self.sizes(x)
        y = self.builder.tensor(
            self.shape(rows, columns + 2, channels), scale=_SCALE, zero_point=self.zero_point(x)
        )
        pairs = [[0, 0], [0, 0], [1, 1], [0, 0]] if self.axis == 1 else [[0, 0], [1, 1], [0, 0], [0, 0]]
        self.builder.operation("PAD", [x, self.builder.tensor((4, 2), "int32", data=pairs)], [y])
        return y

    def dense(self, x: int) -> int:
        """Return a matrix over the channels, in three dimensions and back."""
        rows, columns, channels = self.sizes(x)
        if columns > 1:
            return x
        zero = self.zero_point(x)
        flat = self.builder.tensor((1, rows, channels), scale=_SCALE, zero_point=zero)
        self.builder.operation(
            "RESHAPE", [x, self.constant((1, rows, channels))], [flat], new_shape=(1, rows, channels)
        )
        out = int(self.rng.integers(1, 9))
        data = self.rng.integers(-90, 91, (out, channels))
        weights = self.builder.tensor(data.shape, scale=_WEIGHTS, data=data)
        made, y = self.tensor((1, rows, out)), self.tensor(self.shape(rows, 1, out))
        self.builder.operation(
            "FULLY_CONNECTED",
            [flat, weights, -1],
            [made],
            keep_num_dims=True,
            fused_activation_function="NONE",
        )
        self.builder.operation("EXPAND_DIMS", [made, self.constant(3 - self.axis)], [y])
        return y

    def split(self, x: int) -> int:
        """Return the difference of two halves of the channels."""
        rows, columns, channels = self.sizes(x)
        if channels % 2:
            return x
        zero = self.zero_point(x)
        half = self.shape(rows, columns, channels // 2)
        parts = [self.builder.tensor(half, scale=_SCALE, zero_point=zero) for _ in range(2)]
        self.builder.operation("SPLIT", [self.constant(3), x], parts, num_splits=2)
        y = self.tensor(half)
        self.builder.operation("SUB", parts, [y], fused_activation_function="NONE")
        return y

    def head(self, x: int, kind: str) -> int:
        """Return what a layer over the whole window makes of x; "columns": x, a column for each row."""
        rows, columns, channels = self.sizes(x)
        if kind == "flat":
            return self.matrix(x)
        if kind == "mean":
            y = self.tensor((1, channels))
            self.builder.operation("MEAN", [x, self.constant((1, 2))], [y], keep_dims=False)
            return y
        if kind == "whole pool":
            return self.pool(x, rows, 1)
        if kind == "whole conv":
            return self.conv(x, rows, 1, 1)
        if kind == "last":
            return self.crop(x, rows - 1, 1)
        if kind == "squeeze" and columns == 1:
            y = self.builder.tensor((rows, channels), scale=_SCALE, zero_point=self.zero_point(x))
            self.builder.operation("SQUEEZE", [x], [y])
            return y
        return x if kind == "columns" and self.builder.operations else self.matrix(x)

    def matrix(self, x: int, out: int = 3) -> int:
        """Return a matrix over all that x has, with so many outputs."""
        length = int(np.prod(self.builder.tensors[x].shape))
        data = self.rng.integers(-90, 91, (out, length))
        weights = self.builder.tensor(data.shape, scale=_WEIGHTS, data=data)
        flat = self.builder.tensor((1, length), scale=_SCALE, zero_point=self.zero_point(x))
        self.builder.operation("RESHAPE", [x, self.constant((1, length))], [flat], new_shape=(1, length))
        y = self.tensor((1, out))
        self.builder.operation("FULLY_CONNECTED", [flat, weights, -1], [y], fused_activation_function="NONE")
        return y

    def constant(self, numbers: Sequence[int] | int) -> int:
        """Return an int32 constant."""
        return self.builder.tensor(np.shape(numbers), "int32", data=numbers)

    def zero_point(self, x: int) -> int:
        """Return a tensor's zero point."""
        quantization = self.builder.tensors[x].quantization
        assert quantization is not None
        return quantization.zero_point
