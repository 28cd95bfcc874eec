# SPDX-License-Identifier: Apache-2.0
"""tinyml train"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option


@click.command("train")
@project_option
@click.option("--tensorboard", is_flag=True, help="Write the curves for TensorBoard too, as they grow.")
@json_option
def command(folder: Path, tensorboard: bool, as_json: bool) -> None:
    """Train the project's model on its data; writes build/model.keras, and says what its curves show.

    \b
    Examples:
      tinyml train
      tinyml train --tensorboard
    """
    from toolkit.report.diagnosis import diagnose_models, diagnosis_lines

    pipeline = open_pipeline(folder)
    model = pipeline.train(tensorboard=tensorboard)
    history = pipeline.read_json("history.json")
    if as_json:
        found = [{"model": label, **asdict(diagnosis)} for label, diagnosis in diagnose_models(history)]
        ui.result_json({"model": str(model), "history": history, "diagnoses": found})
        return
    for line in diagnosis_lines(history):
        ui.result(line)
    ui.result(f"{model}")
