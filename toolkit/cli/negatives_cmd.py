# SPDX-License-Identifier: Apache-2.0
"""tinyml negatives"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option
from toolkit.errors import UsageError


@click.command("negatives")
@click.argument(
    "files", type=click.Path(path_type=Path, exists=True, dir_okay=False), nargs=-1, required=True
)
@click.option("--label", required=True, help="The class that they become: one that is not detected.")
@click.option(
    "--labels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What is in the one FILE, and when; else the label file beside it.",
)
@click.option("--most", type=click.IntRange(1), default=200, show_default=True, help="At most so many.")
@click.option("--train/--no-train", default=True, help="Train again with them. The default.")
@project_option
@json_option
def command(
    files: tuple[Path, ...],
    label: str,
    labels: Path | None,
    most: int,
    train: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Put the model's false accepts in recordings FILES into the project's data, and train again.

    Each is cut out as a sample of the class --label, such as unknown, beside the others of that class. No
    file is overwritten.

    \b
    Examples:
      tinyml negatives kitchen.wav --label none --no-train
    """
    from toolkit.listen.listen import by_own_time, ears_of, listen
    from toolkit.listen.negatives import nest_of, write_negatives
    from toolkit.listen.recording import read_recording

    if labels is not None and len(files) > 1:
        raise UsageError("--labels are of one recording.", hint="Try: a label file beside each recording")

    def false_accepts() -> int:
        heard = [listen(ears, recording, labels) for recording in recordings]
        return sum(each.scored.right.count(False) for each in heard if each.scored is not None)

    pipeline = open_pipeline(folder)
    if not train and not pipeline.is_current("data"):
        ui.note(
            "the data changed since the model was trained: it is trained before it hears; --no-train leaves "
            "out the training afterwards. Name several FILES to be heard by one model"
        )
    ears = ears_of(pipeline)
    nest = nest_of(pipeline, ears, label)
    ears, recordings = by_own_time(ears, [read_recording(path, ears.takes) for path in files])
    heard = [listen(ears, recording, labels) for recording in recordings]
    for each in heard:
        for note in each.notes:
            ui.note(f"{each.name}: {note}")
    written = write_negatives(ears, recordings, heard, nest, most)
    before = sum(each.scored.right.count(False) for each in heard if each.scored is not None)
    after = None
    if train and written:
        pipeline = open_pipeline(folder)
        ears, recordings = by_own_time(ears_of(pipeline), recordings)
        after = false_accepts()
    if as_json:
        found = {"written": [str(path) for path in written], "false_accepts": before}
        ui.result_json({**found, "false_accepts_after": after})
        return
    ui.result(f"{before} false accepts; {len(written)} new files in {nest.folder}")
    if after is not None:
        ui.result(
            f"trained again: {after} false accepts here. It has learnt from these: what it is worth, another "
            "recording says"
        )
