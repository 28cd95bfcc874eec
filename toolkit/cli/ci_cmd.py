# SPDX-License-Identifier: Apache-2.0
"""tinyml ci"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import (
    Name,
    Real,
    boards_option,
    json_option,
    open_pipeline,
    project_option,
    skips_broken,
)


@click.group("ci")
def command() -> None:
    """Have a hosting service build and check the project at every change.

    \b
    Example:
      tinyml ci init --github
    """


@command.command("init")
@click.option("--github", "service", flag_value="github", default=True, help="For GitHub Actions (default).")
@click.option("--gitlab", "service", flag_value="gitlab", help="For GitLab CI.")
@click.option("--force", is_flag=True, help="Replace a workflow that is there and differs.")
@boards_option
@project_option
def init(service: str, force: bool, boards: tuple[str, ...], folder: Path) -> None:
    """Write a workflow into the project's git repository.

    It checks the boards, by default the project's own, in the embedded emulator and then in Renode, keeps
    sizes, cycles and accuracy, and writes what changed since the main branch as a comment.

    \b
    Example:
      tinyml ci init --github
    """
    from toolkit.ci.workflow import init_ci

    pipeline = open_pipeline(folder)
    names = [board.name for board in pipeline.boards(boards)]
    written = init_ci(pipeline.project, service, names, skip_broken=skips_broken(), force=force)
    ui.result(f"Wrote {ui.one_line(written.file)}. Commit it.")
    for note in written.notes:
        ui.result(note)


@command.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("now", type=click.Path(path_type=Path))
@click.option(
    "--name", type=Name(), default="tinyml check", help="What stands above it. Default: tinyml check."
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown, for a comment.")
@click.option("--worse", "most", type=Real(min=0), help="Fail if a figure is worse by more percent.")
@json_option
def compare(before: Path, now: Path, name: str, as_markdown: bool, most: float | None, as_json: bool) -> None:
    """Show what changed between two results of `tinyml check --json`.

    BEFORE need not be there: then NOW is shown alone.

    \b
    Examples:
      tinyml ci compare main.json figures.json
      tinyml ci compare main.json figures.json --worse 2
    """
    import dataclasses

    from toolkit.ci.changes import HEADINGS, changes_of, equal_outputs, markdown, read_figures
    from toolkit.errors import CheckFailedError

    figures = read_figures(now)
    old = read_figures(before) if before.exists() else None
    changes = changes_of(old or {}, figures)
    if as_json:
        ui.result_json({"changes": [dataclasses.asdict(change) for change in changes]})
    elif as_markdown:
        ui.result(markdown(name, old, figures).rstrip("\n"))
    else:
        for line in equal_outputs(figures):
            ui.result(line)
        if changes:
            ui.table(HEADINGS, [change.row() for change in changes])
        else:
            ui.result("No figure has changed.")
    worse = [change for change in changes if change.worse is not None and change.worse * 100 > (most or 0)]
    if most is not None and worse:
        what = ", ".join(f"{change.board}: {change.figure} {change.row()[-1]}" for change in worse)
        raise CheckFailedError(f"worse by more than {most:g} %: {what}.")
