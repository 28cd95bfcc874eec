# SPDX-License-Identifier: Apache-2.0
"""A small model with a branch and many kinds of options: something to damage."""

from __future__ import annotations

import numpy as np
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

_CONV = {"dilation_w_factor": 1, "dilation_h_factor": 1, "fused_activation_function": "RELU"}


def small_graph() -> Graph:
    """Return input -> CONV_2D -> (itself ADD its RELU) -> RESHAPE -> FULLY_CONNECTED -> SOFTMAX."""
    rng = np.random.default_rng(7)
    b = GraphBuilder("small")
    x = b.tensor((1, 4, 4, 2), scale=0.5, zero_point=3)
    weights = b.tensor(
        (3, 2, 2, 2), scale=[0.1, 0.2, 0.05], axis=0, data=rng.integers(-127, 128, (3, 2, 2, 2))
    )
    bias = b.tensor((3,), "int32", scale=[0.05, 0.1, 0.025], data=[100, -50, 7])
    conv = b.tensor((1, 2, 2, 3), scale=0.75, zero_point=-128)
    relu = b.tensor((1, 2, 2, 3), scale=0.75, zero_point=-128)
    total = b.tensor((1, 2, 2, 3), scale=1.5, zero_point=-10)
    shape = b.tensor((2,), "int32", data=[1, 12])
    flat = b.tensor((1, 12), scale=1.5, zero_point=-10)
    matrix = b.tensor((5, 12), scale=0.03, data=rng.integers(-127, 128, (5, 12)))
    offsets = b.tensor((5,), "int32", scale=0.045, data=[1, 2, 3, -400, 500])
    dense = b.tensor((1, 5), scale=1.0, zero_point=4)
    result = b.tensor((1, 5), scale=1 / 256, zero_point=-128)
    b.operation("CONV_2D", [x, weights, bias], [conv], padding="SAME", stride_w=2, stride_h=2, **_CONV)
    b.operation("RELU", [conv], [relu])
    b.operation("ADD", [conv, relu], [total], fused_activation_function="NONE")
    b.operation("RESHAPE", [total, shape], [flat], new_shape=(1, 12))
    b.operation("FULLY_CONNECTED", [flat, matrix, offsets], [dense], fused_activation_function="NONE")
    b.operation("SOFTMAX", [dense], [result], beta=1.0)
    return b.graph([x], [result])
