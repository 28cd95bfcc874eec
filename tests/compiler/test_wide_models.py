# SPDX-License-Identifier: Apache-2.0
"""Whole models of int16 activations, and of int4 weights, through compiler, host and emulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.host_model import HostModel
from support.kernel_runner import random_samples
from support.random_layers import add_convolution, add_fully_connected, add_input, add_mean, add_pool
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import run_graph

from toolkit.compiler.compile import compile_model
from toolkit.errors import UnsupportedError
from toolkit.ir.graph import Graph
from toolkit.tflite.reader import read_graph
from toolkit.verify.any_model import try_model
from toolkit.verify.on_device import Place


def network(seed: int, dtype: str, weights: str) -> Graph:
    """Convolution, depthwise convolution, pool, mean, dense: the layers of a small image network."""
    rng = np.random.default_rng(seed)
    builder = GraphBuilder("small")
    source = add_input(builder, rng, (1, 12, 9, 3), dtype)
    x = add_convolution(builder, rng, source, weights=weights)
    x = add_convolution(builder, rng, x, depthwise=True, weights=weights)
    x = add_pool(builder, rng, x, "MAX_POOL_2D")
    x = add_convolution(builder, rng, x, weights=weights)
    x = add_fully_connected(builder, rng, x, weights=weights)
    if dtype == "int16":
        x = add_mean(builder, rng, x)
        shares = builder.tensor(builder.tensors[x].shape, "int16", scale=2.0**-15)
        if builder.tensors[x].shape:
            builder.operation("SOFTMAX", [x], [shares], beta=1.0)
            x = shares
    return builder.graph([source], [x])


@pytest.mark.parametrize("types", [("int16", "int8"), ("int8", "int4")], ids=["16x8", "int4"])
@pytest.mark.parametrize("seed", range(4))
def test_a_small_network_computes_what_tflm_computes(
    tmp_path: Path, seed: int, types: tuple[str, str]
) -> None:
    graph = network(seed, *types)
    samples = random_samples(graph, np.random.default_rng(seed), 12)

    found = HostModel(compile_model(write_tflite(graph), graph.name), tmp_path).run(samples)

    for (truth,), (result,) in zip(run_graph(graph, samples), found, strict=True):
        np.testing.assert_array_equal(result, truth)


def test_int4_weights_take_half_the_flash() -> None:
    both = [compile_model(write_tflite(network(1, "int8", weights)), "m") for weights in ("int8", "int4")]
    constants = [
        t for t in read_graph(write_tflite(network(1, "int8", "int4")), "m").tensors if t.dtype == "int4"
    ]

    saved = both[0].weights_bytes - both[1].weights_bytes

    assert 0.4 < saved / sum(tensor.elements for tensor in constants) <= 0.5


@pytest.mark.parametrize("count", [1, 2, 7])
def test_int4_numbers_are_read_low_half_first(count: int) -> None:
    builder = GraphBuilder()
    numbers = [-8, 7, -1, 3, 0, 5, -4][:count]
    x, y = builder.tensor((1, count), scale=0.1), builder.tensor((1, 1), scale=0.1)
    weights = builder.tensor((1, count), "int4", scale=0.1, data=numbers)
    builder.operation("FULLY_CONNECTED", [x, weights], [y])

    read = read_graph(write_tflite(builder.graph([x], [y])), "m").tensors[weights]

    assert (read.dtype, read.bytes) == ("int4", (count + 1) // 2)
    assert read.data is not None and read.data.ravel().tolist() == numbers


def test_int4_that_is_computed_is_refused() -> None:
    builder = GraphBuilder()
    x, y = builder.tensor((1, 4), "int4", scale=0.1), builder.tensor((1, 4), scale=0.1)
    builder.operation("RELU", [x], [y])
    with pytest.raises(UnsupportedError, match="is int4 and computed, which is not supported"):
        read_graph(write_tflite(builder.graph([x], [y])), "m")


@pytest.mark.xdist_group("firmware")
@pytest.mark.parametrize(("board", "runner"), [("host", "host"), ("nano33ble", "emulator")])
def test_int16_goes_through_the_board_s_protocol(tmp_path: Path, board: str, runner: str) -> None:
    graph = network(2, "int16", "int8")
    model, inputs = tmp_path / "wide.tflite", tmp_path / "x.npy"
    model.write_bytes(write_tflite(graph))
    samples = np.random.default_rng(2).integers(-32768, 32768, (3, 12, 9, 3)).astype(np.int16)
    np.save(inputs, samples)

    trial = try_model(model, inputs, board, Place(runner=runner))  # type: ignore[arg-type]

    assert trial.checked.verdict.passed and trial.checked.verdict.samples == 3
    truths = run_graph(graph, [[sample[np.newaxis]] for sample in samples])
    assert trial.outputs().tobytes() == b"".join(truth.tobytes() for (truth,) in truths)
