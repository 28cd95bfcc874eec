# SPDX-License-Identifier: Apache-2.0
"""tinyml profile"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option, optimize_option, place_of, place_options, ram_option
from toolkit.project.goals import Goal


@click.command("profile")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--board", type=Name(), help="Default: host with --runner host, else nano33ble.")
@click.option(
    "--inputs", type=click.Path(path_type=Path), help="Samples, as for tinyml run. Default: random."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a trace to this .json, for ui.perfetto.dev or speedscope.",
)
@ram_option
@optimize_option
@place_options
@json_option
def command(
    model: Path,
    board: str | None,
    inputs: Path | None,
    output: Path | None,
    ram_bytes: int | None,
    goal: Goal | None,
    runner: str | None,
    port: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Show where the time of the .tflite file MODEL goes: MACs, instructions, cycles, milliseconds by layer.

    In emulation instructions are counted and cycles modelled; a board counts its cycles.

    \b
    Examples:
      tinyml profile model.tflite
      tinyml profile model.tflite --board stm32f746g_disco --output trace.json
    """
    from toolkit.files import write_atomic
    from toolkit.report.profile import profile_lines, profile_of, trace_text
    from toolkit.targets.board import load_board
    from toolkit.verify.any_model import try_model
    from toolkit.verify.verdict import require_all

    chosen = board or ("host" if runner == "host" else "nano33ble")
    with ui.progress(f"profile {model.name} on {chosen}") as on_progress:
        trial = try_model(
            model,
            inputs,
            chosen,
            place_of(runner, port, timeout),
            on_progress,
            ram_bytes=ram_bytes,
            goal=goal or "balanced",
        )
    for note in trial.compiled.notes:
        ui.note(note)
    require_all([trial.checked.verdict], trial.to_json())
    profile = profile_of(trial, load_board(chosen))
    if output is not None:
        write_atomic(output, trace_text(profile))
    if as_json:
        ui.result_json(profile.to_json())
        return
    for line in profile_lines(profile):
        ui.result(line)
    if output is not None:
        ui.result(f"{output}")
