# SPDX-License-Identifier: Apache-2.0
"""tinyml data"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option


@click.command("data")
@project_option
@click.option("--augmented", is_flag=True, help="Show samples as the training augments them.")
@click.option("--filters", is_flag=True, help="Show pictures after each filter of augmentation.")
@json_option
def command(folder: Path, augmented: bool, filters: bool, as_json: bool) -> None:
    """Read, check and split the project's data; show how many there are, and some of them.

    \b
    Example:
      tinyml data
    """
    from toolkit.data import describe
    from toolkit.pipeline.draw import draw_data, draw_filters

    pipeline = open_pipeline(folder)
    pipeline.context = replace(pipeline.context, tells_notes=False)
    overview = describe(pipeline.dataset())
    sheet = draw_filters(pipeline) if filters else draw_data(pipeline, augmented=augmented)
    if as_json:
        ui.result_json({**overview.to_json(), "sheet": str(sheet)})
        return
    ui.table(overview.headings, overview.rows)
    for line in overview.lines():
        ui.result(line)
    ui.result(f"{sheet}")
