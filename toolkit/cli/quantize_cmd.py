# SPDX-License-Identifier: Apache-2.0
"""tinyml quantize"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option


@click.command("quantize")
@project_option
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Make the int8 model and its C byte array; says what quantization cost.

    With activations = "int16" in the section [quantization] of tinyml.toml all numbers but the weights
    are int16: twice the RAM, and next to no loss.

    \b
    Example:
      tinyml quantize
    """
    from toolkit.report.text import quantization_lines

    pipeline = open_pipeline(folder)
    model = pipeline.quantize()
    report = pipeline.read_json("quantization.json")
    if as_json:
        ui.result_json({"model": str(model), **report})
        return
    for line in quantization_lines(report):
        ui.result(line)
    ui.result(f"{model}")
