# SPDX-License-Identifier: Apache-2.0
"""tinyml quantize"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from toolkit import ui
from toolkit.cli.options import json_option, open_pipeline, project_option
from toolkit.errors import InputError, UsageError
from toolkit.suggest import quoted

if TYPE_CHECKING:
    from toolkit.quantization.any_model import Quantized
    from toolkit.quantization.convert import Activations

_FEW_DB = 20.0


@click.command("quantize")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    help="For MODEL: .npy of samples, or .npz with x, y.",
)
@click.option(
    "--labels", type=click.Path(path_type=Path, dir_okay=False), help="For MODEL: .npy of classes or targets."
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: MODEL's name with .tflite."
)
@click.option("--activations", type=click.Choice(["int8", "int16"]), help="For MODEL. Default: int8.")
@click.option("--layers", is_flag=True, help="Say of each layer how much of its signal the integers keep.")
@click.option("--explain", is_flag=True, help="Say what the int8 of each layer alone costs on validation.")
@click.option("--compare", is_flag=True, help="Compare all ways to calibrate and round on validation.")
@project_option
@json_option
def command(
    model: Path | None,
    data: Path | None,
    labels: Path | None,
    output: Path | None,
    activations: str | None,
    layers: bool,
    explain: bool,
    compare: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Make the int8 model and its C byte array; says what quantization cost.

    MODEL is a .keras or .h5 file or the folder of a SavedModel, which needs no project: half of the
    samples in --data calibrate it, the others say what it is worth.

    With activations = "int16" in the section [quantization] of tinyml.toml all numbers but the weights
    are int16: twice the RAM, and next to no loss.

    \b
    Examples:
      tinyml quantize
      tinyml quantize --layers
      tinyml quantize --explain
      tinyml quantize --compare
      tinyml quantize model.keras --data samples.npy
    """
    if model is not None:
        if explain or compare:
            name = "--explain" if explain else "--compare"
            raise UsageError(f"{name} is for a project.", hint="Try: tinyml quantize MODEL --layers")
        if model.suffix in (".npy", ".npz"):
            raise InputError(
                f"{model} has samples, and is no model.",
                hint=f"Try: tinyml quantize MODEL.keras --data {quoted(model)}",
            )
        if data is None:
            raise UsageError(
                f"{model} needs samples of its data, which set the ranges of the integers.",
                hint=f"Try: tinyml quantize {quoted(model)} --data samples.npy",
            )
        target = output or Path(f"{model.name.removesuffix(model.suffix)}.tflite")
        _quantize_file(
            model, data, labels, target, cast("Activations", activations or "int8"), layers, as_json
        )
        return
    if data or labels or output or activations:
        raise UsageError(
            "--data, --labels, --output and --activations are for a model file.",
            hint="Try: tinyml quantize model.keras --data samples.npy",
        )
    from toolkit.quantization.loss import loss_lines
    from toolkit.report.text import quantization_lines

    pipeline = open_pipeline(folder)
    made = pipeline.quantize()
    report = pipeline.read_json("quantization.json")
    more: dict[str, Any] = {}
    lines = [*quantization_lines(report), *(loss_lines(report) if layers else [])]
    if explain:
        from toolkit.pipeline.explain import explain_project, explained_json, explained_lines

        found = explain_project(pipeline)
        lines += explained_lines(*found)
        more = {"explained": explained_json(*found)}
    if compare:
        from dataclasses import asdict

        from toolkit.pipeline.compare import compare_project
        from toolkit.quantization.compare import comparison_lines

        compared = compare_project(pipeline)
        lines += comparison_lines(compared)
        more["compared"] = asdict(compared)
    if as_json:
        ui.result_json({"model": str(made), **report, **more})
        return
    for line in lines:
        ui.result(line)
    ui.result(f"{made}")


def _quantize_file(
    model: Path,
    data: Path,
    labels: Path | None,
    target: Path,
    activations: Activations,
    layers: bool,
    as_json: bool,
) -> None:
    import json

    from toolkit.files import write_atomic
    from toolkit.quantization.any_model import quantize_file
    from toolkit.quantization.loss import loss_lines

    with ui.progress(f"quantize: {model.name}") as on_progress:
        made = quantize_file(model, data, labels, activations)
        on_progress(1, 1)
    for note in made.notes:
        ui.note(f"quantize: {note}")
    about = _about(made)
    write_atomic(target, made.content)
    write_atomic(target.with_suffix(".quantization.json"), json.dumps(about, indent=1) + "\n")
    if as_json:
        ui.result_json({"model": str(target), **about})
        return
    for line in [*_lines(made, about), *(loss_lines(about) if layers else [])]:
        ui.result(line)
    ui.result(f"{target}")


def _about(made: Quantized) -> dict[str, Any]:
    import json

    report = json.loads(made.report.to_json())
    if not made.is_labelled:  # its scores are against the float model's answers
        report["worst"] = []
        report["float32"]["score"] = report["int8"]["score"] = None
    return {**report, "labelled": made.is_labelled, "agreement": made.agreement, "sqnr_db": made.sqnr_db}


def _lines(made: Quantized, about: dict[str, Any]) -> list[str]:
    from toolkit.quantization.loss import explain_loss
    from toolkit.report.text import quantization_lines

    if made.is_labelled:
        lines = quantization_lines(about)
    else:
        sizes = (("float32", about["float32"]), (about["scheme"], about["int8"]))
        lines = [f"{name:8}  {variant['bytes']:>9,} B" for name, variant in sizes]
        if made.sqnr_db < _FEW_DB:
            lines.append(explain_loss(about, f"{about['scheme']} keeps little of the output"))
        if made.report.dropped and made.report.dropped.advice:
            lines.append(made.report.dropped.advice)
    same = f"the same class for {100 * made.agreement:.2f} %, " if made.agreement is not None else ""
    against = f"against float32, on {about['samples']} samples"
    return [*lines, f"{about['scheme']} {against}: {same}{made.sqnr_db:.1f} dB of the output are left"]
