# SPDX-License-Identifier: Apache-2.0
"""PADs that convolutions take over, against TFLM, and those that stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.host_model import HostModel
from support.kernel_runner import random_samples
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import run_graph

from toolkit.compiler.compile import compile_model
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.passes.sequence import clean, improve

Around = tuple[int, int, int, int]


def padded(
    around: Around,
    *,
    kind: str = "CONV_2D",
    kernel: int = 3,
    stride: int = 2,
    dilation: int = 1,
    padding: str = "VALID",
    show: bool = False,
) -> Graph:
    """Return a PAD and a convolution over it; show makes the padded image an output as well."""
    rng = np.random.default_rng(sum(around) + kernel)
    builder = GraphBuilder()
    top, bottom, left, right = around
    source = builder.tensor((1, 6, 7, 4), scale=0.1, zero_point=-5)
    pairs = np.array([(0, 0), (top, bottom), (left, right), (0, 0)], np.int32)
    image = builder.tensor((1, 6 + top + bottom, 7 + left + right, 4), scale=0.1, zero_point=-5)
    builder.operation("PAD", [source, builder.tensor((4, 2), "int32", data=pairs)], [image])
    shape = (4, kernel, kernel, 4) if kind == "CONV_2D" else (1, kernel, kernel, 4)
    axis = 0 if kind == "CONV_2D" else 3
    weights = builder.tensor(shape, scale=[0.02] * 4, axis=axis, data=rng.integers(-127, 128, shape))
    bias = builder.tensor((4,), "int32", scale=[0.002] * 4, data=rng.integers(-900, 900, 4))
    reach = 1 if padding == "SAME" else (kernel - 1) * dilation + 1
    sizes = [(n - reach) // stride + 1 for n in builder.tensors[image].shape[1:3]]
    result = builder.tensor((1, *sizes, 4), scale=0.2, zero_point=7)
    options = {"padding": padding, "stride_h": stride, "stride_w": stride, "depth_multiplier": 1}
    options |= {"dilation_h_factor": dilation, "dilation_w_factor": dilation}
    if kind == "CONV_2D":
        del options["depth_multiplier"]
    builder.operation(kind, [image, weights, bias], [result], fused_activation_function="NONE", **options)
    return builder.graph([source], [result, image] if show else [result])


def kinds(graph: Graph) -> list[str]:
    return [operation.kind for operation in improve(clean(graph)).operations]


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize(
    ("around", "dilation"), [((0, 1, 0, 1), 1), ((1, 1, 1, 1), 1), ((2, 0, 1, 2), 1), ((4, 3, 1, 4), 2)]
)
def test_a_convolution_pads_by_itself(tmp_path: Path, kind: str, around: Around, dilation: int) -> None:
    graph = padded(around, kind=kind, dilation=dilation)
    samples = random_samples(graph, np.random.default_rng(1), 8)
    model = compile_model(write_tflite(graph), "padded")

    found = HostModel(model, tmp_path).run(samples)

    assert [o.kind for o in model.graph.operations] == [kind]
    for sample, truth, result in zip(samples, run_graph(graph, samples), found, strict=True):
        np.testing.assert_array_equal(result[0], truth[0])
        np.testing.assert_array_equal(evaluate(model.graph, sample)[0], truth[0])


def test_the_pad_stays_where_a_convolution_cannot_do_it() -> None:
    assert "PAD" in kinds(padded((3, 0, 0, 0)))
    assert "PAD" in kinds(padded((0, 1, 0, 0), kernel=1, stride=1))
    assert "PAD" in kinds(padded((1, 1, 1, 1), padding="SAME", stride=1))
    assert "PAD" in kinds(padded((1, 1, 1, 1), show=True))


def test_the_pad_stays_where_something_else_reads_it() -> None:
    builder = GraphBuilder()
    source = builder.tensor((1, 4, 4, 1), scale=0.1)
    pairs = np.array([(0, 0), (1, 1), (1, 1), (0, 0)], np.int32)
    image, result = (builder.tensor((1, 6, 6, 1), scale=0.1) for _ in range(2))
    builder.operation("PAD", [source, builder.tensor((4, 2), "int32", data=pairs)], [image])
    builder.operation("RELU", [image], [result])

    assert kinds(builder.graph([source], [result])) == ["PAD", "RELU"]


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("dilation", [1, 3])
def test_a_causal_convolution_of_rows_pads_by_itself(tmp_path: Path, axis: int, dilation: int) -> None:
    rng = np.random.default_rng(dilation)
    builder = GraphBuilder()
    source = builder.tensor((1, 11, 4), scale=0.1, zero_point=-5)
    pairs = builder.tensor((3, 2), "int32", data=np.array([(0, 0), (2 * dilation, 0), (0, 0)], np.int32))
    padded_rows = builder.tensor((1, 11 + 2 * dilation, 4), scale=0.1, zero_point=-5)
    builder.operation("PAD", [source, pairs], [padded_rows])
    sides = (1, 11 + 2 * dilation) if axis == 1 else (11 + 2 * dilation, 1)
    image = builder.tensor((1, *sides, 4), scale=0.1, zero_point=-5)
    place = builder.tensor((), "int32", data=np.array(axis, np.int32))
    builder.operation("EXPAND_DIMS", [padded_rows, place], [image])
    shape = (4, 1, 3, 4) if axis == 1 else (4, 3, 1, 4)
    weights = builder.tensor(shape, scale=[0.02] * 4, axis=0, data=rng.integers(-127, 128, shape))
    bias = builder.tensor((4,), "int32", scale=[0.002] * 4, data=rng.integers(-900, 900, 4))
    result = builder.tensor((1, 1, 11, 4) if axis == 1 else (1, 11, 1, 4), scale=0.2, zero_point=7)
    options = {"padding": "VALID", "stride_h": 1, "stride_w": 1, "fused_activation_function": "NONE"}
    options |= {"dilation_h_factor": dilation, "dilation_w_factor": dilation}
    builder.operation("CONV_2D", [image, weights, bias], [result], **options)
    graph = builder.graph([source], [result])
    samples = random_samples(graph, rng, 4)
    model = compile_model(write_tflite(graph), "causal")

    found = HostModel(model, tmp_path).run(samples)

    assert "PAD" not in [o.kind for o in model.graph.operations]
    for truth, each in zip(run_graph(graph, samples), found, strict=True):
        np.testing.assert_array_equal(each[0], truth[0])
