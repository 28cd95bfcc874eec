# SPDX-License-Identifier: Apache-2.0
"""A model small enough to build firmware with in a second, and what it takes to build it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler import CompiledModel, compile_model


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
