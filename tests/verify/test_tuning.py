# SPDX-License-Identifier: Apache-2.0
"""Kernels that are measured in emulation, and the choices that can be had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.firmware import skip_without
from support.tflite_writer import GraphBuilder, write_tflite
from support.variants import separable

from toolkit.cli.main import run
from toolkit.compiler.choice import Costs, Optimization
from toolkit.compiler.compile import compile_model
from toolkit.compiler.costs import costs_file, keep_costs, kept_costs
from toolkit.errors import InputError
from toolkit.inspection.inspect import inspect_model
from toolkit.report.choices import tuned_lines
from toolkit.targets.board import load_board
from toolkit.targets.target import target_of
from toolkit.timing.text import WITH_WAITS
from toolkit.verify.frontier import Point, frontier
from toolkit.verify.tuning import Tuned, tune_model

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


def reshaped() -> bytes:
    """Return a .tflite whose RESHAPEs do nothing on a board."""
    builder = GraphBuilder("reshaped")
    ids = [builder.tensor(shape, scale=0.5) for shape in ((1, 4, 4), (1, 16), (1, 4), (1, 2, 2), (1, 4))]
    weights = builder.tensor((4, 16), scale=0.01, data=np.ones((4, 16)))
    result = builder.tensor((1, 4), scale=1 / 256, zero_point=-128)
    builder.operation("RESHAPE", ids[:1], ids[1:2])
    builder.operation("FULLY_CONNECTED", [ids[1], weights], ids[2:3], fused_activation_function="NONE")
    builder.operation("RESHAPE", ids[2:3], ids[3:4])
    builder.operation("RESHAPE", ids[3:4], ids[4:5])
    builder.operation("SOFTMAX", ids[4:], [result], beta=1.0)
    return write_tflite(builder.graph(ids[:1], [result]))


def test_layers_have_the_numbers_that_inspect_gives_them(tmp_path: Path) -> None:
    model, data = tmp_path / "model.tflite", reshaped()
    keep_costs(model, data, TARGET, Costs(BOARD.name, "gcc", {}))

    found = tune_model(model, data, "model", BOARD, "balanced")

    layers = inspect_model(data, "model", [BOARD]).layers
    assert [(layer.index, layer.kind) for layer in found.layers] == [
        (each.step, each.kind) for each in layers
    ]
    assert [layer.index for layer in found.layers] == [0, 1]


def tuned(before: int, after: int, fastest: int) -> Tuned:
    times = (1000 * before / 64e6, 1000 * after / 64e6)
    layers, arena = (), 3264
    args = (layers, before, after, arena, arena, True, fastest, WITH_WAITS, 64_000_000, *times, 0.09, False)
    return Tuned("kws", "nano33ble", "gcc", "balanced", *args)


@pytest.mark.parametrize(
    ("after", "fastest", "change", "verdict"),
    [
        (
            442_897,
            442_000,
            "0.35 % less time",
            "about as fast as they get. A smaller model is faster: tinyml pr",
        ),
        (444_438, 444_438, "the same time", "about as fast as they get"),
        (400_000, 400_000, "10 % less time", "saves"),
        (444_438, 400_000, "the same time", "10 % less time, and more RAM or flash: --optimize speed"),
    ],
)
def test_what_was_tuned_is_said_in_time_with_its_error_and_what_follows_from_it(
    after: int, fastest: int, change: str, verdict: str
) -> None:
    lines = list(tuned_lines(tuned(444_438, after, fastest)))

    assert lines[1].endswith("444,438 cycles with waits, 6.94 ms +- 9 % (modelled, 64 MHz), arena 3,264 B")
    assert lines[2].endswith(f" ms +- 9 % (modelled, 64 MHz), arena 3,264 B ({change})")
    assert verdict in lines[3]


def test_a_folder_where_the_measurements_go_is_found_before_measuring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(MODEL)
    costs_file(model).mkdir()

    assert run(["tune", str(model)]) == InputError.exit_code

    said = capsys.readouterr().err
    assert "model.tune.json is a folder" in said
    assert "Try: another name for that folder" in said
    assert "variants" not in said


def test_an_interrupted_frontier_shows_the_points_until_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(MODEL)
    point = Point("balanced", None, 1_024, 9_000, 3_000, 55_555, 77_777, False)

    def one_then_interrupted(*args: object) -> Iterator[Point]:
        monkeypatch.setattr("toolkit.verify.frontier._measured", interrupted)
        return iter([point])

    def interrupted(*args: object) -> Iterator[Point]:
        raise KeyboardInterrupt(2)

    monkeypatch.setattr("toolkit.verify.frontier._measured", one_then_interrupted)

    assert run(["inspect", str(model), "--frontier"]) == 130

    said = capsys.readouterr()
    assert "77,777" in said.out and "cycles with waits" in said.out
    assert "builds, each run in emulation: that takes minutes" in said.err


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
