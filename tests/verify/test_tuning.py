# SPDX-License-Identifier: Apache-2.0
"""Kernels that are measured in emulation, and the choices that can be had."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.firmware import skip_without
from support.variants import separable

from toolkit.compiler.choice import Optimization
from toolkit.compiler.compile import compile_model
from toolkit.compiler.costs import costs_file, kept_costs
from toolkit.targets.board import load_board
from toolkit.targets.target import target_of
from toolkit.verify.frontier import frontier
from toolkit.verify.tuning import tune_model

pytestmark = pytest.mark.xdist_group("firmware")
BOARD = load_board("nano33ble")
TARGET = target_of(BOARD)
MODEL = separable(4, 8)


def test_tuning_measures_every_variant_once_and_chooses_no_slower_one(tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    model = tmp_path / "model.tflite"

    first = tune_model(model, MODEL, "model", BOARD, "speed")
    kept = costs_file(model).read_bytes()
    second = tune_model(model, MODEL, "model", BOARD, "speed")

    assert (first.was_kept, second.was_kept) == (False, True)
    assert costs_file(model).read_bytes() == kept
    assert second.layers == first.layers
    assert [set(layer.cycles) for layer in first.layers][:2] == [
        {"columns", "pairs", "small", "plain"},
        {"3x3", "taps", "small", "plain"},
    ]
    assert all(len(set(layer.cycles.values())) > 1 for layer in first.layers), (
        "other kernels take other times"
    )
    assert all(min(layer.cycles.values()) == layer.cycles[layer.after] for layer in first.layers)
    assert first.cycles_after <= first.cycles_before
    costs = kept_costs(model, MODEL, TARGET)
    assert costs is not None
    assert costs.compiler.startswith("gcc")


@pytest.mark.bench
def test_points_of_the_frontier_are_made_again_by_their_goal_and_limit() -> None:
    skip_without("nano33ble", "gcc")

    points = frontier(MODEL, "model", BOARD)

    assert len({point.costs for point in points}) == len(points) >= 2
    for point in points:
        again = compile_model(MODEL, "model", TARGET, point.ram_bytes, optimization=Optimization(point.goal))
        assert again.arena_bytes == point.arena_bytes
        assert all(
            any(a < b for a, b in zip(point.costs, other.costs, strict=True))
            for other in points
            if other is not point
        )
