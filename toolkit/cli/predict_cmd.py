# SPDX-License-Identifier: Apache-2.0
"""tinyml predict"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from toolkit import ui
from toolkit.cli.options import (
    board_option,
    json_option,
    open_pipeline,
    project_option,
    seconds_option,
    skips_broken,
)
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from toolkit.predict.answer import Answer, Where


@click.command("predict")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, metavar="[MODEL] FILES...")
@click.option(
    "--on",
    type=click.Choice(["float", "int8", "board"]),
    help="The float model, the int8 model (default), or the firmware in emulation.",
)
@click.option("--top", type=click.IntRange(min=1), default=3, show_default=True, help="How many classes.")
@click.option("--window", is_flag=True, help="On a page of the browser; see: tinyml live --help")
@board_option
@project_option
@seconds_option
@json_option
def command(
    files: tuple[Path, ...],
    on: str | None,
    top: int,
    window: bool,
    board: str | None,
    folder: Path,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Say what a model makes of FILES: top classes or labels with probabilities, or numbers.

    MODEL is a .tflite or .keras file; without one it is the project's. A file is what the data are made of: a
    picture, a recording, a table with a row a sample; an .npy file of samples with any model. Files
    that cannot be read are named at the end, behind the answers for the others, with the exit code 3, and
    a table with a row that cannot be read is one; with --skip-broken they, or the rows, are left out.
    --window shows them side by side on float, int8 and the firmware, until Ctrl-C or for --seconds.

    \b
    Examples:
      tinyml predict samples.npy
      tinyml predict samples.npy --on float
      tinyml predict samples.npy --on board --board nano33ble --json
      tinyml predict build/model.tflite samples.npy
      tinyml predict samples.npy --window
    """
    if window:
        _show(files, folder, board, seconds)
        return
    if not files:
        raise UsageError("there are no FILES to look at.", hint="Try: tinyml predict --help")
    from toolkit.predict.model_file import ENDINGS
    from toolkit.predict.predictor import broken_files

    place = cast("Where | None", on)
    if files[0].suffix in ENDINGS:
        answer = _by_file(files[0], files[1:], place, board or "nano33ble", top)
    else:
        answer = _by_project(folder, files, place, board, top)
    if as_json:
        samples = [prediction.to_json() for prediction in answer.predictions]
        about: dict[str, object] = {"by": answer.by, "on": answer.on, "samples": samples, "task": answer.task}
        about = about if answer.threshold is None else {**about, "threshold": answer.threshold}
        if answer.broken and not skips_broken():
            raise broken_files(answer.broken, **about)
        if answer.broken:
            about["broken"] = [error.message for error in answer.broken]
        ui.result_json(about)
        return
    rows = answer.rows()
    ui.note(f"by {answer.by}")
    ui.table(("sample", *("" for _ in rows[0][1:])), rows)
    if answer.broken and not skips_broken():
        raise broken_files(answer.broken)
    for error in answer.broken:
        ui.note(error.message)


def _show(files: Sequence[Path], folder: Path, board: str | None, seconds: float | None) -> None:
    """Show the first part of the live page alone."""
    from toolkit.cli.live_cmd import show_page
    from toolkit.live.site import open_site
    from toolkit.predict.model_file import ENDINGS

    model = files[0] if files and files[0].suffix in ENDINGS else None
    site = open_site(model, folder, board, None, files[1:] if model else files, ("try",))
    show_page(site, 0, sys.stdout.isatty(), seconds)


def _on_broken() -> Callable[[str], None] | None:
    """Return what hears of rows that are left out, None where they are errors."""
    return ui.note if skips_broken() else None


def _by_project(folder: Path, files: Sequence[Path], on: Where | None, board: str | None, top: int) -> Answer:
    from toolkit.predict.predictor import predict
    from toolkit.predict.project import ProjectModel

    pipeline = open_pipeline(folder)
    return predict(ProjectModel(pipeline), files, on, pipeline.one_board(board).name, top, _on_broken())


def _by_file(model: Path, files: Sequence[Path], on: Where | None, board: str, top: int) -> Answer:
    from toolkit.predict.model_file import open_model
    from toolkit.predict.predictor import predict

    if not files:
        raise UsageError(
            f"{model} is the model; which files is it to look at?", hint="Try: tinyml predict --help"
        )
    with ui.progress(f"predict: {model.name}") as on_progress:
        return predict(open_model(model, on_progress), files, on, board, top, _on_broken())
