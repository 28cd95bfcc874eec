# SPDX-License-Identifier: Apache-2.0
"""Where RAM is short, the fullest layers get kernels that need less working memory."""

from __future__ import annotations

import numpy as np
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of_core
from toolkit.verify.generated_c import verify_model

TARGET = target_of_core(find_core("cortex-m4f"))
OPTIONS = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1, "padding": "SAME"}


def convolutions(size: int, channels: int, count: int = 2, *, kernel: int = 3) -> bytes:
    """Return a model of a row of convolutions over an image of size x size."""
    rng = np.random.default_rng(1)
    builder = GraphBuilder("convolutions")
    first = image = builder.tensor((1, size, size, channels), scale=0.05, zero_point=-128)
    shape = (channels, kernel, kernel, channels)
    for _ in range(count):
        weights = builder.tensor(shape, scale=[0.003] * channels, data=rng.integers(-127, 128, shape))
        result = builder.tensor((1, size, size, channels), scale=0.3, zero_point=-128)
        builder.operation("CONV_2D", [image, weights], [result], fused_activation_function="RELU", **OPTIONS)
        image = result
    return write_tflite(builder.graph([first], [image]))


def kernels_of(data: bytes, ram_bytes: int | None = None) -> list[str]:
    compiled = compile_model(data, "convolutions", TARGET, ram_bytes)
    return [call.kernel for layer in compiled.calls for call in layer]


def test_less_ram_takes_a_slower_kernel_before_patches() -> None:
    data = convolutions(12, 8)
    whole = compile_model(data, "convolutions", TARGET)

    lean = compile_model(data, "convolutions", TARGET, whole.arena_bytes - 16)

    assert kernels_of(data) == ["tm_conv_2d_3x3_s8"] * 2
    assert "tm_conv_2d_s8" in lean.kernels
    assert lean.patching is None
    assert lean.arena_bytes < whole.arena_bytes
    assert verify_model(lean, data).samples


def test_a_kernel_is_not_chosen_whose_working_memory_would_be_the_most_of_the_arena() -> None:
    assert kernels_of(convolutions(2, 128)) == ["tm_conv_2d_s8"] * 2
    assert kernels_of(convolutions(2, 400, kernel=1)) == ["tm_fully_connected_rows_s8"] * 2
