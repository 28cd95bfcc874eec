# SPDX-License-Identifier: Apache-2.0
"""tinyml models"""

from __future__ import annotations

import re

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option


class InputShape(click.ParamType):  # type: ignore[type-arg]
    """The shape of a sample such as 96x96x1 or 128x3."""

    name = "shape"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the sizes."""
        if not re.fullmatch(r"[1-9][0-9]{0,4}(x[1-9][0-9]{0,4}){0,3}", value):
            self.fail(f"{value!r} is not a shape such as 96x96x1 or 128x3", param, ctx)
        return tuple(int(size) for size in value.split("x"))


@click.command("models")
@click.option(
    "--board", type=Name(), default="nano33ble", show_default=True, help="Board that they are to fit."
)
@click.option(
    "--input", "inputs", type=InputShape(), help="Shape of a sample. Default: what each family is for."
)
@click.option("--classes", type=click.IntRange(1, 4095), default=10, show_default=True)
@json_option
def command(board: str, inputs: tuple[int, ...] | None, classes: int, as_json: bool) -> None:
    """List the model families with what their default models take, before anything is trained.

    Each is quantized and compiled untrained, which takes a minute or two for all; the figures are kept.
    Flash is of the whole firmware, the code in it estimated; ms are modelled, with their error, where a
    compiler for the board and the emulator are installed (docs/cycle-model.md); all else is exact.

    \b
    Examples:
      tinyml models
      tinyml models --board sparkfun_edge --input 49x10x1 --classes 12
    """
    from toolkit.errors import UsageError
    from toolkit.sizing.listing import HEADINGS, list_models
    from toolkit.targets.board import load_board

    chosen = load_board(board)
    if chosen.memory is None:
        raise UsageError(f"{board} has no memory to fit into.", hint="See: tinyml boards")
    with ui.progress("models: quantize and compile what was not measured before") as on_progress:
        rows = list_models(chosen, inputs, classes, on_progress)
    if as_json:
        ui.result_json({"board": board, "models": {row.family.name: row.to_json() for row in rows}})
    else:
        ui.table(HEADINGS, [row.cells() for row in rows])
