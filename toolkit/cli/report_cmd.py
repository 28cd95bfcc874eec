# SPDX-License-Identifier: Apache-2.0
"""tinyml report"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import open_pipeline, project_option


@click.command("report")
@project_option
def command(folder: Path) -> None:
    """Write build/report.html from what has been trained, quantized and checked so far.

    \b
    Example:
      tinyml report
    """
    ui.result(f"{open_pipeline(folder).report()}")
