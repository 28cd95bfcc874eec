# SPDX-License-Identifier: Apache-2.0
"""tinyml listen"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli.options import json_option, project_option
from toolkit.cli.recordings import Wanted, recordings_options, show_recordings


@click.command("listen")
@recordings_options
@project_option
@json_option
def command(
    files: tuple[Path, ...],
    labels: Path | None,
    on: str | None,
    board: str | None,
    parts: int | None,
    choose: float | None,
    plot: Path | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Say what the model detects in long sound FILES, and when.

    The section [firmware.decision] in tinyml.toml says what counts as a detection. With labels, misses and
    false accepts an hour are counted. They are in the file of --labels, or in one beside the recording with
    the same name: .txt of Audacity, or .csv with start,end,label. Else the folder's name is the label.

    \b
    Examples:
      tinyml listen kitchen.wav
      tinyml listen kitchen.wav --labels kitchen.txt
      tinyml listen kitchen.wav --on board --board nano33ble
      tinyml listen kitchen.wav --choose 1
      tinyml listen kitchen.wav --plot worth.png
    """
    show_recordings(folder, files, Wanted(labels, on, board, parts, choose, plot=plot), as_json)
