# SPDX-License-Identifier: Apache-2.0
"""What random layers seldom hit: zero points of weights, left-out biases, scales at the limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder
from support.tflm import run_graph

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import ConstantArgument
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import Target


def _fully_connected(
    *,
    scale: float | list[float] = 0.01,
    zero_point: int = 0,
    weights: object = None,
    bias: object = None,
    bias_scale: float | None = None,
    batches: int = 2,
    in_len: int = 5,
    input_scale: float = 0.1,
    output_scale: float = 0.5,
    activation: str = "NONE",
    **options: str | bool,
) -> Graph:
    rng = np.random.default_rng(7)
    builder = GraphBuilder()
    source = builder.tensor((batches, in_len), scale=input_scale, zero_point=-17)
    values = rng.integers(-128, 128, (4, 5)) if weights is None else weights
    inputs = [source, builder.tensor((4, 5), scale=scale, zero_point=zero_point, data=values)]
    if bias is not None:
        inputs.append(builder.tensor((4,), "int32", scale=bias_scale, data=bias))
    result = builder.tensor((2, 4), scale=output_scale, zero_point=9)
    builder.operation(
        "FULLY_CONNECTED", inputs, [result], version=4, fused_activation_function=activation, **options
    )
    return builder.graph([source], [result])


def _convolution(
    kind: str = "CONV_2D",
    *,
    weights_shape: tuple[int, ...] = (4, 2, 2, 6),
    weights_dtype: str = "int8",
    constant: bool = True,
    zero_point: int | list[int] = 0,
    scale: float | list[float] = 0.01,
    axis: int = 0,
    bias_length: int = 4,
    left_out: bool = False,
    out_shape: tuple[int, ...] = (1, 3, 3, 4),
    **options: int | str,
) -> Graph:
    builder = GraphBuilder()
    source = builder.tensor((1, 3, 3, 6), scale=0.1)
    data = np.ones(weights_shape) if constant else None
    inputs = [
        source,
        builder.tensor(
            weights_shape, weights_dtype, scale=scale, zero_point=zero_point, axis=axis, data=data
        ),
    ]
    inputs.append(-1 if left_out else builder.tensor((bias_length,), "int32", data=np.zeros(bias_length)))
    result = builder.tensor(out_shape, scale=0.5)
    builder.operation(kind, inputs, [result], **{"padding": "SAME", **options})
    return builder.graph([source], [result])


def _problems(graph: Graph) -> str:
    (operation,) = graph.operations
    return "; ".join(operators()[operation.kind].problems(graph, operation))


def test_weights_with_a_zero_point_equal_tflm(tmp_path: Path) -> None:
    cases = [
        Case(f"zero point {z}", _fully_connected(zero_point=z, bias=[1, -2, 3, 4])) for z in (-128, 5, 127)
    ]
    check_cases(cases, tmp_path, seed=1)


def test_scales_above_one_equal_tflm(tmp_path: Path) -> None:
    cases = [
        Case(
            f"output scale {scale}, {activation}", _fully_connected(output_scale=scale, activation=activation)
        )
        for scale in (1e-3, 1e-4, 2e-5, 0.00099999, 1e4, 1e-8)
        for activation in ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
    ]
    check_cases(cases, tmp_path, seed=2)


def test_scales_below_the_smallest_multiplier_equal_tflm(tmp_path: Path) -> None:
    cases = [
        Case("tiny", _fully_connected(scale=1e-12)),
        Case("mixed", _fully_connected(scale=[1e-12, 1, 0.1, 1e-5])),
    ]
    check_cases(cases, tmp_path, seed=3)


def test_ties_are_rounded_as_tflm_rounds_them(tmp_path: Path) -> None:
    cases = [
        Case(f"half of 2**-{bits}", _fully_connected(scale=0.5, input_scale=0.5, output_scale=2.0**bits))
        for bits in range(-3, 12)
    ]
    check_cases(cases, tmp_path, seed=5)


def test_large_sums_equal_tflm(tmp_path: Path) -> None:
    bias = [2**31 - 300_000, -(2**31) + 300_000, 2**30, -(2**30)]
    cases = [Case("large", _fully_connected(bias=bias, output_scale=1e5))]
    check_cases(cases, tmp_path, seed=4)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (_convolution(zero_point=3), "zero point other than 0, which TFLM ignores"),
        (_convolution(constant=False), "weights are not constant"),
        (_convolution(weights_dtype="int16"), "weights are int16, not int8"),
        (_convolution(weights_shape=(4, 2, 6)), "weights have the shape [4, 2, 6], not 4 sizes"),
        (_convolution(weights_shape=(4, 2, 2, 5)), "do not divide an input of 6 into groups"),
        (_convolution(weights_shape=(4, 2, 2, 2)), "do not divide an input of 6 into groups"),
        (_convolution(scale=[0.1, 0.1]), "do not have one scale, or one for each of 4 channels"),
        (_convolution(scale=[0.1] * 4, axis=2), "quantized along axis 2, not 0"),
        (_convolution(scale=float("nan")), "not positive and finite"),
        (_convolution(scale=1e30), "output's scale is too small"),
        (_convolution(bias_length=3), "bias has 3 elements, not 4"),
        (_convolution(out_shape=(1, 2, 3, 4)), "output is 2 x 3, not 3 x 3"),
        (_convolution(out_shape=(2, 3, 3, 4)), "1 batches in and 2 out"),
        (_convolution(out_shape=(1, 3, 3, 5)), "output has 5 channels, its weights 4"),
        (_convolution(out_shape=(3, 3, 4)), "output has the shape [3, 3, 4]"),
        (_convolution(stride_w=0), "stride_w is 0, not a number from 1"),
        (_convolution(dilation_h_factor=2**31 - 1), "dilation_h_factor is 2147483647"),
        (_convolution(fused_activation_function="TANH"), "fused activation is TANH, not one of NONE, RELU"),
        (_convolution(padding="VALID"), "output is 3 x 3, not 2 x 2"),
        (_convolution("DEPTHWISE_CONV_2D", left_out=True, weights_shape=(1, 2, 2, 4)), "TFLM crashes"),
        (_convolution("DEPTHWISE_CONV_2D", weights_shape=(2, 2, 2, 4)), "first size 2, not 1"),
        (
            _convolution("DEPTHWISE_CONV_2D", weights_shape=(1, 2, 2, 4)),
            "6 channels in and 4 out, its weights 4",
        ),
        (
            _convolution(
                "DEPTHWISE_CONV_2D",
                weights_shape=(1, 2, 2, 12),
                out_shape=(1, 3, 3, 12),
                bias_length=12,
                depth_multiplier=3,
            ),
            "depth multiplier is 3, but its weights' is 2",
        ),
        (
            _convolution(
                "DEPTHWISE_CONV_2D",
                weights_shape=(1, 2, 2, 12),
                out_shape=(1, 3, 3, 12),
                bias_length=12,
                depth_multiplier=0,
            ),
            "depth multiplier is 0, but its weights' is 2",
        ),
        (_fully_connected(batches=3), "is not 3 x 4"),
        (_fully_connected(in_len=6), "input of 12 elements is not rows of 5"),
        (_convolution(zero_point=[0, 0]), "not as many zero points as scales"),
        (_fully_connected(weights_format="SHUFFLED4x16INT8"), "format SHUFFLED4x16INT8, not DEFAULT"),
        (_fully_connected(bias=[2**31 - 1] * 4), "sums can exceed 32 bits"),
        (_fully_connected(output_scale=1e-9, activation="RELU6"), "is too small for RELU6"),
    ],
)
def test_what_tflm_does_not_compute_is_refused_with_the_reason(graph: Graph, reason: str) -> None:
    assert reason in _problems(graph)


@pytest.mark.parametrize("bias_scale", [None, 0.001, 0.0109, 0.0111, 1.0, float("nan")])
@pytest.mark.parametrize("scale", [0.01, [0.01, 0.02, 0.03, 0.04]])
def test_a_bias_is_refused_for_its_scale_exactly_where_tflm_refuses_it(
    bias_scale: float | None, scale: float | list[float]
) -> None:
    graph = _fully_connected(scale=scale, bias=[1, 2, 3, 4], bias_scale=bias_scale)
    if _problems(graph):
        with pytest.raises(RuntimeError, match="TFLM"):
            run_graph(graph, [])
    else:
        run_graph(graph, [])


def test_a_folded_bias_counts_as_weights_only_where_there_was_a_bias() -> None:
    for bias, counts in (([1, 2, 3, 4], True), (None, False)):
        graph = _fully_connected(bias=bias)
        call = operators()["FULLY_CONNECTED"].lower(graph, graph.operations[0], Target())
        (found,) = (a for a in call.arguments if isinstance(a, ConstantArgument) and a.name == "bias")
        assert found.is_weights is counts
