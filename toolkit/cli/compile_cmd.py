# SPDX-License-Identifier: Apache-2.0
"""tinyml compile"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option


@click.command("compile")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the C of MODEL goes. Default: its name.",
)
@click.option(
    "--verify/--no-verify",
    default=True,
    help="Run the C on this computer over random inputs and compare it with the model. Default: do.",
)
@project_option
@json_option
def command(model: Path | None, output: Path | None, verify: bool, folder: Path, as_json: bool) -> None:
    """Compile the project's model, or the int8 file MODEL, to plain C with a planned arena.

    \b
    Examples:
      tinyml compile
      tinyml compile model.tflite --output c_code
    """
    from toolkit.pipeline import compile_file
    from toolkit.verification import verification_text

    if model is not None:
        target = output or Path(f"{model.stem}_c")
        compiled, verification = compile_file(model, target, verify=verify)
        if verification is not None:
            ui.note(verification_text(verification))
    else:
        pipeline = open_pipeline(folder)
        target, compiled = pipeline.folder / "compiled", pipeline.compile(verify=verify)
    if as_json:
        ui.result_json(
            {
                "folder": str(target),
                "arena_bytes": compiled.arena_bytes,
                "weights_bytes": compiled.weights_bytes,
                "layers": len(compiled.calls),
                "kernels": list(compiled.kernels),
            }
        )
        return
    sizes = f"arena {compiled.arena_bytes:,} B, weights {compiled.weights_bytes:,} B"
    ui.result(f"{len(compiled.calls)} layers, {sizes}")
    ui.result(f"{target}")
