# SPDX-License-Identifier: Apache-2.0
"""tinyml inspect"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option, open_pipeline, project_option, stream_option


@click.command("inspect")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option("--board", type=Name(), help="Only this board. Default: all. See: tinyml boards")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the arena over time as .svg or .png (needs matplotlib).",
)
@stream_option
@project_option
@json_option
def command(
    model: Path | None,
    board: str | None,
    output: Path | None,
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
      tinyml inspect model.tflite
      tinyml inspect model.tflite --board nano33ble --output arena.svg
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

    pipeline = open_pipeline(folder) if model is None else None
    model = model or (pipeline.quantize() if pipeline else Path())
    boards = [load_board(name) for name in ([board] if board else board_names())]
    data = read_model(model)
    inspection = inspect_model(data, model.stem, boards, hop=hop)
    fits = [] if inspection.refusal else inspection.boards
    with ui.progress("inspect: count what an inference takes"):
        estimates = estimate_where_it_fits(data, model.stem, fits, hop=hop)
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
