# SPDX-License-Identifier: Apache-2.0
"""GATHER, GATHER_ND and EMBEDDING_LOOKUP with indices that come at run time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.kernel_runner import Case, check_cases, check_kernels
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

KINDS = ("GATHER", "GATHER_ND", "EMBEDDING_LOOKUP")
ROWS = 7


def graph_of(kind: str) -> Graph:
    """Return a graph that chooses four rows of (7, 3)."""
    builder = GraphBuilder()
    values = builder.tensor((ROWS, 3), scale=0.5, zero_point=3)
    chosen = builder.tensor((4, 1) if kind == "GATHER_ND" else (4,), "int32")
    result = builder.tensor((4, 3), scale=0.5, zero_point=3)
    operands = [chosen, values] if kind == "EMBEDDING_LOOKUP" else [values, chosen]
    builder.operation(kind, operands, [result])
    return builder.graph([values, chosen], [result])


def samples_of(kind: str, indices: Sequence[Sequence[int]]) -> list[list[np.ndarray]]:
    rng, shape = np.random.default_rng(1), (4, 1) if kind == "GATHER_ND" else (4,)
    return [
        [rng.integers(-128, 128, (ROWS, 3)).astype(np.int8), np.array(row, np.int32).reshape(shape)]
        for row in indices
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_indices_that_are_computed_choose_what_tflm_chooses(tmp_path: Path, kind: str) -> None:
    indices = np.random.default_rng(2).integers(0, ROWS, (20, 4)).tolist()
    check_cases([Case(kind, graph_of(kind), samples_of(kind, indices))], tmp_path, seed=1)


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_outside_takes_the_nearest_row(tmp_path: Path, kind: str) -> None:
    indices = [[-1, ROWS, 2**31 - 1, -(2**31)], [0, ROWS - 1, 100, -100]]
    check_kernels([Case(kind, graph_of(kind), samples_of(kind, indices))], tmp_path, seed=1, samples=2)
