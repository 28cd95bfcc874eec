# SPDX-License-Identifier: Apache-2.0
"""tinyml profile"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import (
    Name,
    json_option,
    optimize_option,
    place_of,
    place_options,
    ram_option,
    stream_option,
)
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
    help="Write a trace to this .json, for ui.perfetto.dev or speedscope, or a chart to this .svg.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="Compare with what an earlier profile --json wrote, or with a check's folder, layer by layer.",
)
@click.option(
    "--constant-time",
    is_flag=True,
    help="Whether the time depends on the data, and which layer: exit code 1 if it does.",
)
@click.option(
    "--samples",
    type=click.IntRange(3, 1000),
    default=12,
    show_default=True,
    help="Inputs for --constant-time.",
)
@ram_option
@optimize_option
@stream_option
@place_options
@json_option
def command(
    model: Path,
    board: str | None,
    inputs: Path | None,
    output: Path | None,
    against: Path | None,
    constant_time: bool,
    samples: int,
    ram_bytes: int | None,
    goal: Goal | None,
    hop: int | None,
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
      tinyml profile model.tflite --constant-time
      tinyml profile wake_word.tflite --stream
    """
    from toolkit.files import write_atomic
    from toolkit.report.profile import profile_lines, profile_of
    from toolkit.report.profile_difference import compare_profiles, difference_lines, read_profile
    from toolkit.report.profile_files import profile_text, require_suffix
    from toolkit.targets.board import load_board
    from toolkit.verify.any_model import try_model
    from toolkit.verify.kernel_code import kernel_code_where_known
    from toolkit.verify.verdict import require_all

    chosen = board or ("host" if runner == "host" else "nano33ble")
    if output is not None:
        require_suffix(output)
    if constant_time:
        _say_constant_time(model, chosen, samples, ram_bytes, goal or "balanced", hop, as_json)
        return
    before = read_profile(against) if against else None
    with ui.progress(f"profile {model.name} on {chosen}") as on_progress:
        trial = try_model(
            model,
            inputs,
            chosen,
            place_of(runner, port, timeout),
            on_progress,
            ram_bytes=ram_bytes,
            goal=goal or "balanced",
            hop=hop,
        )
    for note in trial.compiled.notes:
        ui.note(note)
    require_all([trial.checked.verdict], trial.to_json())
    profile = profile_of(
        trial, load_board(chosen), kernel_code_where_known(trial.compiled, load_board(chosen))
    )
    difference = compare_profiles(profile, before) if before is not None else None
    if output is not None:
        write_atomic(output, profile_text(profile, output))
    if as_json:
        ui.result_json({**profile.to_json(), **({"against": difference.to_json()} if difference else {})})
        return
    for line in [*profile_lines(profile), *(["", *difference_lines(difference)] if difference else [])]:
        ui.result(line)
    if output is not None:
        ui.result(f"{output}")


def _say_constant_time(
    model: Path,
    board: str,
    samples: int,
    ram_bytes: int | None,
    goal: Goal,
    hop: int | None,
    as_json: bool,
) -> None:
    from toolkit.errors import CheckFailedError
    from toolkit.verify.constant_time import try_model_times

    with ui.progress(f"profile {model.name} on {board}: {samples} inputs"):
        found = try_model_times(model, board, samples, ram_bytes, goal, hop)
    if not found.is_constant:
        raise CheckFailedError("\n".join(found.lines()), facts=found.to_json())
    if as_json:
        ui.result_json(found.to_json())
        return
    for line in found.lines():
        ui.result(line)
