# SPDX-License-Identifier: Apache-2.0
"""tinyml compile"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from toolkit.compiler.compile import CompiledModel
    from toolkit.inspection.board_fit import BoardFit
    from toolkit.targets.board import Board
    from toolkit.verify.estimate import Estimate

_KEYS = {"--ram": "ram_bytes", "--stream": "stream = true", "--optimize": "optimize"}


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

    if not models:
        _refuse_for_a_project({"--ram": ram_bytes, "--stream": hop, "--optimize": goal})
    chosen = load_board(board) if board else None
    core = target_of(chosen) if chosen else PORTABLE
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
    taken = _taken(compiled[0], chosen) if chosen and len(compiled) == 1 else None
    figures = {
        "arena_bytes": arena_bytes,
        "weights_bytes": sum(each.weights_bytes for each in compiled),
        "layers": sum(len(each.calls) for each in compiled),
    }
    if as_json:
        patches = [each.patching and asdict(each.patching) for each in compiled]
        streams = [each.streaming and asdict(each.streaming) for each in compiled]
        forms = {"patches": patches, "streams": streams, "board": taken and taken.to_json()}
        ui.result_json({"folder": str(target), **figures, "kernels": list(kernels), **forms})
        return
    sizes = f"arena {figures['arena_bytes']:,} B, weights {figures['weights_bytes']:,} B"
    ui.result(f"{figures['layers']} layers, {sizes}")
    if taken:
        ui.result(taken.text())
    ui.result(f"{target}")


def _refuse_for_a_project(options: Mapping[str, object]) -> None:
    """Raise UsageError for an option of a file's that a project says in tinyml.toml."""
    for option, given in options.items():
        if given is not None:
            key = _KEYS[option]
            raise UsageError(
                f"{option} is for .tflite files.",
                hint=f"Try: {key} in the section [firmware] of tinyml.toml",
            )


@dataclass(frozen=True)
class _Taken:
    """What a firmware with the model would take of a board, and an inference there."""

    fit: BoardFit
    estimate: Estimate

    def text(self) -> str:
        """Return it as a line."""
        cycles = self.estimate.cycles
        counted = "" if cycles is None else f"{cycles:,} cycles, "
        flash, ram = (f"about {number:,} B" for number in (self.fit.flash_bytes, self.fit.ram_bytes))
        return f"{self.fit.board}: {counted}{self.estimate.text()}; the firmware: flash {flash}, RAM {ram}"

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return {**asdict(self.fit), **self.estimate.to_json()}


def _taken(compiled: CompiledModel, board: Board) -> _Taken | None:
    """Return what is known before a firmware is built; None for this computer."""
    from toolkit.inspection.inspect import fit_of
    from toolkit.verify.estimate import Estimate, estimate_on

    if board.memory is None:
        return None
    fit = fit_of(compiled, board)
    with ui.progress(f"compile: count what an inference takes on {board.name}"):
        estimate = (
            estimate_on(compiled, board) if fit.fits else Estimate(board.name, reason="it does not fit.")
        )
    return _Taken(fit, estimate)
