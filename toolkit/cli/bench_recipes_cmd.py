# SPDX-License-Identifier: Apache-2.0
"""tinyml bench-recipes"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option
from toolkit.cli.search_cmd import Duration

if TYPE_CHECKING:
    from toolkit.study.file import Study
    from toolkit.study.run import Worked


@click.command("bench-recipes")
@click.argument("file", type=click.Path(path_type=Path), metavar="STUDY.toml")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the tables go. Default: build/NAME beside STUDY.toml.",
)
@click.option(
    "--storage",
    type=Name(),
    help="Where results are kept: a file, sqlite:///FILE, or, for many computers, "
    "postgresql://USER@HOST/NAME. Default: journal.log in the output folder.",
)
@click.option("--time", "seconds", type=Duration(), help="Begin no new training after this long, such as 8h.")
@click.option("--show", is_flag=True, help="Train nothing; write the tables of what is there.")
@click.option(
    "--heartbeat",
    "heartbeat_s",
    type=click.IntRange(1, 3600),
    default=60,
    show_default=True,
    help="Seconds between a worker's signs of life; after two it counts as dead.",
)
@json_option
def command(
    file: Path,
    output: Path | None,
    storage: str | None,
    seconds: float | None,
    show: bool,
    heartbeat_s: int,
    as_json: bool,
) -> None:
    """Train data sets x models x recipes x seeds, and make tables: accuracy, time, rates, parts, and luck.

    Each cell is trained once, whoever is killed meanwhile: the same command goes on where the study was, and
    with the same --storage it is one more worker. docs/recipes.md says what stands in STUDY.toml.

    \b
    Example:
      tinyml bench-recipes study.toml
    """
    from toolkit.renewal import Beginning, GrownError
    from toolkit.study.file import load_study
    from toolkit.study.run import Place, work_on
    from toolkit.study.write import write_results

    beginning = Beginning()
    study = load_study(file)
    folder = output or file.parent / "build" / study.study.name
    place = Place(storage or str(folder / "journal.log"), study.study.name, heartbeat_s)
    left = 0.0 if show else beginning.left(seconds)
    try:
        with ui.progress(f"study: {study.study.name}") as on_progress:
            worked = work_on(study, place, folder, left, ui.note, on_progress)
    except GrownError as error:
        beginning.anew(error)
    files = write_results(study, worked, folder)
    _show(study, worked, files, as_json)


def _show(study: Study, worked: Worked, files: list[Path], as_json: bool) -> None:
    from toolkit.study.tables import differences

    gains = differences(study, worked.results)
    done = sum(result.measured is not None for result in worked.results)
    if as_json:
        ui.result_json(
            {
                "study": study.study.name,
                "storage": worked.storage,
                "cells": len(worked.cells),
                "done": done,
                "results": [
                    {**asdict(r.cell), "measured": r.measured, "reason": r.reason} for r in worked.results
                ],
                "against": study.against,
                "differences": {m: {name: asdict(d) for name, d in by.items()} for m, by in gains.items()},
                "files": [str(path) for path in files],
            }
        )
        return
    ui.result(files[0].read_text(encoding="utf-8"))
    for path in files:
        ui.result(f"{path}")
