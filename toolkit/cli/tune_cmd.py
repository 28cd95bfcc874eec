# SPDX-License-Identifier: Apache-2.0
"""tinyml tune"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import (
    Name,
    json_option,
    open_pipeline,
    optimize_option,
    project_option,
    ram_option,
)
from toolkit.project.goals import Goal


@click.command("tune")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option("--board", type=Name(), help="Default: the one in tinyml.toml; nano33ble for MODEL.")
@optimize_option
@ram_option
@project_option
@json_option
def command(
    model: Path | None,
    board: str | None,
    goal: Goal | None,
    ram_bytes: int | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Measure every kernel that each layer could have, in emulation, and choose by that from now on.

    For the project's model, or the .tflite file MODEL. What was measured is kept in <model>.tune.json beside
    the model, and counts in compile, build, run and export until the model, the core or a kernel changes.

    \b
    Examples:
      tinyml tune
      tinyml tune model.tflite --board nano33ble
      tinyml tune model.tflite --optimize speed --json
    """
    from toolkit.compiler.costs import costs_file
    from toolkit.compiler.files import read_model
    from toolkit.report.choices import tuned_headings, tuned_lines, tuned_rows
    from toolkit.targets.board import load_board
    from toolkit.targets.target import target_of
    from toolkit.verify.tuning import tune_model

    if model is None:
        pipeline = open_pipeline(folder)
        pipeline.quantize()
        context, firmware = pipeline.context, pipeline.context.project.firmware
        chosen, model, name = pipeline.one_board(board), context.folder / "model.tflite", context.project.name
        goal, ram_bytes = goal or firmware.optimize, ram_bytes or firmware.ram_bytes or None
    else:
        chosen, name = load_board(board or "nano33ble"), model.stem
    with ui.progress(f"tune {name} on {chosen.name}") as on_progress:
        tuned = tune_model(model, read_model(model), name, chosen, goal or "balanced", ram_bytes, on_progress)
    if as_json:
        ui.result_json({**tuned.to_json(), "file": str(costs_file(model))})
        return
    ui.table(tuned_headings(tuned), tuned_rows(tuned))
    ui.result("")
    for line in tuned_lines(tuned):
        ui.result(line)
    core = target_of(chosen).name
    ui.result(
        f"{costs_file(model)}: compile, build, run, profile and export choose by it from now on ({core})."
    )
