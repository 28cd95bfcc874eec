# SPDX-License-Identifier: Apache-2.0
"""tinyml quantize"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from toolkit import ui
from toolkit.cli.options import ByteSize, Name, Real, json_option, open_pipeline, project_option
from toolkit.errors import InputError, UsageError
from toolkit.project.quantization import Activations, Calibrating, QuantizationConfig, Rounding
from toolkit.suggest import quoted

if TYPE_CHECKING:
    from toolkit.quantization.any_model import Quantized

_FEW_DB = 20.0
_USUAL = "nano33ble"


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
@click.option(
    "--activations",
    type=click.Choice(get_args(Activations)),
    help="For MODEL, as what follows up to --board: the keys of [quantization]. Default: int8.",
)
@click.option("--mixed-ms", type=Real(min=0), help="With mixed: the most that an inference may take longer.")
@click.option("--weights-bytes", type=ByteSize(), help="Weights get 4 bits until all fit into so much flash.")
@click.option("--calibration", type=click.Choice(get_args(Calibrating)), help="Default: auto.")
@click.option("--equalize", is_flag=True, help="Bring the channels of each tensor nearer to one size.")
@click.option("--correct-bias", is_flag=True, help="Biases take what the rounding adds on average.")
@click.option("--rounding", type=click.Choice(get_args(Rounding)), help="Default: nearest.")
@click.option("--samples", type=click.IntRange(1), help="How many samples calibrate, at most. Default: 200.")
@click.option("--board", type=Name(), help=f"With mixed: the board that takes longer. Default: {_USUAL}.")
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
    board: str | None,
    layers: bool,
    explain: bool,
    compare: bool,
    folder: Path,
    as_json: bool,
    **asked: Any,
) -> None:
    """Make the int8 model and its C byte array; says what quantization cost.

    MODEL is a .keras or .h5 file or the folder of a SavedModel, which needs no project: half of the
    samples in --data are what its training samples would be, the others say what it is worth.

    With activations = "int16" in the section [quantization] of tinyml.toml all numbers but the weights
    are int16: twice the RAM, and next to no loss.

    \b
    Examples:
      tinyml quantize
      tinyml quantize --layers
      tinyml quantize --explain
      tinyml quantize --compare
      tinyml quantize model.keras --data samples.npy
      tinyml quantize model.keras --data samples.npy --calibration mse --rounding adaptive
    """
    means = {name: value for name, value in asked.items() if value}
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
        _quantize_file(model, data, labels, target, _Means(_config(means), board), layers, as_json)
        return
    _require_no_file_options(
        {"data": data, "labels": labels, "output": output, "board": board, **means}, means
    )
    _quantize_project(folder, layers, explain, compare, as_json)


def _require_no_file_options(given: Mapping[str, Any], means: Mapping[str, Any]) -> None:
    """Raise UsageError if an option that is for a model file was given for a project."""
    names = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if names:
        section = f"Try: {next(iter(means), '')} in the section [quantization] of tinyml.toml"
        raise UsageError(
            f"{', '.join(names)} {'are' if len(names) > 1 else 'is'} for a model file.",
            hint=section if means else "Try: tinyml quantize model.keras --data samples.npy",
        )


def _quantize_project(folder: Path, layers: bool, explain: bool, compare: bool, as_json: bool) -> None:
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


@dataclass(frozen=True)
class _Means:
    """How a model file becomes integers, and the board whose time 16 bits cost; None is the usual one."""

    config: QuantizationConfig
    board: str | None


def _config(means: dict[str, Any]) -> QuantizationConfig:
    try:
        return QuantizationConfig(**means)
    except ValueError as error:
        raise UsageError(str(error), hint="See: tinyml quantize --help") from error


def _quantize_file(
    model: Path, data: Path, labels: Path | None, target: Path, means: _Means, layers: bool, as_json: bool
) -> None:
    import json

    from toolkit.files import write_atomic
    from toolkit.pipeline.pricing import modelled_ms
    from toolkit.quantization.any_model import quantize_file
    from toolkit.quantization.loss import loss_lines
    from toolkit.targets.board import load_board

    board = load_board(means.board or _USUAL)
    with ui.progress(f"quantize: {model.name}") as on_progress:
        made = quantize_file(model, data, labels, means.config, lambda it: modelled_ms(it, "model", board))
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
    from toolkit.report.text import bits_lines, quantization_lines

    if made.is_labelled:
        lines = quantization_lines(about)
    else:
        sizes = (("float32", about["float32"]), (about["scheme"], about["int8"]))
        lines = [f"{name:8}  {variant['bytes']:>9,} B" for name, variant in sizes]
        if made.sqnr_db < _FEW_DB:
            lines.append(explain_loss(about, f"{about['scheme']} keeps little of the output"))
        if made.report.dropped and made.report.dropped.advice:
            lines.append(made.report.dropped.advice)
        lines += bits_lines(about)
    same = f"the same class for {100 * made.agreement:.2f} %, " if made.agreement is not None else ""
    against = f"against float32, on {about['samples']} samples"
    return [*lines, f"{about['scheme']} {against}: {same}{made.sqnr_db:.1f} dB of the output are left"]
