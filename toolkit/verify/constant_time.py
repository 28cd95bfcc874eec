# SPDX-License-Identifier: Apache-2.0
"""Whether a model takes the same time for every input, and which layer does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import optimization_for
from toolkit.compiler.files import read_model
from toolkit.project.goals import Goal
from toolkit.reference.oracle import Rows
from toolkit.targets.board import Board, load_board
from toolkit.targets.target import target_of
from toolkit.timing.text import WITH_WAITS
from toolkit.verify.bare import built_bare, layers_in
from toolkit.verify.generated_c import random_rows
from toolkit.verify.kernel_code import kernel_code_in
from toolkit.verify.verdict import Layer

_MOST_ROW_BYTES = 256 << 10


@dataclass(frozen=True)
class LayerTime:
    """One layer's least and most over all inputs: instructions, cycles and waits for flash together.

    divides: its functions with a division. On a board that takes longer for some operands, which the model
    does not say; whether its operands are data or sizes is not looked at.
    """

    index: int
    name: str
    instructions: tuple[int, int]
    cycles: tuple[int, int] | None
    divides: tuple[str, ...]

    @property
    def is_constant(self) -> bool:
        """Whether all counts were the same."""
        spans = (self.instructions, self.cycles or (0, 0))
        return all(least == most for least, most in spans)


@dataclass(frozen=True)
class ConstantTime:
    """What so many different inputs showed: all least, all most, all zero and random ones."""

    model: str
    board: str
    inputs: int
    layers: tuple[LayerTime, ...]

    @property
    def is_constant(self) -> bool:
        """Whether no layer's counts depended on the data of these inputs."""
        return all(layer.is_constant for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        layers = [
            {**asdict(layer), "cycles_with_waits": layer.cycles, "is_constant": layer.is_constant}
            for layer in self.layers
        ]
        return {**asdict(self), "layers": layers, "is_constant": self.is_constant}

    def lines(self) -> list[str]:
        """Return what a person reads: a line for each layer that differs, one for what is left open."""
        found = [f"not constant: {_line(layer)}" for layer in self.layers if not layer.is_constant]
        inputs = f"{self.inputs} inputs (all lowest, highest, zero; random)"
        if found:
            found.append(f"{self.model} on {self.board}: its time depends on the data, by {inputs}")
        else:
            same = "every layer took the same instructions and cycles with waits"
            found.append(f"{self.model} on {self.board}: {same} for {inputs}; that is evidence, no proof")
        dividing = sorted({name for layer in self.layers for name in layer.divides})
        if dividing:
            open_question = "SDIV takes 2 to 12 cycles on a board; whether it divides data was not looked at"
            found.append(f"divisions in {', '.join(dividing)}: {open_question}")
        return found


def try_model_times(
    model: Path, board: str, samples: int, ram_bytes: int | None, goal: Goal, hop: int | None = None
) -> ConstantTime:
    """Return what try_times() does of a .tflite file. Raises as compile_model() does too."""
    chosen, data = load_board(board), read_model(model)
    optimization = optimization_for(model, data, target_of(chosen), goal)
    compiled = compile_model(
        data, model.stem, target_of(chosen), ram_bytes, optimization=optimization, hop=hop
    )
    return try_times(compiled, chosen, samples)


def try_times(compiled: CompiledModel, board: Board, samples: int) -> ConstantTime:
    """Return what each layer takes for samples different inputs, from the same state each.

    Fewer where they would not fit into flash. Raises as count_layers() does.
    """
    rows = _rows(compiled, samples)
    with built_bare(compiled, board, rows) as elf:
        runs = layers_in(elf, compiled, board, len(rows))
        code = kernel_code_in(elf, compiled)
    divides = [
        tuple(sorted({name for call in calls if call.kernel in code for name in code[call.kernel].divides}))
        for calls in compiled.calls
    ]
    layers = tuple(
        _spans(each, divides[place] if len(divides) == len(runs[0]) else ())
        for place, each in enumerate(zip(*runs, strict=True))
    )
    return ConstantTime(compiled.name, board.name, len(rows), layers)


def _rows(compiled: CompiledModel, samples: int) -> Rows:
    tensors = [compiled.graph.tensors[i] for i in compiled.graph.inputs]
    zero = b"".join(
        np.full(t.elements, t.quantization.zero_point if t.quantization else 0, t.dtype).tobytes()
        for t in tensors
    )
    most = max(3, min(samples, _MOST_ROW_BYTES // max(len(zero), 1)))
    return np.vstack([random_rows(compiled.graph, most - 1), np.frombuffer(zero, np.int8)])


def _spans(runs: Sequence[Layer], divides: tuple[str, ...]) -> LayerTime:
    instructions = [layer.instructions or 0 for layer in runs]
    cycles = [layer.cycles + (layer.flash_wait_cycles or 0) for layer in runs if layer.cycles is not None]
    return LayerTime(
        runs[0].index,
        runs[0].name,
        (min(instructions), max(instructions)),
        (min(cycles), max(cycles)) if cycles else None,
        divides,
    )


def _line(layer: LayerTime) -> str:
    parts = []
    for unit, span in (("instructions", layer.instructions), (WITH_WAITS, layer.cycles)):
        if span is not None and span[0] != span[1]:
            parts.append(f"{span[0]:,} to {span[1]:,} {unit} ({span[1] - span[0]:,} more)")
    return f"layer {layer.index}, {layer.name}: {'; '.join(parts)}"
