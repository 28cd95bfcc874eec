# SPDX-License-Identifier: Apache-2.0
"""tinyml profile"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit import ui
from toolkit.cli.options import (
    Name,
    json_option,
    kernels_option,
    optimize_option,
    place_of,
    place_options,
    ram_option,
    stream_option,
)
from toolkit.errors import UsageError
from toolkit.project.goals import Goal

if TYPE_CHECKING:
    from toolkit.firmware.engine import EngineName, KernelsName
    from toolkit.report.profile import Profile


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
@click.option(
    "--engine",
    "engines",
    type=click.Choice(["aot", "tflm"]),
    multiple=True,
    help="aot: the model as C; tflm: TensorFlow Lite Micro. Twice: both, side by side. Default: aot.",
)
@kernels_option
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
    engines: tuple[EngineName, ...],
    kernels: KernelsName | None,
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
    from toolkit.firmware.engine import EngineChoice
    from toolkit.report.engines import engines_json, engines_lines, profile_by
    from toolkit.report.profile_difference import read_profile
    from toolkit.report.profile_files import require_suffix
    from toolkit.verify.any_model import try_model
    from toolkit.verify.verdict import require_all

    chosen = board or ("host" if runner == "host" else "nano33ble")
    names = tuple(dict.fromkeys(engines)) or ("aot",)
    if output is not None:
        require_suffix(output)
    if names != ("aot",) and (constant_time or hop is not None or ram_bytes or goal):
        raise UsageError(
            "--constant-time, --stream, --ram and --optimize are for --engine aot alone.",
            hint="Try: without --engine tflm",
        )
    if len(names) > 1 and (against or output):
        raise UsageError("--against and --output are for one engine.", hint="Try: one --engine")
    if constant_time:
        _say_constant_time(model, chosen, samples, ram_bytes, goal or "balanced", hop, as_json)
        return
    before = read_profile(against) if against else None
    found = []
    for name in names:
        engine = EngineChoice(name, kernels=kernels or "")
        with ui.progress(f"profile {model.name} on {chosen}: {name}") as on_progress:
            trial = try_model(
                model,
                inputs,
                chosen,
                place_of(runner, port, timeout),
                on_progress,
                ram_bytes=ram_bytes,
                goal=goal or "balanced",
                hop=hop,
                engine=engine,
            )
        for note in trial.compiled.notes:
            ui.note(note)
        require_all([trial.checked.verdict], trial.to_json())
        found.append(profile_by(engine, trial, model, chosen))
    if len(found) == 1:
        _say_profile(found[0].profile, before, output, as_json)
    elif as_json:
        ui.result_json(engines_json(found))
    else:
        for line in engines_lines(found):
            ui.result(line)


def _say_profile(
    profile: Profile, before: Mapping[str, Any] | None, output: Path | None, as_json: bool
) -> None:
    from toolkit.files import write_atomic
    from toolkit.report.profile import profile_lines
    from toolkit.report.profile_difference import compare_profiles, difference_lines
    from toolkit.report.profile_files import profile_text

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
