# SPDX-License-Identifier: Apache-2.0
"""tinyml runs"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option


@click.group("runs", invoke_without_command=True)
@project_option
@json_option
@click.pass_context
def command(context: click.Context, folder: Path, as_json: bool) -> None:
    """List the project's trainings and what came of them, the oldest first; compare two.

    A model that was pruned has a row of its own; the int8 figures are of the row in which they stand.

    \b
    Examples:
      tinyml runs
      tinyml runs --json
    """
    from toolkit.project.runs import HEADINGS, load_runs

    if context.invoked_subcommand:
        context.obj = (folder, as_json)
        return
    runs = load_runs(open_pipeline(folder).folder)
    if as_json:
        ui.result_json({str(run.number): run.figures() for run in runs})
        return
    ui.table(HEADINGS, [row for run in runs for row in run.rows()])


@command.command("compare")
@click.argument("first", type=int)
@click.argument("second", type=int)
@project_option
@json_option
@click.pass_obj
def compare(outer: tuple[Path, bool], first: int, second: int, folder: Path, as_json: bool) -> None:
    """Show what is not the same in two runs: what was asked for, and what came of it.

    \b
    Example:
      tinyml runs compare 1 2
    """
    from toolkit.project.runs import differences, find_run, load_runs

    place = folder if folder != Path() else outer[0]
    runs = load_runs(open_pipeline(place).folder)
    found = differences(find_run(runs, first), find_run(runs, second))
    if as_json or outer[1]:
        ui.result_json({name: {str(first): a, str(second): b} for name, a, b in found})
    elif found:
        ui.table(("", f"run {first}", f"run {second}"), [(name, _text(a), _text(b)) for name, a, b in found])
    else:
        ui.result(f"Runs {first} and {second} are the same.")


@command.command("plot")
@click.argument("numbers", type=int, nargs=-1)
@click.option("--output", type=click.Path(path_type=Path), help="The picture. Default: build/runs.png")
@project_option
@json_option
@click.pass_obj
def plot(
    outer: tuple[Path, bool], numbers: tuple[int, ...], output: Path | None, folder: Path, as_json: bool
) -> None:
    """Draw the curves of some runs, or of all, into one picture: optimizers, recipes, families side by side.

    Runs of other data or of another metric cannot be compared, and are refused.

    
    Examples:
      tinyml runs plot
      tinyml runs plot 1 2 --output optimizers.png
    """
    from toolkit.files import write_atomic
    from toolkit.project.runs import find_run, load_runs
    from toolkit.report.runs_picture import runs_picture

    build = open_pipeline(folder if folder != Path() else outer[0]).folder
    runs = load_runs(build)
    chosen = [find_run(runs, number) for number in dict.fromkeys(numbers)] or runs
    place = output or build / "runs.png"
    picture, said = runs_picture(chosen)
    write_atomic(place, picture)
    if as_json or outer[1]:
        ui.result_json({"picture": str(place), "runs": said})
        return
    ui.table(("run", "what tells it"), [(str(number), text) for number, text in said.items()])
    ui.result(str(place))


def _text(value: object) -> str:
    return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
