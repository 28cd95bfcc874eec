# SPDX-License-Identifier: Apache-2.0
"""Random small Keras models with branches, as a user could have written them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from toolkit.extras import load_extra

_ACTIVATIONS = ("linear", "relu", "relu6", "hard_swish", "sigmoid")
_MOST_SIDE = 12
_KINDS = 16


def random_keras_model(seed: int, blocks: int = 6) -> Any:
    """Return a model of so many blocks on an image, with one or two outputs and random weights.

    Three seeds in a row from a multiple of 3 try every kind of block between them, if blocks is 6 or more;
    a few of the blocks lead to no output.
    """
    network = _Network(np.random.default_rng(seed))
    order = np.random.default_rng(seed // 3).permutation(_KINDS)
    model = network.build(
        f"keras{seed}", [int(order[(seed % 3 * blocks + i) % _KINDS]) for i in range(blocks)]
    )
    for layer in model.layers:
        layer.set_weights([network.values(variable) for variable in layer.weights])
    return model


class _Network:
    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.layers = load_extra("keras").layers

    def build(self, name: str, blocks: Sequence[int]) -> Any:
        inputs = self.layers.Input((self.number(4, 10), self.number(4, 10), self.number(1, 5)))
        images = [inputs]
        steps: list[Callable[[Any], Any]] = [
            self.conv, self.depthwise, self.separable, self.transposed, self.conv_1d, self.dense, self.pool,
            self.up, self.pad, self.crop, self.activation, self.reshape, self.excite, self.join, self.join,
            self.concatenation,
        ]  # fmt: skip
        assert len(steps) == _KINDS
        for block in blocks:
            source = images[-1] if self.rng.random() < 0.95 else self.choose(images)
            images.append(steps[block](source))
        outputs = [self.head(images[-1])]
        if self.rng.random() < 0.3:
            outputs.append(self.activation(self.choose(images[1:])))
        return load_extra("keras").Model(inputs, outputs if len(outputs) > 1 else outputs[0], name=name)

    # Dice

    def number(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most + 1))

    def choose(self, choices: Sequence[Any]) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def values(self, variable: Any) -> Any:
        """Return weights under which no range of activations vanishes or explodes."""
        shape = tuple(variable.shape)
        if variable.name in ("gamma", "moving_variance"):
            return self.rng.uniform(0.5, 1.5, shape)
        if len(shape) == 1:
            return self.rng.normal(0, 0.3, shape)
        return self.rng.normal(0, 1.5 / np.sqrt(np.prod(shape[:-1])), shape)

    def window(self, x: Any) -> dict[str, Any]:
        """Return the size of a window over an image, and its padding."""
        size = tuple(self.number(1, min(3, side)) for side in x.shape[1:3])
        return {"kernel_size": size, "padding": self.choose(("same", "valid"))}

    # Layers with weights

    def finish(self, x: Any) -> Any:
        """Return x normalized or not, and activated or not."""
        if self.rng.random() < 0.4:
            x = self.layers.BatchNormalization()(x)
        return self.activation(x) if self.rng.random() < 0.6 else x

    def conv(self, x: Any) -> Any:
        moves = {"strides": self.number(1, 2)} if self.rng.random() < 0.7 else {"dilation_rate": 2}
        window = self.window(x)
        if "dilation_rate" in moves:
            window["padding"] = "same"
        bias = bool(self.rng.random() < 0.7)
        return self.finish(self.layers.Conv2D(self.number(1, 8), use_bias=bias, **window, **moves)(x))

    def depthwise(self, x: Any) -> Any:
        more = self.number(1, 2) if x.shape[3] <= 8 else 1
        layer = self.layers.DepthwiseConv2D(
            depth_multiplier=more, strides=self.number(1, 2), **self.window(x)
        )
        return self.finish(layer(x))

    def separable(self, x: Any) -> Any:
        return self.finish(self.layers.SeparableConv2D(self.number(1, 8), **self.window(x))(x))

    def transposed(self, x: Any) -> Any:
        strides = 1 if max(x.shape[1:3]) > _MOST_SIDE // 2 else self.number(1, 2)
        return self.finish(
            self.layers.Conv2DTranspose(self.number(1, 6), strides=strides, **self.window(x))(x)
        )

    def conv_1d(self, x: Any) -> Any:
        """Convolve along the rows, or along all pixels in one row."""
        height, width, channels = x.shape[1:]
        rows = self.choose(((height, width * channels), (height * width, channels)))
        row = self.layers.Reshape(rows)(x)
        padding = self.choose(("same", "causal"))
        made = self.layers.Conv1D(self.number(1, 8), self.number(1, 3), padding=padding)(row)
        return self.finish(self.layers.Reshape((height, rows[0] // height, -1))(made))

    def dense(self, x: Any) -> Any:
        return self.finish(self.layers.Dense(self.number(1, 8))(x))

    def excite(self, x: Any) -> Any:
        """Squeeze and excite: weigh the channels by what is in them."""
        channels = x.shape[3]
        means = self.layers.GlobalAveragePooling2D(keepdims=True)(x)
        few = self.layers.Conv2D(max(1, channels // 2), 1, activation="relu")(means)
        gate = self.layers.Conv2D(channels, 1, activation=self.choose(("sigmoid", "hard_sigmoid")))(few)
        return self.layers.Multiply()([x, gate])

    # Layers without

    def activation(self, x: Any) -> Any:
        return self.layers.Activation(self.choose(_ACTIVATIONS))(x)

    def pool(self, x: Any) -> Any:
        size = tuple(self.number(1, min(3, side)) for side in x.shape[1:3])
        layer = self.choose((self.layers.MaxPooling2D, self.layers.AveragePooling2D))
        return layer(size, strides=self.number(1, 2), padding=self.choose(("same", "valid")))(x)

    def up(self, x: Any) -> Any:
        if max(x.shape[1:3]) > _MOST_SIDE:
            return self.pool(x)
        return self.layers.UpSampling2D(2, interpolation=self.choose(("nearest", "bilinear")))(x)

    def pad(self, x: Any) -> Any:
        if max(x.shape[1:3]) > _MOST_SIDE:
            return self.crop(x)
        edges = [(self.number(0, 2), self.number(0, 2)) for _ in range(2)]
        return self.layers.ZeroPadding2D(edges)(x)

    def crop(self, x: Any) -> Any:
        edges = [(self.number(0, (n - 1) // 2), self.number(0, (n - 1) // 2)) for n in x.shape[1:3]]
        return self.layers.Cropping2D(edges)(x)

    def reshape(self, x: Any) -> Any:
        height, width, channels = x.shape[1:]
        return self.layers.Reshape((width, height, channels))(x)

    # Branches that meet again

    def join(self, x: Any) -> Any:
        """Add or multiply an image and what a convolution makes of it, or one value for each channel."""
        channels = x.shape[3]
        other = self.layers.Conv2D(channels, self.number(1, 3), padding="same")(x)
        if self.rng.random() < 0.2:
            other = self.layers.GlobalMaxPooling2D(keepdims=True)(other)
        pair = [x, self.finish(other)]
        layer = self.choose((self.layers.Add, self.layers.Add, self.layers.Multiply, self.layers.Subtract))
        return layer()(pair if self.rng.random() < 0.5 else pair[::-1])

    def concatenation(self, x: Any) -> Any:
        branches = [x] + [
            self.finish(self.layers.Conv2D(self.number(1, 4), self.number(1, 3), padding="same")(x))
            for _ in range(self.number(1, 2))
        ]
        return self.layers.Concatenate(axis=-1)(branches)

    def head(self, x: Any) -> Any:
        kind = self.number(0, 3)
        if kind == 0:
            return x
        flat = self.layers.Flatten() if kind == 1 else self.layers.GlobalAveragePooling2D()
        return self.layers.Dense(self.number(2, 6), activation=self.choose(("softmax", "linear")))(flat(x))
