# SPDX-License-Identifier: Apache-2.0
"""A layer with one thing changed is refused, or its kernel runs clean and computes the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import random_layers
from support.effort import times
from support.kernel_runner import Case, check_kernels
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph, Tensor
from toolkit.ops.shared.registry import operators

Rng = np.random.Generator
_LAYERS: tuple[Callable[[GraphBuilder, Rng, int], int], ...] = (
    random_layers.add_convolution,
    lambda b, r, s: random_layers.add_convolution(b, r, s, depthwise=True),
    random_layers.add_fully_connected,
    lambda b, r, s: random_layers.add_pool(b, r, s, "AVERAGE_POOL_2D"),
    lambda b, r, s: random_layers.add_pool(b, r, s, "MAX_POOL_2D"),
    random_layers.add_mean,
    random_layers.add_pad,
    lambda b, r, s: random_layers.add_concatenation(b, r, [s], 1),
    lambda b, r, s: random_layers.add_reshape(b, r, s, b.tensors[s].shape[::-1]),
)
_NUMBERS = (-(2**31), -129, -128, -1, 0, 1, 2, 3, 4, 7, 127, 128, 1000, 65535, 2**31 - 1)
_SCALES = (0.0, -1.0, 1e-45, 1e-30, 1e-9, 1e-3, 1.0, 1e9, 3e38, float("nan"), float("inf"))


def _layer(rng: Rng) -> Graph:
    builder = GraphBuilder()
    shape = (1, *(int(size) for size in rng.integers(1, 7, 3)))
    source = random_layers.add_input(builder, rng, shape)
    result = _LAYERS[rng.integers(len(_LAYERS))](builder, rng, source)
    return builder.graph([source], [result])


def _damaged_tensor(rng: Rng, tensor: Tensor) -> Tensor:
    what = rng.integers(5)
    if what == 0 and tensor.shape:
        place = int(rng.integers(len(tensor.shape)))
        size = int(rng.choice([0, 1, 2, 3, 5, 9]))
        shape = (*tensor.shape[:place], size, *tensor.shape[place + 1 :])
    else:
        shape = tensor.shape[1:] if what == 1 else tensor.shape
    quantization = tensor.quantization
    if quantization is not None and what == 2:
        scales = (float(rng.choice(_SCALES)), *quantization.scales[1:])
        quantization = replace(quantization, scales=scales)
    elif quantization is not None and what == 3:
        points = (int(rng.choice(_NUMBERS)), *quantization.zero_points[1:])
        quantization = replace(quantization, zero_points=points)
    data = tensor.data
    if data is not None:
        data = np.resize(data, shape)
        if what == 4 and data.size:
            limits = np.iinfo(data.dtype)
            data.flat[rng.integers(data.size)] = np.clip(rng.choice(_NUMBERS), limits.min, limits.max)
    return replace(tensor, shape=shape, quantization=quantization, data=data)


def _damaged(rng: Rng, graph: Graph) -> Graph:
    (operation,) = graph.operations
    names = sorted(operation.options)
    if names and rng.integers(2):
        name = str(rng.choice(names))
        choices = ("SAME", "VALID", "RELU", "TANH", "NONE")
        value = str(rng.choice(choices)) if rng.integers(3) == 0 else int(rng.choice(_NUMBERS))
        changed = replace(operation, options={**operation.options, name: value})
        return replace(graph, operations=(changed,))
    return graph.with_tensor(_damaged_tensor(rng, graph.tensors[rng.integers(len(graph.tensors))]))


@pytest.mark.fuzz
@pytest.mark.timeout(times(120))
def test_a_damaged_layer_is_refused_or_computed(tmp_path: Path) -> None:
    accepted = []
    seeds = range(times(500, here=200))
    for seed in seeds:
        rng = np.random.default_rng(seed)
        graph = _damaged(rng, _layer(rng))
        (operation,) = graph.operations
        if not operators()[operation.kind].problems(graph, operation):
            accepted.append(Case(f"seed {seed}", graph))
    assert len(seeds) / 15 < len(accepted) < len(seeds) / 1.5
    check_kernels(accepted, tmp_path, seed=1, samples=6)
