# SPDX-License-Identifier: Apache-2.0
"""tinyml compile"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import (
    board_option,
    json_option,
    open_pipeline,
    optimize_option,
    project_option,
    ram_option,
    stream_option,
)
from toolkit.errors import UsageError
from toolkit.project.goals import Goal


@click.command("compile")
@click.argument("models", type=click.Path(path_type=Path), nargs=-1)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the C of MODELS goes. Default: the name of the first.",
)
@click.option("--shared-arena", is_flag=True, help="One arena for all MODELS, which then run by turns.")
@board_option
@ram_option
@stream_option
@optimize_option
@click.option(
    "--verify/--no-verify",
    default=True,
    help="Run the C on this computer over random inputs and compare it with the model. Default: do.",
)
@project_option
@json_option
def command(
    models: tuple[Path, ...],
    output: Path | None,
    shared_arena: bool,
    board: str | None,
    ram_bytes: int | None,
    hop: int | None,
    goal: Goal | None,
    verify: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Compile the project's model, or int8 files MODELS for one program, to plain C with planned arenas.

    \b
    Examples:
      tinyml compile
      tinyml compile --board stm32f746g_disco
      tinyml compile model.tflite --output c_code
      tinyml compile model.tflite --ram 32k
      tinyml compile wake_word.tflite --stream
      tinyml compile wake_word.tflite --stream 2 --board nano33ble
      tinyml compile model.tflite --board nano33ble --optimize speed
      tinyml compile model.tflite second.tflite --output c_code --shared-arena
      tinyml compile model.tflite second.tflite --output c_code --shared-arena --ram 32k
    """
    from toolkit.pipeline.compile import compiled_folder
    from toolkit.targets.board import load_board
    from toolkit.targets.target import PORTABLE, target_of
    from toolkit.verify.compile_files import CompileOptions, compile_file, compile_files
    from toolkit.verify.generated_c import verification_text

    if ram_bytes is not None and not models:
        raise UsageError(
            "--ram is for .tflite files.", hint="Try: ram_bytes in the section [firmware] of tinyml.toml"
        )
    if hop is not None and not models:
        raise UsageError(
            "--stream is for .tflite files.",
            hint="Try: stream = true in the section [firmware] of tinyml.toml",
        )
    if goal and not models:
        raise UsageError(
            "--optimize is for .tflite files.", hint="Try: optimize in the section [firmware] of tinyml.toml"
        )
    core = target_of(load_board(board)) if board else PORTABLE
    options = CompileOptions(core, ram_bytes, verify, hop, goal or "balanced")
    target = output or Path(f"{models[0].stem}_c" if models else "")
    if len(models) > 1:
        bundle, verified = compile_files(models, target, options, ui.note, shared_arena=shared_arena)
        compiled, kernels, arena_bytes = bundle.models, bundle.kernels, bundle.arena_bytes
    else:
        if models:
            model, verification = compile_file(models[0], target, options, ui.note)
            verified = [verification] if verification else []
        else:
            pipeline = open_pipeline(folder)
            pipeline.context = replace(pipeline.context, tells_notes=False)
            chosen = pipeline.one_board(board)
            model, verified = pipeline.compile(chosen, verify=verify), []
            target = compiled_folder(pipeline.for_board(chosen))
        compiled, kernels, arena_bytes = (model,), model.kernels, model.arena_bytes
    for each in compiled:
        for note in each.notes:
            ui.note(note)
    for verification in verified:
        ui.note(verification_text(verification))
    figures = {
        "arena_bytes": arena_bytes,
        "weights_bytes": sum(each.weights_bytes for each in compiled),
        "layers": sum(len(each.calls) for each in compiled),
    }
    if as_json:
        patches = [each.patching and asdict(each.patching) for each in compiled]
        streams = [each.streaming and asdict(each.streaming) for each in compiled]
        forms = {"patches": patches, "streams": streams}
        ui.result_json({"folder": str(target), **figures, "kernels": list(kernels), **forms})
        return
    sizes = f"arena {figures['arena_bytes']:,} B, weights {figures['weights_bytes']:,} B"
    ui.result(f"{figures['layers']} layers, {sizes}")
    ui.result(f"{target}")
