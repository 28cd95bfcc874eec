# SPDX-License-Identifier: Apache-2.0
"""The verdict: which byte differs first, what the accuracy is, when a check fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder

from toolkit.errors import CheckFailedError
from toolkit.ir.graph import Graph
from toolkit.reference.oracle import Expected
from toolkit.verify.verdict import Verdict, compare, require_all, score


@pytest.fixture
def graph() -> Graph:
    """Two outputs: four int8 values and two int16 values."""
    builder = GraphBuilder("two")
    x = builder.tensor((1, 4), scale=0.5)
    y = builder.tensor((1, 4), scale=0.5, zero_point=-2)
    z = builder.tensor((1, 2), "int16", scale=0.1)
    builder.operation("RELU", [x], [y])
    builder.operation("QUANTIZE", [y], [z])
    return builder.graph([x], [y, z])


@pytest.fixture
def expected() -> Expected:
    rows = np.array([[1, 2, 3, 4, 0, 1, 0, 2], [4, 3, 2, 1, 0, 0, 0, 0]], np.int8)
    return Expected(rows, "the oracle")


def bytes_of(rows: list[list[int]]) -> list[bytes]:
    return [np.array(row, np.int8).tobytes() for row in rows]


VERDICT = Verdict(
    board="host",
    runner="host",
    oracle="the oracle",
    model_sha256="00",
    samples=2,
    equal=2,
    first_difference=None,
    score=None,
    instructions=None,
    cycles=5,
    layers=(),
    arena_bytes=16,
    stack_bytes=0,
    flash_bytes=0,
    model_flash_bytes=0,
    weights_bytes=0,
    ram_bytes=0,
)


def test_equal_bytes_are_equal(graph: Graph, expected: Expected) -> None:
    got = [row.tobytes() for row in expected.outputs]
    assert compare(graph, expected, got) == (2, None)


def test_the_first_difference_names_sample_layer_index_and_values(graph: Graph, expected: Expected) -> None:
    got = bytes_of([[1, 2, 3, 4, 0, 1, 0, 2], [4, 3, 9, 1, 0, 0, 0, 0]])
    equal, first = compare(graph, expected, got)
    assert equal == 1
    assert str(first) == "sample 1, output 0 (written by RELU #0), index 2: expected 2, got 9"


def test_a_difference_in_a_later_output_counts_in_its_own_elements(graph: Graph, expected: Expected) -> None:
    got = bytes_of([[1, 2, 3, 4, 0, 1, 0, 3], [4, 3, 2, 1, 0, 0, 0, 0]])
    _, first = compare(graph, expected, got)
    assert str(first) == "sample 0, output 1 (written by QUANTIZE #1), index 1: expected 512, got 768"


def test_accuracy_counts_the_right_classes_on_both_sides(graph: Graph, expected: Expected) -> None:
    got = bytes_of([[9, 2, 3, 4, 0, 1, 0, 2], [4, 3, 2, 1, 0, 0, 0, 0]])
    result = score(graph, "classification", np.array([3, 0]), expected, got)
    assert (result.metric, result.device, result.host) == ("accuracy", 0.5, 1.0)


def test_error_of_a_regression_is_in_real_units(graph: Graph, expected: Expected) -> None:
    labels = (expected.outputs[:, :4].astype(np.float64) + 2) * 0.5 + 0.25
    result = score(graph, "regression", labels, expected, [row.tobytes() for row in expected.outputs])
    assert (result.metric, result.device) == ("mae", 0.25)


def test_an_anomaly_detector_is_scored_by_what_it_gives_back_of_its_inputs() -> None:
    builder = GraphBuilder("same")
    x, y = builder.tensor((1, 2), scale=0.5), builder.tensor((1, 2), scale=0.25)
    builder.operation("QUANTIZE", [x], [y])
    rows = np.array([[4, 8], [4, 8], [2, 2]], np.int8)
    right = Expected(np.array([[8, 16], [8, 20], [9, 9]], np.int8), "test")
    got = bytes_of([[8, 16], [0, 0], [4, 4]])

    result = score(builder.graph([x], [y]), "anomaly", np.array([0, 0, 1]), right, got, rows)

    assert (result.metric, result.host, result.device) == ("auc", 1.0, 0.25)


def test_a_passed_check_raises_nothing() -> None:
    require_all([VERDICT], {})
    assert VERDICT.to_json()["passed"] is True


def test_a_wrong_byte_fails_the_check_with_the_place(graph: Graph, expected: Expected) -> None:
    _, first = compare(graph, expected, bytes_of([[0] * 8, [0] * 8]))
    with pytest.raises(
        CheckFailedError, match=r"2 of 2 samples differ .* on host. First: sample 0, output 0"
    ):
        require_all([VERDICT, replace(VERDICT, equal=0, first_difference=first)], {})


def test_a_check_of_no_samples_does_not_pass() -> None:
    with pytest.raises(CheckFailedError, match="no sample was compared"):
        require_all([replace(VERDICT, samples=0, equal=0)], {})
