# SPDX-License-Identifier: Apache-2.0
"""Models of integers that end in float32, as people convert them."""

from __future__ import annotations

from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph


def float_ended(*kinds: str, keeps_integers: bool = False) -> Graph:
    """Return QUANTIZE, RELU, DEQUANTIZE and then float32 layers, LOG_SOFTMAX by default.

    With keeps_integers what the RELU makes is an output too.
    """
    b = GraphBuilder("float_end")
    given = b.tensor((1, 8), "float32")
    x, q = (b.tensor((1, 8), scale=0.05, zero_point=zero) for zero in (3, -128))
    b.operation("QUANTIZE", [given], [x])
    b.operation("RELU", [x], [q])
    last = b.tensor((1, 8), "float32")
    b.operation("DEQUANTIZE", [q], [last])
    for kind in kinds or ("LOG_SOFTMAX",):
        last, before = b.tensor((1, 8), "float32"), last
        b.operation(kind, [before], [last], **({"beta": 1.0} if kind == "SOFTMAX" else {}))
    return b.graph([given], [q, last] if keeps_integers else [last])
