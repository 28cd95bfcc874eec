# SPDX-License-Identifier: Apache-2.0
"""tinyml export"""

from __future__ import annotations

from dataclasses import replace
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
    stream_option,
)
from toolkit.project.goals import Goal


@click.command("export")
@click.argument("models", type=click.Path(path_type=Path), nargs=-1)
@click.option("--to", "kind", default="c", show_default=True, help="The kind of package: see above.")
@click.option("--output", type=click.Path(path_type=Path), help="The folder or archive to write.")
@click.option(
    "--name", default="", help="The library's name, and a single model's. Default: the first model's."
)
@click.option(
    "--board", type=Name(), help="Kernels for the core of this board. Default: portable C. See: tinyml boards"
)
@click.option("--core", help="Kernels for a core, such as cortex-m4f. Default: portable C.")
@ram_option
@optimize_option
@stream_option
@click.option("--weights-section", default="", help="The linker's section for weights, such as .sdram.")
@click.option("--arena-section", default="", help="The linker's section for the arena, such as .dtcm.")
@click.option(
    "--library-version",
    "version",
    default="1.0.0",
    show_default=True,
    help="The version that the package says: MAJOR.MINOR.PATCH, such as 1.2.0.",
)
@click.option(
    "--verify/--no-verify",
    default=True,
    help="Run the C on this computer and compare it with the model; measure flash and stack. Default: do.",
)
@project_option
@json_option
def command(
    models: tuple[Path, ...],
    kind: str,
    output: Path | None,
    name: str,
    board: str | None,
    core: str | None,
    ram_bytes: int | None,
    goal: Goal | None,
    hop: int | None,
    weights_section: str,
    arena_section: str,
    version: str,
    verify: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Write the project's model, or int8 files MODELS, as a library for your own program and build.

    Without --board and --core it is portable C, whatever board tinyml.toml names. Kinds: c (plain C and a
    Makefile), cmake, platformio, arduino (.zip), zephyr (a module), cmsis-pack.

    \b
    Examples:
      tinyml export --to c
      tinyml export model.tflite --to c --output my_model
      tinyml export model.tflite --to c --core cortex-m4f --arena-section .dtcm
      tinyml export wake_word.tflite --to c --stream
      tinyml export model.tflite second.tflite --to c --name both
      tinyml export model.tflite --to platformio --library-version 1.2.0
    """
    from toolkit.codegen.about import sections_called
    from toolkit.export.kind import find_kind
    from toolkit.export.library import build_library, checked_version
    from toolkit.export.measure import measure
    from toolkit.export.models import ExportOptions, file_member
    from toolkit.pipeline.export import core_of, project_member
    from toolkit.verify.generated_c import verification_text

    chosen, found = find_kind(kind), core_of(board, core)
    sections = sections_called(weights_section, arena_section)
    checked_version(version)
    own = name if len(models) < 2 else ""
    options = ExportOptions(
        ram_bytes=ram_bytes, goal=goal, sections=sections, verify=verify, name=own, hop=hop
    ).for_core(found)
    place = Path()
    if models:
        members = [file_member(model, options) for model in models]
    else:
        pipeline = open_pipeline(folder)
        members, place = [project_member(pipeline, options)], pipeline.folder / "export"
    library = build_library(members, name, found, version)
    if verify:
        library = replace(library, measured=measure(library))
    if name and library.name != name:
        ui.note(f"--name {name} is called {library.name} in C")
    target = chosen.write(library, output or place / chosen.place(library), ui.note)
    for member in members:
        for note in member.notes:
            ui.note(note)
        if member.verification:
            ui.note(verification_text(member.verification))
    if as_json:
        ui.result_json({"path": str(target), **library.figures()})
        return
    ui.result(f"{target}: {library.summary()}")
