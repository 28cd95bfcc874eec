# SPDX-License-Identifier: Apache-2.0
"""tinyml look"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option, open_pipeline, project_option, skips_broken
from toolkit.errors import UsageError


@click.command("look")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, metavar="[MODEL] FILE")
@click.option("--sample", type=click.IntRange(min=1), default=1, show_default=True, help="Which one in FILE.")
@click.option(
    "--board",
    type=Name(),
    help="Board to emulate; host: none. Default: the project's, for MODEL nano33ble.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder of the pictures. Default: build/look, for MODEL look.",
)
@project_option
@json_option
def command(
    files: tuple[Path, ...], sample: int, board: str | None, output: Path | None, folder: Path, as_json: bool
) -> None:
    """Show what each layer makes of a sample: float beside int8 beside the firmware, and where they part.

    MODEL is an int8 .tflite, with model_float.tflite beside it for the float columns; without MODEL it is the
    project's. FILE is as for tinyml predict. Writes a picture with a heat map of each layer's output, and
    one of the first convolution's filters. With --skip-broken rows of FILE that cannot be read do not count.
    Exit code 1 if the firmware differs.

    \b
    Examples:
      tinyml look samples.npy
      tinyml look samples.npy --sample 2 --board host
      tinyml look build/model.tflite samples.npy --json
    """
    from toolkit.errors import CheckFailedError
    from toolkit.predict.look import first_filters, look, look_lines
    from toolkit.predict.look_picture import write_look
    from toolkit.predict.model_file import open_model
    from toolkit.predict.predictor import sample_of
    from toolkit.predict.project import ProjectModel
    from toolkit.reading import MOST_MODEL_BYTES, read_file
    from toolkit.targets.board import load_board

    on_broken = ui.note if skips_broken() else None
    is_file = bool(files) and files[0].suffix == ".tflite"
    if len(files) != 1 + is_file:
        raise UsageError("a look takes one FILE.", hint="Try: tinyml look --help")
    if is_file:
        model, chosen = files[0], load_board(board or "nano33ble")
        name, real = sample_of(open_model(model), files[1], sample, on_broken)
    else:
        pipeline = open_pipeline(folder)
        name, real = sample_of(ProjectModel(pipeline), files[0], sample, on_broken)
        model, chosen = pipeline.quantize(), pipeline.one_board(board)
    data, beside = read_file(model, MOST_MODEL_BYTES), model.with_name("model_float.tflite")
    wholes = read_file(beside, MOST_MODEL_BYTES) if beside.is_file() else None
    found = look(data, model.stem, wholes, real, chosen)
    place = output or (Path("look") if is_file else model.parent / "look")
    pictures = write_look(found, first_filters(data, model.stem), place, name)
    facts = {**found.to_json(), "pictures": [str(path) for path in pictures]}
    if found.unequal is not None:
        raise CheckFailedError(f"the firmware differs from the host at {found.unequal.layer}.", facts=facts)
    if as_json:
        ui.result_json(facts)
        return
    for reason in found.missing:
        ui.note(reason)
    head, *lines = look_lines(found)
    ui.table(head, lines)
    for path in pictures:
        ui.result(str(path))
