# SPDX-License-Identifier: Apache-2.0
"""tinyml cut"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import json_option


@click.command("cut")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write. Default: MODEL_cut.tflite.",
)
@json_option
def command(model: Path, output: Path | None, as_json: bool) -> None:
    """Write an int8 MODEL without the float32 layers at its end, which cannot be compiled.

    It then ends in integers. Your own program computes from them what is left out: real = scale * (integer -
    zero point). SOFTMAX and LOG_SOFTMAX leave the greatest the greatest.

    \b
    Examples:
      tinyml cut float_end.tflite
      tinyml cut float_end.tflite --output int8.tflite
    """
    from toolkit.compiler.files import read_model
    from toolkit.compiler.refusal import short_text
    from toolkit.errors import UsageError
    from toolkit.files import write_atomic
    from toolkit.tflite.ending import without_float_end
    from toolkit.tflite.reader import read_graph

    place = output or model.with_name(f"{model.stem}_cut.tflite")
    if place.resolve() == model.resolve():
        raise UsageError(f"--output {place} is the model itself.", hint="Try: another name")
    data, end = without_float_end(read_model(model), model.name)
    graph = read_graph(data, place.name)
    write_atomic(place, data)
    kinds = [operation.kind for operation in end.operations]
    outputs = [short_text(graph.tensors[i]) for i in graph.outputs]
    if as_json:
        ui.result_json({"file": str(place), "left_out": kinds, "outputs": outputs})
        return
    ui.result(f"{place}: without {', '.join(kinds)}; its output is {' and '.join(outputs)}")
    ui.note(f"Next: tinyml compile {place}")
