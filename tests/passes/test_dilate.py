# SPDX-License-Identifier: Apache-2.0
"""Convolutions between blocks become dilated ones, with the outputs that they had."""

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

Pair = tuple[int, int]


def blocks(
    *,
    kind: str = "CONV_2D",
    rows: bool = False,
    block: int = 2,
    kernel: int = 3,
    around: Pair = (0, 0),
    crops: Pair = (0, 0),
    sides: Pair = (10, 14),
    scale: float = 0.1,
    stride: int = 1,
    show: bool = False,
    free: bool = False,
) -> Graph:
    """Return a convolution between blocks, of rows (1, length, 4) or images; free: as a file has it whose
    batch size is not known, show: with the batches as an output as well.
    """
    rng = np.random.default_rng(block + kernel + sum(around))
    builder = GraphBuilder()

    def image(shape: tuple[int, ...], scale: float = 0.1, zero_point: int = -5) -> int:
        return builder.tensor(shape, scale=scale, zero_point=zero_point)

    ends = sides[1:] if rows else sides
    count = len(ends)
    batches = 1 if free else block**count
    parts = [(n + sum(around)) // block for n in ends]
    numbers = [
        builder.tensor(np.shape(values), "int32", data=np.array(values, np.int32))
        for values in ([block] * count, [around] * count, [crops] * count)
    ]
    source, cut = image((1, *ends, 4)), image((batches, *parts, 4), scale)
    builder.operation("SPACE_TO_BATCH_ND", [source, *numbers[:2]], [cut])
    shape = (batches, 1, *parts, 4) if rows else (batches, *parts, 4)
    start = image(shape, scale) if rows else cut
    if rows:
        axis = builder.tensor((), "int32", data=np.array(1, np.int32))
        builder.operation("EXPAND_DIMS", [cut, axis], [start])
    taps = (1 if rows else kernel, kernel)
    is_deep = kind == "DEPTHWISE_CONV_2D"
    sizes = (1, *taps, 4) if is_deep else (4, *taps, 4)
    data = rng.integers(-127, 128, sizes)
    weights = builder.tensor(sizes, scale=[0.02] * 4, axis=3 if is_deep else 0, data=data)
    bias = builder.tensor((4,), "int32", scale=[0.002] * 4, data=rng.integers(-900, 900, 4))
    outs = [(n - tap) // stride + 1 for n, tap in zip(shape[1:3], taps, strict=True)]
    made = image((batches, *outs, 4), 0.2, 7)
    options = {"padding": "VALID", "stride_h": stride, "stride_w": stride, "dilation_h_factor": 1}
    options |= {"dilation_w_factor": 1, **({"depth_multiplier": 1} if is_deep else {})}
    builder.operation(kind, [start, weights, bias], [made], fused_activation_function="NONE", **options)
    if rows:
        row = image((batches, outs[1], 4), 0.2, 7)
        builder.operation("RESHAPE", [made], [row], new_shape=(-1, outs[1], 4))
        made, outs = row, outs[1:]
    result = image((1, *(n * block - sum(crops) for n in outs), 4), 0.2, 7)
    builder.operation("BATCH_TO_SPACE_ND", [made, numbers[0], numbers[2]], [result])
    return builder.graph([source], [result, cut] if show else [result])


def kinds(graph: Graph) -> list[str]:
    return [operation.kind for operation in improve(clean(graph)).operations]


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize(
    "found",
    [
        {},
        {"rows": True},
        {"rows": True, "free": True},
        {"block": 3, "kernel": 2, "sides": (9, 12)},
        {"around": (2, 2), "free": True},  # of padding SAME
        {"around": (2, 3), "crops": (0, 1), "sides": (9, 11)},
        {"around": (0, 1), "crops": (0, 1), "sides": (9, 11), "rows": True},
    ],
)
def test_a_convolution_between_blocks_is_dilated(tmp_path: Path, kind: str, found: dict) -> None:
    whole = blocks(kind=kind, **{**found, "free": False})
    graph = blocks(kind=kind, **found)
    samples = random_samples(graph, np.random.default_rng(1), 8)
    model = compile_model(write_tflite(graph), "dilated")

    results = HostModel(model, tmp_path).run(samples)

    assert kind in kinds(whole)
    assert not any("BATCH" in o.kind for o in model.graph.operations)
    padded = any(found.get("around", ()))
    truths = [evaluate(whole, sample) for sample in samples] if padded else run_graph(whole, samples)
    for truth, result in zip(truths, results, strict=True):
        np.testing.assert_array_equal(result[0], truth[0])


@pytest.mark.parametrize(
    "found",
    [
        {"scale": 0.2},
        {"stride": 2, "sides": (14, 14)},
        {"around": (2, 2), "crops": (1, 1)},
    ],
)
def test_blocks_stay_where_dilation_would_be_another_thing(found: dict) -> None:
    graph = blocks(**found)

    assert "BATCH_TO_SPACE_ND" in [o.kind for o in clean(graph).operations]


def test_batches_that_are_given_out_stay_beside_the_dilated_convolution() -> None:
    found = [o.kind for o in clean(blocks(show=True)).operations]

    assert found == ["SPACE_TO_BATCH_ND", "CONV_2D"]
