# SPDX-License-Identifier: Apache-2.0
"""Pools, MEAN, PAD, CONCATENATION and RESHAPE that cannot be computed are refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph, OptionValue
from toolkit.ops.shared.registry import operators

_POOL: dict[str, OptionValue] = {"filter_height": 2, "filter_width": 2, "padding": "SAME"}


def _graph(
    kind: str,
    out_shape: tuple[int, ...],
    *,
    in_shape: tuple[int, ...] = (1, 4, 6, 2),
    numbers: list[int] | None = None,
    numbers_dtype: str = "int32",
    inputs: int = 1,
    out_scale: float = 0.1,
    out_dtype: str = "int8",
    **options: OptionValue,
) -> Graph:
    """Return a graph with one operation; numbers is a constant second input."""
    builder = GraphBuilder()
    sources = [builder.tensor(in_shape, scale=0.1, zero_point=3) for _ in range(inputs)]
    operands = list(sources)
    if numbers is not None:
        operands.append(builder.tensor((len(numbers),), numbers_dtype, data=numbers))
    result = builder.tensor(out_shape, out_dtype, scale=out_scale, zero_point=3)
    builder.operation(kind, operands, [result], **options)
    return builder.graph(sources, [result])


def _problems(graph: Graph) -> str:
    (operation,) = graph.operations
    return "; ".join(operators()[operation.kind].problems(graph, operation))


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (
            _graph("MAX_POOL_2D", (1, 4, 6, 2), out_scale=0.2, **_POOL),
            "quantized differently, which TFLM ignores",
        ),
        (_graph("MAX_POOL_2D", (1, 4, 6, 3), **_POOL), "2 channels in and 3 out"),
        (_graph("MAX_POOL_2D", (1, 4, 6, 2), padding="SAME"), "window of 0 x 0"),
        (_graph("MAX_POOL_2D", (1, 4, 6, 2), **{**_POOL, "padding": 1}), "padding is 1, not SAME or VALID"),
        (_graph("MAX_POOL_2D", (1, 4, 6, 2), inputs=2, **_POOL), "2 inputs, not 1"),
        (_graph("AVERAGE_POOL_2D", (1, 4, 6, 2), out_dtype="int16", **_POOL), "output is int16, not int8"),
        (_graph("AVERAGE_POOL_2D", (1, 4, 5000, 840), in_shape=(1, 4, 5000, 840), **_POOL), "exceed 32 bits"),
        (
            _graph(
                "MAX_POOL_2D", (1, 4, 6, 2), **{**_POOL, "dilation_h_factor": 65535, "filter_height": 65535}
            ),
            "dilated window is too large",
        ),
        (_graph("MEAN", (1, 2), numbers=[1, 2], numbers_dtype="float32"), "axes are not an int32 constant"),
        (_graph("MEAN", (1, 2), numbers=[1, 4]), "axes [1, 4] are not all among the 4"),
        (
            _graph("MEAN", (1, 2), numbers=[1, 2], keep_dims=True),
            "output has the shape [1, 2], not [1, 1, 1, 2]",
        ),
        (_graph("MEAN", (1, 2), numbers=[1, 2], out_scale=1e-20), "output's scale is too small"),
        (_graph("MEAN", (2,), in_shape=(4096, 2048, 2), numbers=[0, 1]), "sums can exceed 32 bits"),
        (
            _graph("MEAN", (2,) * 4, in_shape=(2,) * 8, numbers=[0, 2, 4, 6]),
            "axes [0, 2, 4, 6] of 8 lie too far apart",
        ),
        (_graph("PAD", (1, 4, 6, 2), numbers=[0] * 6), "not an int32 constant of 4 pairs"),
        (_graph("PAD", (1, 4, 6, 2), numbers=[0] * 7 + [-1]), "pairs of 0 or more"),
        (_graph("PAD", (1, 4, 6, 3), numbers=[0] * 8), "output has the shape [1, 4, 6, 3], not [1, 4, 6, 2]"),
        (_graph("PAD", (1,) * 6, in_shape=(1,) * 6, numbers=[0] * 12), "not 1 to 5 sizes"),
        (
            _graph("PAD", (1, 4, 6, 2), out_scale=0.2, numbers=[0] * 8),
            "quantized differently, which TFLM ignores",
        ),
        (_graph("CONCATENATION", (1, 4, 6, 22), inputs=11, axis=3), "11 inputs and 1 outputs, not 1 to 10"),
        (_graph("CONCATENATION", (1, 4, 6, 4), inputs=2, axis=4), "axis 4 is not one of 4"),
        (_graph("CONCATENATION", (1, 4, 6, 5), inputs=2, axis=3), "inputs have 4 in axis 3, its output 5"),
        (_graph("CONCATENATION", (1, 4, 7, 4), inputs=2, axis=3), "input 0 [1, 4, 6, 2] does not fit into"),
        (
            _graph("CONCATENATION", (1, 4, 6, 4), inputs=2, axis=3, fused_activation_function="RELU"),
            "fused activation, which TFLM refuses",
        ),
        (
            _graph("CONCATENATION", (1, 4, 6, 4), inputs=2, axis=3, out_scale=0.5),
            "input 1 and its output are quantized",
        ),
        (_graph("RESHAPE", (4, 11)), "has not the size of its output [4, 11]"),
        (_graph("RESHAPE", (4, 12), out_dtype="int32"), "input is int8, its output int32"),
        (_graph("RESHAPE", (4, 12), inputs=2), "its shape is not constant"),
        (_graph("RESHAPE", (4, 12), inputs=3), "3 inputs and 1 outputs"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_the_reason(graph: Graph, reason: str) -> None:
    assert reason in _problems(graph)


@pytest.mark.parametrize("kind", ["CONCATENATION", "RESHAPE", "MEAN", "PAD", "CONV_2D", "MAX_POOL_2D"])
def test_an_input_left_out_is_a_reason(kind: str) -> None:
    graph = _graph(kind, (1, 4, 6, 2), numbers=[1], axis=0, **_POOL)
    (operation,) = graph.operations
    broken = replace(operation, inputs=(-1, *operation.inputs[1:]))
    if kind == "MAX_POOL_2D":
        broken = replace(broken, inputs=(-1,))
    assert "left out" in _problems(replace(graph, operations=(broken,)))


@pytest.mark.parametrize("kind", ["CONCATENATION", "RESHAPE", "FULLY_CONNECTED"])
def test_a_constant_output_is_a_reason(kind: str) -> None:
    graph = _graph(kind, (1,), numbers=[1], axis=0)
    (operation,) = graph.operations
    broken = replace(operation, outputs=operation.inputs[1:])
    assert "constant" in _problems(replace(graph, operations=(broken,)))
