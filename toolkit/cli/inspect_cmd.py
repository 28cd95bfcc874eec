# SPDX-License-Identifier: Apache-2.0
"""tinyml inspect"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option, stream_option


@click.command("inspect")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--board", type=Name(), help="Only this board. Default: all. See: tinyml boards")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the arena over time as .svg or .png (needs matplotlib).",
)
@stream_option
@json_option
def command(model: Path, board: str | None, output: Path | None, hop: int | None, as_json: bool) -> None:
    """Show what the .tflite file MODEL takes: layers, weights, the arena over time, and where it fits.

    How long an inference takes is counted and modelled in emulation, where a compiler for the board is there.
    A model that cannot be compiled is shown as far as it goes, with the reasons.

    \b
    Examples:
      tinyml inspect model.tflite
      tinyml inspect model.tflite --board nano33ble --output arena.svg
      tinyml inspect wake_word.tflite --stream
    """
    from toolkit.compiler.files import read_model
    from toolkit.files import write_atomic
    from toolkit.inspection.inspect import inspect_model
    from toolkit.inspection.png import picture_bytes
    from toolkit.inspection.text import inspection_lines
    from toolkit.targets.board import board_names, load_board
    from toolkit.verify.estimate import estimate_where_it_fits

    boards = [load_board(name) for name in ([board] if board else board_names())]
    data = read_model(model)
    inspection = inspect_model(data, model.stem, boards, hop=hop)
    fits = [] if inspection.refusal else inspection.boards
    with ui.progress("inspect: count what an inference takes"):
        estimates = estimate_where_it_fits(data, model.stem, fits, hop=hop)
    if output is not None:
        write_atomic(output, picture_bytes(inspection, output.suffix))
    if as_json:
        times = {each.board: each.to_json() for each in estimates}
        ui.result_json({**inspection.to_json(), "times": times})
        return
    for line in inspection_lines(inspection, {each.board: each.text() for each in estimates}):
        ui.result(line)
    if output is not None:
        ui.result(f"{output}")
