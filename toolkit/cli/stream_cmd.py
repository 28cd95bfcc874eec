# SPDX-License-Identifier: Apache-2.0
"""tinyml stream"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli.options import Real, json_option, project_option
from toolkit.cli.recordings import Wanted, recordings_options, show_recordings


@click.command("stream")
@recordings_options
@click.option("--rate", type=Real(min=0.001, max=1e6), help="Rows a second, where files have no time.")
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
    rate: float | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Say what the model detects in recordings FILES of a sensor or of sound, and when.

    As tinyml listen; a column of classes in the recording is its labels. With --on board an application of
    your own hears by the board's microphone or sensors in emulation; that tells, too, how late its LED
    lights and how busy the core is.

    \b
    Examples:
      tinyml stream walk.csv
      tinyml stream walk.csv --rate 50 --labels walk_labels.csv
      tinyml stream walk.csv --rate 50 --on board --board nano33ble
      tinyml stream walk.csv --rate 50 --labels walk_labels.csv --plot worth.png
    """
    show_recordings(folder, files, Wanted(labels, on, board, parts, choose, rate or 0.0, plot), as_json)
