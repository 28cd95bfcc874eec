# SPDX-License-Identifier: Apache-2.0
"""tinyml new"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name
from toolkit.project.new import create_project, example_names
from toolkit.suggest import quoted


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--example", type=Name(), help="The example to start from. Default: FOLDER's name, else hello_sine."
)
@click.option("--data", type=click.Path(path_type=Path), help="A folder or file of your own data to look at.")
@click.option("--ci", "service", type=click.Choice(["github", "gitlab"]), help="Also write a CI workflow.")
def command(folder: Path, example: str | None, data: Path | None, service: str | None) -> None:
    """Make a project in FOLDER from an example, or for data of your own.

    With --data it finds out what the data are, writes a tinyml.toml that reads them, and says what it was
    not sure of.

    \b
    Examples:
      tinyml new my_project --example digits
      tinyml new my_project --data recordings
    """
    from toolkit.errors import UsageError

    if data is not None and example:
        raise UsageError("--example and --data do not go together.", hint="Try: one of the two")
    if data is not None:
        _new_for_data(folder, data)
    else:
        _new_from_example(folder, example)
    if service:
        _write_workflow(folder, service)


def _write_workflow(folder: Path, service: str) -> None:
    from toolkit.ci.workflow import init_ci
    from toolkit.project.config import load_project

    written = init_ci(load_project(folder), service)
    ui.result(f"Wrote {ui.one_line(written.file)}, which builds and checks it at every change.")
    for note in written.notes:
        ui.result(note)


def _new_from_example(folder: Path, example: str | None) -> None:
    from toolkit.data.places import MAKER

    if example is None:
        example = folder.name if folder.name in example_names() else "hello_sine"
    project_file = create_project(folder, example)
    _add_application(folder)
    others = ", ".join(name for name in example_names() if name != example)
    ui.result(f"Made {ui.one_line(folder)} from the example {example}. Other examples: {others}.")
    make = f"python {MAKER} && " if (folder / MAKER).is_file() else ""
    ui.result(f"Look at {ui.one_line(project_file)}, then: cd {quoted(folder)} && {make}tinyml check")
    _say_where_code_goes(folder)


def _new_for_data(folder: Path, data: Path) -> None:
    from toolkit.pipeline.proposing import propose_project

    proposed = propose_project(folder, data, ui.progress)
    _add_application(folder)
    for line in proposed.said:
        ui.result(ui.one_line(line))
    if proposed.unsure:
        ui.result("Not sure, please look:")
        for line in proposed.unsure:
            ui.result(f"  {line}")
    made, option = f"Made {ui.one_line(proposed.file)}.", " --skip-broken" if proposed.has_broken else ""
    if proposed.is_trainable:
        ui.result(f"{made} Look at it, then: cd {quoted(folder)} && tinyml check{option}")
    else:
        ui.result(
            f"{made} No model can be trained with the data as they are. Mend or convert them first, as said "
            f"above, then: cd {quoted(folder)} && tinyml data{option}"
        )
    _say_where_code_goes(folder)


def _add_application(folder: Path) -> None:
    from toolkit.codegen.starter import add_starter
    from toolkit.project.config import load_project

    add_starter(load_project(folder))


def _say_where_code_goes(folder: Path) -> None:
    from toolkit.codegen.recorded import recorded_by
    from toolkit.project.config import load_project

    recorded = recorded_by(load_project(folder))
    does = f" my_app.c there reads the board's own {recorded.title}, as it was recorded." if recorded else ""
    ui.result(
        f"Your own code goes into {ui.one_line(folder / 'app')}, where no command writes.{does} "
        'application = "my_app" in the section [firmware] builds it in.'
    )
