# SPDX-License-Identifier: Apache-2.0
"""Models small enough to build firmware with in a second, and what it takes to build it."""

from __future__ import annotations

import shutil
from functools import cache

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import CompiledModel, compile_model

SAMPLES = np.random.default_rng(3).integers(-128, 128, (4, 64)).astype(np.int8)
CONV = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1, "padding": "SAME"}
POOL = {"stride_w": 2, "stride_h": 2, "filter_width": 2, "filter_height": 2, "padding": "VALID"}


def small_model(inputs: int = 32, outputs: int = 5) -> CompiledModel:
    """Return a model of one FULLY_CONNECTED layer."""
    rng = np.random.default_rng(1)
    builder = GraphBuilder("small")
    x = builder.tensor((1, inputs), scale=0.5, zero_point=3)
    weights = builder.tensor((outputs, inputs), scale=0.03, data=rng.integers(-127, 128, (outputs, inputs)))
    bias = builder.tensor((outputs,), "int32", scale=0.015, data=list(range(outputs)))
    y = builder.tensor((1, outputs), scale=1.0, zero_point=4)
    builder.operation("FULLY_CONNECTED", [x, weights, bias], [y], fused_activation_function="NONE")
    return compile_model(write_tflite(builder.graph([x], [y])), "small")


@cache
def digits_like() -> tuple[bytes, CompiledModel]:
    """An 8x8 picture through convolution, depthwise convolution, pooling, dense and softmax."""
    rng = np.random.default_rng(2)
    b = GraphBuilder("digits_like")

    def weights(*shape: int, axis: int = 0) -> int:
        scales = rng.uniform(0.002, 0.01, shape[axis])
        return b.tensor(shape, scale=scales, axis=axis, data=rng.integers(-127, 128, shape))

    def bias(channels: int, scale: float) -> int:
        return b.tensor(
            (channels,), "int32", scale=[scale] * channels, data=rng.integers(-500, 500, channels)
        )

    x = b.tensor((1, 8, 8, 1), scale=1 / 16, zero_point=-128)
    conv = b.tensor((1, 8, 8, 8), scale=0.05, zero_point=-128)
    deep = b.tensor((1, 8, 8, 8), scale=0.04, zero_point=-128)
    pool = b.tensor((1, 4, 4, 8), scale=0.04, zero_point=-128)
    flat = b.tensor((1, 128), scale=0.04, zero_point=-128)
    dense = b.tensor((1, 10), scale=0.1, zero_point=5)
    result = b.tensor((1, 10), scale=1 / 256, zero_point=-128)
    shape = b.tensor((2,), "int32", data=[1, 128])
    relu = {"fused_activation_function": "RELU"}
    plain = {"fused_activation_function": "NONE"}
    b.operation("CONV_2D", [x, weights(8, 3, 3, 1), bias(8, 0.0003)], [conv], **CONV, **relu)
    kernel = weights(1, 3, 3, 8, axis=3)
    b.operation(
        "DEPTHWISE_CONV_2D", [conv, kernel, bias(8, 0.0003)], [deep], depth_multiplier=1, **CONV, **relu
    )
    b.operation("MAX_POOL_2D", [deep], [pool], **POOL, **plain)
    b.operation("RESHAPE", [pool, shape], [flat], new_shape=(1, 128))
    b.operation("FULLY_CONNECTED", [flat, weights(10, 128), bias(10, 0.0003)], [dense], **plain)
    b.operation("SOFTMAX", [dense], [result], beta=1.0)
    data = write_tflite(b.graph([x], [result]))
    return data, compile_model(data, "digits_like")


def skip_without(board: str, toolchain: str) -> None:
    """Skip the test if the compiler that it is about is not installed."""
    if toolchain == "zig":
        pytest.importorskip("ziglang", reason="needs zig: pip install 'tinyml-toolkit[zig]'")
        return
    program = "gcc" if board == "host" else "arm-none-eabi-gcc"
    if shutil.which(program) is None:
        pytest.skip(
            f"needs {program}: apt-get install {program.replace('arm-none-eabi-gcc', 'gcc-arm-none-eabi')}"
        )
