# SPDX-License-Identifier: Apache-2.0
"""tinyml inspect"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import (
    Name,
    json_option,
    open_pipeline,
    optimize_option,
    project_option,
    stream_option,
)
from toolkit.errors import UsageError
from toolkit.project.goals import Goal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.pipeline.pipeline import Pipeline
    from toolkit.targets.board import Board

_USUAL = "nano33ble"


@click.command("inspect")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option("--board", type=Name(), help="Only this board. Default: all. See: tinyml boards")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the arena over time as .svg or .png (needs matplotlib).",
)
@optimize_option
@click.option(
    "--frontier",
    "has_frontier",
    is_flag=True,
    help="Show what can be had instead: RAM, flash and cycles on --board (nano33ble), built and emulated.",
)
@click.option(
    "--untrained",
    "is_untrained",
    is_flag=True,
    help="Show the project's model as tinyml.toml has it, before any training (build/untrained.tflite).",
)
@stream_option
@project_option
@json_option
def command(
    model: Path | None,
    board: str | None,
    output: Path | None,
    goal: Goal | None,
    has_frontier: bool,
    is_untrained: bool,
    hop: int | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Show what the project's model, or the .tflite file MODEL, takes: layers, weights, the arena over time,
    and where it fits.

    How long an inference takes is counted and modelled in emulation, where a compiler for the board is there.
    A model that cannot be compiled is shown as far as it goes, with the reasons. Of a project that hears a
    stream, it also says what features and decisions take on the boards that it was built for.

    \b
    Examples:
      tinyml inspect
      tinyml inspect --untrained
      tinyml inspect model.tflite
      tinyml inspect model.tflite --board nano33ble --output arena.svg
      tinyml inspect model.tflite --board nano33ble --frontier
      tinyml inspect wake_word.tflite --stream
    """
    from toolkit.compiler.files import read_model
    from toolkit.files import write_atomic
    from toolkit.inspection.inspect import inspect_model
    from toolkit.inspection.png import picture_bytes
    from toolkit.inspection.text import inspection_lines
    from toolkit.listen.cost import known_cost
    from toolkit.targets.board import board_names, load_board
    from toolkit.verify.estimate import estimate_where_it_fits

    if is_untrained and model is not None:
        raise UsageError("--untrained is of the project's model.", hint="Try: one of --untrained and MODEL")
    pipeline = open_pipeline(folder) if model is None else None
    boards = [load_board(name) for name in ([board] if board else board_names())]
    if pipeline:
        model, own_hop = _own_model(pipeline, boards, is_untrained)
        hop = own_hop if hop is None else hop
    assert model is not None
    if has_frontier and hop is not None:
        raise UsageError(
            "--frontier is of whole windows: it does not go with --stream.", hint="Try: one of the two"
        )
    if has_frontier:
        _show_frontier(model, board or _USUAL, as_json)
        return
    data = read_model(model)
    kind = goal or "balanced"
    inspection = inspect_model(data, model.stem, boards, hop=hop, goal=kind, is_untrained=is_untrained)
    fits = [] if inspection.refusal else inspection.boards
    with ui.progress("inspect: count what an inference takes"):
        estimates = estimate_where_it_fits(data, model.stem, fits, kind, hop, is_untrained=is_untrained)
    if output is not None:
        write_atomic(output, picture_bytes(inspection, output.suffix))
    costs = [known_cost(pipeline, board) for board in boards] if pipeline else []
    streams = [cost for cost in costs if cost is not None]
    if as_json:
        times = {each.board: each.to_json() for each in estimates}
        more = {"streams": list(map(asdict, streams))} if pipeline else {}
        ui.result_json({**inspection.to_json(), "times": times, **more})
        return
    for line in inspection_lines(inspection, {each.board: each.text() for each in estimates}):
        ui.result(line)
    for cost in streams:
        ui.result(f"Stream on {cost.board}, beside the model: {cost.words()}")
    if output is not None:
        ui.result(f"{output}")


def _own_model(pipeline: Pipeline, boards: Sequence[Board], is_untrained: bool) -> tuple[Path, int | None]:
    """Return the .tflite of the project's model, and the new rows of a run if it goes hop by hop."""
    from toolkit.pipeline.compile import hop_of

    if is_untrained:
        return _untrained(pipeline, boards)
    model = pipeline.quantize()
    return model, hop_of(pipeline.context)


def _untrained(pipeline: Pipeline, boards: Sequence[Board]) -> tuple[Path, int | None]:
    """Write the project's untrained model as integers into the build folder; return the file, and the new
    rows of a run if it goes hop by hop.

    Raises DoesNotFitError if its weights are far too many for all boards.
    """
    from toolkit.files import write_atomic
    from toolkit.models import Shape, build_model
    from toolkit.sizing.before_training import require_possible, untrained_hop
    from toolkit.sizing.measure import untrained_tflite

    project, dataset = pipeline.project, pipeline.dataset()
    shape = Shape.of(dataset)
    with ui.progress("inspect: quantize the untrained model"):
        model = build_model(project, project.model, shape)
        require_possible(project, shape, boards, model, ui.progress)
        data = untrained_tflite(model, shape, project.quantization.integers)
    path = pipeline.folder / "untrained.tflite"
    write_atomic(path, data)
    return path, untrained_hop(project, dataset, data)


def _show_frontier(model: Path, board: str, as_json: bool) -> None:
    from toolkit.compiler.costs import costs_file, kept_costs
    from toolkit.compiler.files import read_model
    from toolkit.report.choices import POINT_HEADINGS, point_rows
    from toolkit.targets.board import load_board
    from toolkit.targets.target import target_of
    from toolkit.verify.frontier import Point, frontier

    data, chosen = read_model(model), load_board(board)
    costs = kept_costs(model, data, target_of(chosen))
    if costs is not None:
        ui.note(f"frontier: kernels are chosen by what tinyml tune measured ({costs_file(model)})")
    points: list[Point] = []
    builds = 0

    def hear(count: int, so_far: list[Point]) -> None:
        nonlocal points, builds
        if not builds:
            ui.note(
                f"frontier: {count} builds, each run in emulation: that takes minutes; points are not kept"
            )
        points, builds = so_far, count

    try:
        with ui.progress(f"frontier of {model.name} on {board}") as on_progress:
            points = frontier(data, model.stem, chosen, costs, on_progress, hear)
    except KeyboardInterrupt:
        if points and not as_json:
            ui.result(f"Interrupted before all {builds} builds were made; the best until then:")
            ui.table(POINT_HEADINGS, point_rows(points))
        raise
    if as_json:
        ui.result_json({"model": model.stem, "board": board, "points": [p.to_json() for p in points]})
        return
    ui.table(POINT_HEADINGS, point_rows(points))
