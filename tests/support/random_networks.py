# SPDX-License-Identifier: Apache-2.0
"""Random small int8 networks with branches, as a converter could have made them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from support.random_chains import ChainSteps
from support.random_movement import MovementSteps
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

_ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def random_network(seed: int, operations: int = 8) -> Graph:
    """Return a network of about so many operations on images, with one or two inputs and outputs."""
    return _Network(np.random.default_rng(seed), f"net{seed}").build(operations)


class _Network(ChainSteps, MovementSteps):
    def __init__(self, rng: np.random.Generator, name: str) -> None:
        self.rng = rng
        self.builder = GraphBuilder(name)
        self.images: list[int] = []

    def build(self, operations: int) -> Graph:
        shape = (1, *(int(n) for n in self.rng.integers(3, 9, 2)), int(self.rng.integers(1, 6)))
        inputs = [self.fresh(shape) for _ in range(self.rng.integers(1, 3))]
        self.images = list(inputs)
        steps: list[Callable[[int], int | None]] = [
            self.conv, self.depthwise, self.pool, self.unary, self.pad, self.requantize,
            self.binary, self.binary, self.concatenation, self.stack, self.split, self.slice, self.reshape,
        ]  # fmt: skip
        others = (self.arithmetic_steps(), self.movement_steps(), self.chain_steps())
        while len(self.builder.operations) < operations:
            step = self.choose(steps if self.rng.random() < 0.5 else self.choose(others))
            made = step(self.images[-1] if self.rng.random() < 0.6 else self.choose(self.images))
            if made is not None:
                self.images.append(made)
        outputs = [self.head(self.images[-1])]
        if self.rng.random() < 0.4:
            outputs.append(self.choose(self.images))
        if self.rng.random() < 0.2:
            outputs.append(self.place(outputs[0]))
        return self.builder.graph(inputs, outputs)

    # What tensors look like

    def shape(self, tensor: int) -> tuple[int, ...]:
        return self.builder.tensors[tensor].shape

    def fresh(self, shape: Sequence[int], like: int | None = None) -> int:
        """Add a tensor with a random quantization, or with that of another one."""
        if like is not None:
            q = self.builder.tensors[like].quantization
            assert q is not None
            return self.builder.tensor(shape, scale=q.scale, zero_point=q.zero_point)
        scale, zero = float(self.rng.uniform(0.02, 0.3)), int(self.rng.integers(-128, 128))
        return self.builder.tensor(shape, scale=scale, zero_point=zero)

    def weights(self, source: int, shape: Sequence[int], axis: int, channels: int) -> list[int]:
        """Add weights, per channel or per tensor, and a bias with the scale that belongs to them."""
        q = self.builder.tensors[source].quantization
        assert q is not None
        count = channels if self.rng.random() < 0.7 else 1
        scales = self.rng.uniform(0.005, 0.03, count).astype(np.float32)
        data = self.rng.integers(-127, 128, tuple(shape))
        weights = self.builder.tensor(shape, scale=scales.tolist(), axis=axis, data=data)
        bias = self.rng.integers(-2000, 2000, channels)
        scale = (scales * np.float32(q.scale)).tolist()
        return [weights, self.builder.tensor((channels,), "int32", scale=scale, data=bias)]

    def window(self, size: tuple[int, int], most: int) -> tuple[dict[str, Any], tuple[int, ...], list[int]]:
        """Return options, kernel size and output size of a random window over an image."""
        padding = self.choose(("SAME", "VALID"))
        kernel = tuple(int(self.rng.integers(1, min(most, n) + 1)) for n in size)
        stride_h, stride_w = (int(n) for n in self.rng.integers(1, 3, 2))
        out = [
            -(-n // s) if padding == "SAME" else -(-(n - k + 1) // s)
            for n, k, s in zip(size, kernel, (stride_h, stride_w), strict=True)
        ]
        activation = self.choose(_ACTIVATIONS)
        options = {"padding": padding, "stride_h": stride_h, "stride_w": stride_w}
        return options | {"fused_activation_function": activation}, kernel, out

    # Operators: each returns the tensor it made, or None where the tensors do not allow it

    def conv(self, x: int) -> int:
        _, h, w, c = self.shape(x)
        options, kernel, out = self.window((h, w), 3)
        channels = int(self.rng.integers(1, 9))
        y = self.fresh((1, *out, channels))
        operands = [x, *self.weights(x, (channels, *kernel, c), 0, channels)]
        dilation = {"dilation_w_factor": 1, "dilation_h_factor": 1}
        self.builder.operation("CONV_2D", operands, [y], **options, **dilation)
        return y

    def depthwise(self, x: int) -> int:
        _, h, w, c = self.shape(x)
        options, kernel, out = self.window((h, w), 3)
        times = int(self.rng.integers(1, 3)) if c < 6 else 1
        y = self.fresh((1, *out, c * times))
        operands = [x, *self.weights(x, (1, *kernel, c * times), 3, c * times)]
        extra = {"depth_multiplier": times, "dilation_w_factor": 1, "dilation_h_factor": 1}
        self.builder.operation("DEPTHWISE_CONV_2D", operands, [y], **options, **extra)
        return y

    def pool(self, x: int) -> int:
        _, h, w, c = self.shape(x)
        options, kernel, out = self.window((h, w), 4)
        y = self.fresh((1, *out, c), like=x)
        kind = self.choose(("AVERAGE_POOL_2D", "MAX_POOL_2D"))
        self.builder.operation(kind, [x], [y], filter_height=kernel[0], filter_width=kernel[1], **options)
        return y

    def unary(self, x: int) -> int:
        kind = self.choose(("RELU", "RELU6", "LOGISTIC", "TANH"))
        shape = self.shape(x)
        fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
        if kind in fixed:
            y = self.builder.tensor(shape, scale=fixed[kind][0], zero_point=fixed[kind][1])
        else:
            y = self.fresh(shape)
        self.builder.operation(kind, [x], [y])
        return y

    def requantize(self, x: int) -> int:
        y = self.fresh(self.shape(x))
        self.builder.operation("QUANTIZE", [x], [y])
        return y

    def pad(self, x: int) -> int | None:
        _, h, w, c = self.shape(x)
        if max(h, w) > 10:
            return None
        around = self.rng.integers(0, 2, (2, 2))
        paddings = np.concatenate([np.zeros((1, 2)), around, np.zeros((1, 2))]).astype(np.int32)
        y = self.fresh((1, h + int(around[0].sum()), w + int(around[1].sum()), c), like=x)
        self.builder.operation("PAD", [x, self.builder.tensor((4, 2), "int32", data=paddings)], [y])
        return y

    def binary(self, x: int) -> int | None:
        """Add or multiply with an image of the same shape; x itself where there is no other."""
        others = [i for i in self.images if self.shape(i) == self.shape(x)]
        y = self.fresh(self.shape(x))
        kind = self.choose(("ADD", "MUL"))
        activation = self.choose(_ACTIVATIONS)
        self.builder.operation(kind, [x, self.choose(others)], [y], fused_activation_function=activation)
        return y

    def concatenation(self, x: int) -> int | None:
        """Join x with images of its size along the channels, requantized to what x has."""
        others = [i for i in self.images if i != x and self.shape(i)[:3] == self.shape(x)[:3]]
        channels = self.shape(x)[3]
        if not others or channels > 12:
            return None
        other = self.fresh(self.shape(others[-1]), like=x)
        self.builder.operation("QUANTIZE", [others[-1]], [other])
        y = self.fresh((*self.shape(x)[:3], channels + self.shape(other)[3]), like=x)
        self.builder.operation("CONCATENATION", [x, other], [y], axis=3, fused_activation_function="NONE")
        return y

    def stack(self, x: int) -> int | None:
        """Join x with images of its width and channels along the height, x among them where it comes."""
        _, _, w, c = self.shape(x)
        fitting = [i for i in self.images if self.shape(i)[2:] == (w, c)]
        others = [self.choose(fitting) for _ in range(self.rng.integers(1, 3))]
        parts = [x, *(self.fresh(self.shape(i), like=x) for i in others)]
        if sum(self.shape(i)[1] for i in parts) > 16:
            return None
        for other, part in zip(others, parts[1:], strict=True):
            self.builder.operation("QUANTIZE", [other], [part])
        y = self.fresh((1, sum(self.shape(i)[1] for i in parts), w, c), like=x)
        self.builder.operation("CONCATENATION", parts, [y], axis=1, fused_activation_function="NONE")
        return y

    def split(self, x: int) -> int | None:
        """Cut x into halves, and keep both."""
        axis = int(self.rng.choice([1, 1, 3]))
        shape = list(self.shape(x))
        if shape[axis] % 2:
            return None
        shape[axis] //= 2
        halves = [self.fresh(shape, like=x) for _ in range(2)]
        where = self.builder.tensor((), "int32", data=axis)
        self.builder.operation("SPLIT", [where, x], halves, num_splits=2)
        self.images.append(halves[0])
        return halves[1]

    def slice(self, x: int) -> int:
        """Take some rows of x, and sometimes of these some columns."""
        shape = self.shape(x)
        begin, size = [0] * 4, list(shape)
        for axis in (1, 2)[: self.rng.integers(1, 3)]:
            begin[axis] = int(self.rng.integers(shape[axis]))
            size[axis] = int(self.rng.integers(1, shape[axis] - begin[axis] + 1))
        y = self.fresh(size, like=x)
        places = [self.builder.tensor((4,), "int32", data=values) for values in (begin, size)]
        self.builder.operation("SLICE", [x, *places], [y])
        return y

    def reshape(self, x: int) -> int:
        _, h, w, c = self.shape(x)
        shape = (1, w, h, c)
        y = self.fresh(shape, like=x)
        target = self.builder.tensor((4,), "int32", data=shape)
        self.builder.operation("RESHAPE", [x, target], [y], new_shape=shape)
        return y

    def head(self, x: int) -> int:
        """Reduce an image to scores: by its mean or all of it, a matrix, and often a softmax."""
        _, h, w, c = self.shape(x)
        if self.rng.random() < 0.5:
            flat, length = self.fresh((1, c)), c
            axes = self.builder.tensor((2,), "int32", data=[1, 2])
            self.builder.operation("MEAN", [x, axes], [flat], keep_dims=False)
        else:
            length = h * w * c
            flat = self.fresh((1, length), like=x)
            target = self.builder.tensor((2,), "int32", data=[1, length])
            self.builder.operation("RESHAPE", [x, target], [flat], new_shape=(1, length))
        classes = int(self.rng.integers(2, 8))
        y = self.fresh((1, classes))
        operands = [flat, *self.weights(flat, (classes, length), 0, classes)]
        activation = self.choose(_ACTIVATIONS)
        self.builder.operation("FULLY_CONNECTED", operands, [y], fused_activation_function=activation)
        if self.rng.random() < 0.6:
            result = self.builder.tensor((1, classes), scale=1 / 256, zero_point=-128)
            self.builder.operation("SOFTMAX", [y], [result], beta=1.0)
            return result
        return y
