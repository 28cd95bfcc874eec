# SPDX-License-Identifier: Apache-2.0
"""tinyml bisect"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option, open_pipeline, project_option


@click.command("bisect")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option(
    "--inputs",
    type=click.Path(path_type=Path),
    help=".npy or .npz, as for tinyml run. Default: random.",
)
@click.option(
    "--board", type=Name(), help="Board to emulate; host: none. Default: the project's, for MODEL nano33ble."
)
@project_option
@json_option
def command(model: Path | None, inputs: Path | None, board: str | None, folder: Path, as_json: bool) -> None:
    """Run the project's model, or the int8 file MODEL, on all that can run it, and name where two differ.

    TFLM, TFLite's reference kernels and the NumPy references, and the generated C on this computer
    and in the emulator, by gcc and by zig: whatever is there. Exit code 1 if any two differ.

    \b
    Examples:
      tinyml bisect
      tinyml bisect model.tflite --inputs x.npy
    """
    from toolkit.compiler.files import read_model
    from toolkit.errors import CheckFailedError
    from toolkit.targets.board import load_board
    from toolkit.tflite.reader import read_graph
    from toolkit.verify.bisect import bisection_lines, try_everything
    from toolkit.verify.generated_c import SAMPLES, random_rows
    from toolkit.verify.rows import load_rows

    if model is None:
        pipeline = open_pipeline(folder)
        model, chosen = pipeline.quantize(), pipeline.one_board(board)
    else:
        chosen = load_board(board or "nano33ble")
    data = read_model(model)
    graph = read_graph(data, model.stem)
    rows = load_rows(inputs, graph).rows if inputs else random_rows(graph, SAMPLES)
    with ui.progress(f"bisect {model.name}: {len(rows)} samples") as on_progress:
        found = try_everything(data, graph, chosen, rows, on_progress)
    if not as_json:
        for line in bisection_lines(found):
            ui.result(line)
    if found.disagreement is not None:
        place = f"operation {found.disagreement.operation} ({found.disagreement.kind})"
        raise CheckFailedError(f"{model.name} differs first at {place}.", facts=found.to_json())
    if as_json:
        ui.result_json(found.to_json())
