# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrices: hundreds of random configurations, byte for byte as TFLM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.kernel_runner import Case, check_cases
from support.random_layers import add_convolution, add_fully_connected, add_input
from support.tflite_writer import GraphBuilder


def _image(rng: np.random.Generator) -> tuple[int, int, int, int]:
    batches = int(rng.choice([1, 1, 1, 2]))
    height, width, channels = (int(value) for value in rng.integers(1, 10, 3))
    return batches, height, width, channels


def _convolution(seed: int, *, depthwise: bool) -> Case:
    rng = np.random.default_rng(seed)
    builder = GraphBuilder()
    source = add_input(builder, rng, _image(rng))
    result = add_convolution(builder, rng, source, depthwise=depthwise)
    return Case(f"seed {seed}", builder.graph([source], [result]))


def _fully_connected(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    builder = GraphBuilder()
    rank = int(rng.integers(2, 5))
    source = add_input(builder, rng, tuple(int(size) for size in rng.integers(1, 8, rank)))
    result = add_fully_connected(builder, rng, source)
    return Case(f"seed {seed}", builder.graph([source], [result]))


@pytest.mark.parametrize("first", [0, 1000])
def test_conv_2d_equals_tflm(tmp_path: Path, first: int) -> None:
    check_cases([_convolution(first + i, depthwise=False) for i in range(80)], tmp_path, seed=first)


@pytest.mark.parametrize("first", [2000, 3000])
def test_depthwise_conv_2d_equals_tflm(tmp_path: Path, first: int) -> None:
    check_cases([_convolution(first + i, depthwise=True) for i in range(80)], tmp_path, seed=first)


def test_fully_connected_equals_tflm(tmp_path: Path) -> None:
    check_cases([_fully_connected(4000 + i) for i in range(80)], tmp_path, seed=4)
