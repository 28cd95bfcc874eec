# SPDX-License-Identifier: Apache-2.0
"""Whatever the bytes are: a graph that is well formed, or an InputError. Nothing else, and soon."""

from __future__ import annotations

import random

import numpy as np
import pytest
from support.effort import times
from support.loops import recurrent
from support.random_states import variable_graph
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.errors import InputError
from toolkit.ir.dump import graph_text
from toolkit.ir.graph import Graph
from toolkit.ir.rules import graph_problems
from toolkit.tflite.reader import read_graph

GRAPHS = (small_graph(), recurrent(), variable_graph(0, np.random.default_rng(1)))
BYTES = (0, 1, 127, 128, 254, 255)


def flipped(data: bytes, rng: random.Random) -> bytes:
    """Data with one to sixteen bytes changed, half of them to ones that make trouble."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        changed[rng.randrange(len(data))] = rng.choice((rng.randrange(256), rng.choice(BYTES)))
    return bytes(changed)


def assert_total(data: bytes) -> bool:
    """Return whether data is a model; assert that nothing but an InputError says that it is not."""
    try:
        graph = read_graph(data, "damaged")
    except InputError:
        return False
    assert graph_problems(graph) == []
    assert graph_text(graph)
    return True


@pytest.mark.fuzz
@pytest.mark.timeout(times(120))
@pytest.mark.parametrize("graph", GRAPHS, ids=["one subgraph", "three subgraphs", "variables"])
def test_thousands_of_damaged_files_are_read_or_refused(graph: Graph) -> None:
    data = write_tflite(graph)
    rng = random.Random(20261)

    rounds = times(3_000, here=800)

    read = sum(assert_total(flipped(data, rng)) for _ in range(rounds))

    assert rounds / 20 < read < rounds * 0.95


@pytest.mark.parametrize("graph", GRAPHS, ids=["one subgraph", "three subgraphs", "variables"])
def test_every_truncated_file_is_refused(graph: Graph) -> None:
    data = write_tflite(graph)

    assert not any(assert_total(data[:length]) for length in range(len(data)))


def test_random_bytes_behind_the_magic_are_refused() -> None:
    rng = random.Random(5)

    for _ in range(500):
        start = rng.choice((8, 12, 16, 1000)).to_bytes(4, "little")
        assert not assert_total(start + b"TFL3" + rng.randbytes(rng.randrange(400)))


def test_a_file_whose_tables_share_one_vector_is_not_read_for_ever() -> None:
    data = bytearray(write_tflite(small_graph()))
    # Every word that could be an offset points at the same place: lists refer to each other.
    for place in range(8, len(data) - 4, 4):
        data[place : place + 4] = (4).to_bytes(4, "little")

    assert not assert_total(bytes(data))
