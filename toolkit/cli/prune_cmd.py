# SPDX-License-Identifier: Apache-2.0
"""tinyml prune"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option, open_pipeline, project_option
from toolkit.errors import InputError, UsageError

_SECTION = "training.prune"


@click.command("prune")
@click.option("--target-macs", "macs", type=Name(), help="Multiply-accumulates: 50% of before, or 200k.")
@click.option("--target-latency", "latency", type=Name(), help="Modelled time of an inference: 50% or 20ms.")
@click.option("--target-ram", "ram", type=Name(), help="The arena, as of compile --ram: 50% or 24k.")
@click.option("--target-flash", "flash", type=Name(), help="A firmware's flash, as inspect says: 90% or 64k.")
@click.option("--board", type=Name(), help="Board that the targets are for. Default: the one in tinyml.toml.")
@click.option(
    "--criterion",
    type=click.Choice(["taylor", "l1", "l2", "bn"]),
    help="What matters least: slope of the loss, size of the weights, scale of the batch norm.",
)
@click.option("--constant/--no-constant", default=None, help="Remove channels that are constant on the data.")
@click.option("--steps", type=int, help="In how many steps. Default: 3.")
@click.option("--epochs", type=int, help="Epochs of fine-tuning after each; 0: a third of [training]'s.")
@project_option
@json_option
def command(folder: Path, as_json: bool, **given: Any) -> None:
    """Remove whole channels of the project's trained model until it is within each target; fine-tune it.

    Once that is done, what was asked for is written into tinyml.toml, section [training.prune], where new
    targets replace all older ones: from then on the pruned model is the project's. Without an option, what
    stands there is done.

    \b
    Examples:
      tinyml prune --target-macs 50%
      tinyml prune --target-latency 80% --criterion l1 --steps 1
    """
    from toolkit.files import one_at_a_time
    from toolkit.project.config import load_project
    from toolkit.report.pruning import pruning_lines

    build = load_project(folder.resolve()).build_dir
    with one_at_a_time(build / ".prune.lock", lambda: ui.note("prune: waiting for another tinyml prune")):
        model, found = _prune(folder, given)
    if as_json:
        ui.result_json({"model": str(model), "pruning": found})
        return
    for line in pruning_lines(found):
        ui.result(line)
    ui.result(f"{model}")


def _prune(folder: Path, given: Mapping[str, Any]) -> tuple[Path, dict[str, Any]]:
    """Prune as tinyml.toml says now, or as given; then what was given is written there.

    Return the model and pruning.json: a command that knows nothing of the section yet may have removed both.
    """
    from toolkit.files import require_writable
    from toolkit.project.config import load_project
    from toolkit.project.edit import toml_value, with_section, write_section
    from toolkit.pruning.board import pruning_board
    from toolkit.targets.board import use_boards_of

    project = load_project(folder.resolve())
    before = project.training.prune
    if given["board"]:
        use_boards_of(project.root)
        pruning_board(given["board"])
    try:
        wanted = before.with_given(**given)
        training = replace(project.training, prune=wanted)
    except ValueError as error:
        raise UsageError(f"{error}", hint="See: tinyml prune --help") from error
    if not wanted.is_on:
        raise InputError("nothing says how far to prune.", hint="Try: tinyml prune --target-macs 50%")
    values = wanted.changed()
    if wanted != before:
        with_section(project, _SECTION, values)  # what cannot be written is not begun
        require_writable(project.root)
    pipeline = open_pipeline(folder, change=lambda project: project.with_training(training))
    for name, value in wanted.replaced_in(before).items():
        ui.note(f"prune: once that is done, it replaces {name} = {toml_value(value)} in {project.file}")
    model, found = pipeline.prune(), pipeline.read_json("pruning.json")
    if wanted != before:
        write_section(project, _SECTION, values)
        ui.note(f"prune: [{_SECTION}] written to {project.file}")
    return model, found
