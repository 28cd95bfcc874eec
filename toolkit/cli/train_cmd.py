# SPDX-License-Identifier: Apache-2.0
"""tinyml train"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option, skip_broken_option


@click.command("train")
@project_option
@skip_broken_option
@json_option
def command(folder: Path, skip_broken: bool, as_json: bool) -> None:
    """Train the project's model on its data; writes build/model.keras.

    \b
    Example:
      tinyml train
    """
    pipeline = open_pipeline(folder, skip_broken=skip_broken)
    model = pipeline.train()
    if as_json:
        ui.result_json({"model": str(model), "history": pipeline.read_json("history.json")})
    else:
        ui.result(f"{model}")
