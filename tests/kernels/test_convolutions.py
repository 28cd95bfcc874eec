# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrices: hundreds of random configurations, byte for byte as TFLM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases
from support.random_layers import add_convolution, add_fully_connected, add_input
from support.tflite_writer import GraphBuilder


def _image(rng: np.random.Generator) -> tuple[int, int, int, int]:
    batches = int(rng.choice([1, 1, 1, 2]))
    height, width, channels = (int(value) for value in rng.integers(1, 10, 3))
    return batches, height, width, channels


def _convolution(seed: int, *, depthwise: bool, types: tuple[str, str] = ("int8", "int8")) -> Case:
    rng = np.random.default_rng(seed)
    builder = GraphBuilder()
    source = add_input(builder, rng, _image(rng), types[0])
    result = add_convolution(builder, rng, source, depthwise=depthwise, weights=types[1])
    return Case(f"seed {seed}", builder.graph([source], [result]))


def _fully_connected(seed: int, types: tuple[str, str] = ("int8", "int8")) -> Case:
    rng = np.random.default_rng(seed)
    builder = GraphBuilder()
    rank = int(rng.integers(2, 5))
    source = add_input(builder, rng, tuple(int(size) for size in rng.integers(1, 8, rank)), types[0])
    result = add_fully_connected(builder, rng, source, weights=types[1])
    return Case(f"seed {seed}", builder.graph([source], [result]))


@pytest.mark.parametrize("first", [0, 1000])
def test_conv_2d_equals_tflm(tmp_path: Path, first: int) -> None:
    check_cases(
        [_convolution(first + i, depthwise=False) for i in range(breadth(80, here=24))], tmp_path, seed=first
    )


@pytest.mark.parametrize("first", [2000, 3000])
def test_depthwise_conv_2d_equals_tflm(tmp_path: Path, first: int) -> None:
    check_cases(
        [_convolution(first + i, depthwise=True) for i in range(breadth(80, here=24))], tmp_path, seed=first
    )


def test_fully_connected_equals_tflm(tmp_path: Path) -> None:
    check_cases([_fully_connected(4000 + i) for i in range(breadth(80, here=24))], tmp_path, seed=4)


@pytest.mark.parametrize("types", [("int16", "int8"), ("int8", "int4")], ids=["16x8", "int4"])
def test_int16_activations_and_int4_weights_equal_tflm(tmp_path: Path, types: tuple[str, str]) -> None:
    cases = [_convolution(5000 + i, depthwise=bool(i % 2), types=types) for i in range(breadth(80, here=24))]
    cases += [_fully_connected(5100 + i, types) for i in range(breadth(40, here=12))]
    check_cases(cases, tmp_path, seed=5, samples=50)
