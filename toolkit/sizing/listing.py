# SPDX-License-Identifier: Apache-2.0
"""Every family with the figures of its default model."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from toolkit.errors import InputError
from toolkit.models import Shape
from toolkit.models.family import Family
from toolkit.models.registry import families
from toolkit.sizing.measure import Measured, measure_family
from toolkit.targets.board import Board
from toolkit.ui import OnProgress

HEADINGS = ("family", "input", "parameters", "MACs", "arena", "flash", "ms", "fits")


@dataclass(frozen=True)
class Row:
    """A family with its default options for one shape of input; measured, or the reason why not."""

    family: Family
    inputs: tuple[int, ...]
    measured: Measured | None
    reason: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the row of the table under HEADINGS."""
        inputs = "x".join(map(str, self.inputs))
        if self.measured is None:
            return (self.family.name, inputs, "", "", "", "", "", f"no: {self.reason}")
        found = self.measured
        numbers = (found.parameters, found.macs, found.arena_bytes, found.fit.flash_bytes)
        fits = "NO" if not found.fit.fits else "in patches" if found.in_patches else "yes"
        time = found.time.short_text() if found.time else ""
        return (self.family.name, inputs, *(f"{number:,}" for number in numbers), time, fits)

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        about = {"summary": self.family.summary, "input": list(self.inputs)}
        return {**about, **(self.measured.to_json() if self.measured else {"reason": self.reason})}


def list_models(
    board: Board, inputs: tuple[int, ...] | None, classes: int, on_progress: OnProgress
) -> list[Row]:
    """Return a row for each family that takes inputs, or for all with the input that each is meant for."""
    chosen = [f for f in families().values() if inputs is None or f.takes_rank(len(inputs))]
    rows = []
    for number, family in enumerate(chosen):
        on_progress(number, len(chosen), family.name)
        rows.append(_row(family, inputs or family.example, classes, board))
    on_progress(len(chosen), len(chosen))
    return rows


def _row(family: Family, inputs: tuple[int, ...], classes: int, board: Board) -> Row:
    task = family.tasks[0]
    shape = Shape(task, inputs, prod(inputs) if task == "anomaly" else classes)
    try:
        return Row(family, inputs, measure_family(family, family.options(), shape, board, is_timed=True))
    except InputError as error:
        return Row(family, inputs, None, error.message.splitlines()[0])
