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
@click.option("--keep-weights", is_flag=True, help="Keep this run's model.keras in build/runs/<number> too.")
@json_option
def command(folder: Path, tensorboard: bool, keep_weights: bool, as_json: bool) -> None:
    """Train the project's model on its data; writes build/model.keras, and says what its curves show.

    \b
    Examples:
      tinyml train
      tinyml train --tensorboard
      tinyml train --keep-weights
    """
    from toolkit.project import runs
    from toolkit.report.diagnosis import diagnose_models, diagnosis_lines

    pipeline = open_pipeline(folder)
    model = pipeline.train(tensorboard=tensorboard)
    history = pipeline.read_json("history.json")
    kept = runs.keep_weights(model.parent) if keep_weights else None
    if as_json:
        found = [{"model": label, **asdict(diagnosis)} for label, diagnosis in diagnose_models(history)]
        facts = {"model": str(model), "history": history, "diagnoses": found}
        ui.result_json({**facts, "kept": str(kept)} if kept else facts)
        return
    for line in diagnosis_lines(history):
        ui.result(line)
    for path in (model, kept):
        if path:
            ui.result(str(path))
