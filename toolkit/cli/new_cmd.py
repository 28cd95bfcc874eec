# SPDX-License-Identifier: Apache-2.0
"""tinyml new"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.project.new import create_project, example_names


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--example", default="hello_sine", show_default=True, help="The example to start from.")
def command(folder: Path, example: str) -> None:
    """Make a project in FOLDER from an example.

    \b
    Example:
      tinyml new my_project --example digits
    """
    project_file = create_project(folder, example)
    ui.result(f"Made {folder} from the example {example} ({', '.join(example_names())} are to be had).")
    ui.result(f"Look at {project_file}, then: cd {folder} && tinyml check")
