# SPDX-License-Identifier: Apache-2.0
"""tinyml predict"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from toolkit import ui
from toolkit.cli.options import board_option, json_option, open_pipeline, project_option

if TYPE_CHECKING:
    from toolkit.prediction import Where


@click.command("predict")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--on",
    type=click.Choice(["float", "int8", "board"]),
    default="int8",
    show_default=True,
    help="The float model, the int8 model, or the firmware in emulation.",
)
@click.option("--top", type=click.IntRange(min=1), default=3, show_default=True, help="How many classes.")
@board_option
@project_option
@json_option
def command(
    files: tuple[Path, ...], on: str, top: int, board: str | None, folder: Path, as_json: bool
) -> None:
    """Say what the project's model makes of FILES: top classes or labels with probabilities, or numbers.

    A file is what the project's data are made of: a picture, a recording, a table with a row a sample;
    an .npy file of samples with any data.

    \b
    Examples:
      tinyml predict samples.npy
      tinyml predict samples.npy --on float
      tinyml predict samples.npy --on board --board nano33ble --json
    """
    from toolkit.prediction import predict_files

    pipeline = open_pipeline(folder)
    answer = predict_files(pipeline, files, cast("Where", on), pipeline.one_board(board), top)
    if as_json:
        samples = [prediction.to_json() for prediction in answer.predictions]
        about = {"by": answer.by, "on": on, "samples": samples, "task": answer.task}
        ui.result_json(about if answer.threshold is None else {**about, "threshold": answer.threshold})
        return
    rows = answer.rows()
    ui.note(f"by {answer.by}")
    ui.table(("sample", *("" for _ in rows[0][1:])), rows)
