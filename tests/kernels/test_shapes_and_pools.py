# SPDX-License-Identifier: Apache-2.0
"""Pools, MEAN, PAD, CONCATENATION and RESHAPE: random configurations, byte for byte as TFLM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support import random_layers
from support.effort import breadth
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder


def _shape(rng: np.random.Generator, rank: int, most: int) -> tuple[int, ...]:
    return tuple(int(size) for size in rng.integers(1, most + 1, rank))


def _pool(seed: int, kind: str) -> Case:
    rng, builder = np.random.default_rng(seed), GraphBuilder()
    source = random_layers.add_input(builder, rng, _shape(rng, 4, 9))
    result = random_layers.add_pool(builder, rng, source, kind)
    return Case(f"seed {seed}", builder.graph([source], [result]))


def _mean(seed: int) -> Case:
    rng, builder = np.random.default_rng(seed), GraphBuilder()
    source = random_layers.add_input(builder, rng, _shape(rng, int(rng.integers(1, 6)), 6))
    result = random_layers.add_mean(builder, rng, source)
    return Case(f"seed {seed}", builder.graph([source], [result]))


def _pad(seed: int) -> Case:
    rng, builder = np.random.default_rng(seed), GraphBuilder()
    source = random_layers.add_input(builder, rng, _shape(rng, int(rng.integers(1, 6)), 4))
    result = random_layers.add_pad(builder, rng, source)
    return Case(f"seed {seed}", builder.graph([source], [result]))


def _concatenation(seed: int) -> Case:
    rng, builder = np.random.default_rng(seed), GraphBuilder()
    shape = list(_shape(rng, int(rng.integers(1, 6)), 4))
    axis = int(rng.integers(len(shape)))
    first = random_layers.add_input(builder, rng, tuple(shape))
    quantization = builder.tensors[first].quantization
    assert quantization is not None
    sources = [first]
    for _ in range(int(rng.integers(0, 10))):
        shape[axis] = int(rng.integers(1, 5))
        sources.append(builder.tensor(shape, scale=quantization.scale, zero_point=quantization.zero_point))
    result = random_layers.add_concatenation(builder, rng, sources, axis)
    return Case(f"seed {seed}", builder.graph(sources, [result]))


def _reshape(seed: int) -> Case:
    rng, builder = np.random.default_rng(seed), GraphBuilder()
    shape = _shape(rng, int(rng.integers(1, 6)), 4)
    source = random_layers.add_input(builder, rng, shape)
    result = random_layers.add_reshape(builder, rng, source, (*shape[:1], int(np.prod(shape[1:]))))
    return Case(f"seed {seed}", builder.graph([source], [result]))


@pytest.mark.parametrize("kind", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_pool_equals_tflm(tmp_path: Path, kind: str) -> None:
    check_cases([_pool(i, kind) for i in range(breadth(60, here=20))], tmp_path, seed=1)


def test_mean_equals_tflm(tmp_path: Path) -> None:
    check_cases([_mean(i) for i in range(breadth(60, here=20))], tmp_path, seed=2)


def test_pad_equals_tflm(tmp_path: Path) -> None:
    check_cases([_pad(i) for i in range(breadth(50, here=16))], tmp_path, seed=3)


def test_concatenation_equals_tflm(tmp_path: Path) -> None:
    check_cases([_concatenation(i) for i in range(breadth(50, here=16))], tmp_path, seed=4)


def test_reshape_equals_tflm(tmp_path: Path) -> None:
    check_cases([_reshape(i) for i in range(20)], tmp_path, seed=5)
