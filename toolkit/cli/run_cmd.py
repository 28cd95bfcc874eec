# SPDX-License-Identifier: Apache-2.0
"""tinyml run"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import (
    Name,
    engine_option,
    json_option,
    kernels_option,
    optimize_option,
    place_of,
    place_options,
    ram_option,
)
from toolkit.errors import UsageError
from toolkit.project.goals import Goal

if TYPE_CHECKING:
    from toolkit.firmware.engine import EngineName, KernelsName


@click.command("run")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--inputs",
    type=click.Path(path_type=Path),
    required=True,
    help=".npy, one sample a row, or .npz with an array for each input by its name: of the input's type, "
    "or floats, which are quantized.",
)
@click.option(
    "--outputs", type=click.Path(path_type=Path), help="Write the outputs' bytes, int8, to this .npy."
)
@click.option("--board", type=Name(), help="Default: host with --runner host, else nano33ble.")
@click.option("--stream", is_flag=True, help="The rows are one sequence, for a model that remembers.")
@ram_option
@optimize_option
@engine_option
@kernels_option
@click.option("--tflm", type=Name(), help="As --engine tflm, with TFLM's sources in this folder.")
@place_options
@json_option
def command(
    model: Path,
    inputs: Path,
    outputs: Path | None,
    board: str | None,
    stream: bool,
    ram_bytes: int | None,
    goal: Goal | None,
    engine: EngineName | None,
    kernels: KernelsName | None,
    tflm: str | None,
    runner: str | None,
    port: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Try any quantized .tflite without a project: compile, build, run, compare every byte with TFLM.

    \b
    Examples:
      tinyml run model.tflite --inputs x.npy
      tinyml run model.tflite --inputs x.npy --outputs y.npy --board stm32f746g_disco --json
      tinyml run model.tflite --inputs x.npy --stream
      tinyml run model.tflite --inputs both.npz
      tinyml run model.tflite --inputs x.npy --optimize size
    """
    from toolkit.firmware.engine import EngineChoice
    from toolkit.report.text import verdict_lines
    from toolkit.suggest import quoted
    from toolkit.verify.any_model import save_rows, try_model
    from toolkit.verify.verdict import require_all

    chosen = board or ("host" if runner == "host" else "nano33ble")
    if tflm and engine == "aot":
        raise UsageError("--tflm is for --engine tflm.", hint="Try: without --engine aot")
    engine_choice = EngineChoice("tflm" if tflm else engine or "aot", tflm or "", kernels=kernels or "")
    with ui.progress(f"run {model.name} on {chosen}") as on_progress:
        trial = try_model(
            model,
            inputs,
            chosen,
            place_of(runner, port, timeout),
            on_progress,
            is_stream=stream,
            ram_bytes=ram_bytes,
            goal=goal or "balanced",
            engine=engine_choice,
        )
    for note in trial.compiled.notes:
        ui.note(note)
    if trial.note:
        ui.note(trial.note)
    if outputs is not None:
        save_rows(trial.outputs(), outputs)
    verdict = trial.checked.verdict
    if not as_json:
        for line in verdict_lines(verdict):
            ui.result(line)
    require_all([verdict], trial.to_json(), f"Try: tinyml bisect {quoted(model)} --inputs {quoted(inputs)}")
    if as_json:
        ui.result_json(trial.to_json())
