# SPDX-License-Identifier: Apache-2.0
"""tinyml ablate"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option


@click.command("ablate")
@project_option
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Train once more without each part of the recipe; print what each is worth on the validation split.

    \b
    Example:
      tinyml ablate
    """
    from toolkit.metrics import score_text, value_text
    from toolkit.pipeline.ablate import ablate_project

    pipeline = open_pipeline(folder)
    metric, results = ablate_project(pipeline)
    if as_json:
        ui.result_json({"metric": metric, "results": [asdict(result) for result in results]})
        return
    rows = []
    for result in results:
        score = score_text(metric, result.score)
        words = f"without {result.part}" if result.part else "everything"
        loss, rate = value_text(result.loss), f"{result.learning_rate:.4g}"
        rows.append([words, score, loss, str(result.epochs), rate])
    ui.table(["training", f"validation {metric}", "loss", "epochs", "learning rate"], rows)
