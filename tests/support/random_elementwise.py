# SPDX-License-Identifier: Apache-2.0
"""Operators that make one element after the other, on operands that broadcast: graphs of one operation."""

from __future__ import annotations

import numpy as np
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

Rng = np.random.Generator

_BINARY = ("ADD", "DIV", "MAXIMUM", "MINIMUM", "MUL", "PRELU", "SQUARED_DIFFERENCE", "SUB")
_COMPARISONS = ("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL")
_UNARY = (
    *("ABS", "ELU", "EXP", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "NEG", "RELU", "RELU6"),
    *("RELU_N1_TO_1", "RSQRT", "SOFTMAX", "SQRT", "TANH"),
)
_WIDE_BINARY = ("ADD", "MAXIMUM", "MINIMUM", "MUL", "SQUARED_DIFFERENCE", "SUB")
_WIDE_UNARY = ("ABS", "LEAKY_RELU", "LOGISTIC", "QUANTIZE", "RELU", "RELU6", "SOFTMAX", "TANH")
_WHOLE_BINARY = ("ADD", "SUB", "MUL", "MINIMUM", "MAXIMUM", "SQUARED_DIFFERENCE")
ELEMENTWISE: dict[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(_BINARY, (("int8", "int8"), "int8")),
    **dict.fromkeys(_COMPARISONS, (("int8", "int8"), "bool")),
    **dict.fromkeys(_UNARY, (("int8",), "int8")),
    "ADD_N": (("int8", "int8", "int8"), "int8"),
    "LOGICAL_AND": (("bool", "bool"), "bool"),
    "LOGICAL_NOT": (("bool",), "bool"),
    "LOGICAL_OR": (("bool", "bool"), "bool"),
    "SELECT_V2": (("bool", "int8", "int8"), "int8"),
    "DEQUANTIZE": (("int8",), "float32"),
    "QUANTIZE": (("float32",), "int8"),
    "SOFTMAX16": (("int8",), "int16"),
    **{f"{kind}_WIDE": (("int16", "int16"), "int16") for kind in _WIDE_BINARY},
    **{f"{kind}_WIDE": (("int16",), "int16") for kind in _WIDE_UNARY},
    "SELECT_V2_WIDE": (("bool", "int16", "int16"), "int16"),
    "DEQUANTIZE_WIDE": (("int16",), "float32"),
    "QUANTIZE16_WIDE": (("float32",), "int16"),
    **{f"{kind}_WHOLE": (("int32", "int32"), "int32") for kind in _WHOLE_BINARY},
    **{f"{kind}_WHOLE": (("int32", "int32"), "bool") for kind in _COMPARISONS},
}
_INPUTS = {"ADD_N": (0.5, 0), "NEG": (0.5, 0), "RSQRT": (0.5, -128), "SQRT": (0.5, -128)}
_OUTPUTS = {
    **dict.fromkeys(("LOGISTIC_WIDE", "SOFTMAX_WIDE", "TANH_WIDE"), (1 / 32768, 0)),
    "MUL_WIDE": (1.0, 0),
    "SQUARED_DIFFERENCE_WIDE": (4.0, 0),
    "DIV": (1 / 128, 3),
    "LOGISTIC": (1 / 256, -128),
    "SOFTMAX": (1 / 256, -128),
    "SOFTMAX16": (1 / 65536, -32768),
    "TANH": (1 / 128, 0),
}


def operator_of(kind: str) -> str:
    """Return the operator of a key of ELEMENTWISE: one with other types has an ending of its own."""
    return kind.removesuffix("_WHOLE").removesuffix("_WIDE").removesuffix("16")


def elementwise(rng: Rng, kind: str) -> Graph:
    """An operation on inputs that lack some dimensions, or have 1 there, but never all of them the same."""
    builder = GraphBuilder()
    inputs, result_type = ELEMENTWISE[kind]
    name = operator_of(kind)
    shape = [int(n) for n in rng.integers(1, 5, 4)]
    stretched = rng.integers(0, 4, 4) if kind not in ("ADD_N", "PRELU") else [0] * 4
    scale, zero_point = _INPUTS.get(kind, (0.5, 3))
    zero_point = 0 if "int16" in inputs else zero_point
    operands = []
    for side, dtype in enumerate(inputs, start=1):
        sizes = [1 if len(inputs) > 1 and s == side else n for n, s in zip(shape, stretched, strict=True)]
        if kind == "PRELU" and side == 2:
            sizes[0] = sizes[1] = 1
        if dtype in ("int8", "int16"):
            operands.append(builder.tensor(sizes, dtype, scale=scale, zero_point=zero_point))
        else:
            operands.append(builder.tensor(sizes, dtype))
    full = np.broadcast_shapes(*(builder.tensors[i].shape for i in operands))
    out_scale, out_point = _OUTPUTS.get(kind, (scale, 0 if result_type == "int16" else zero_point))
    has_scale = result_type in ("int8", "int16")
    result = builder.tensor(full, result_type, scale=out_scale if has_scale else None, zero_point=out_point)
    options = {"fused_activation_function": "NONE"} if name in ("ADD", "MUL", "SUB", "DIV") else {}
    options |= {"SOFTMAX": {"beta": 1.0}, "LEAKY_RELU": {"alpha": 0.5}}.get(name, {})
    builder.operation(name, operands, [result], **options)
    return builder.graph(operands, [result])
