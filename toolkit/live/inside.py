# SPDX-License-Identifier: Apache-2.0
"""What is in the model: its layers with what each costs, the arena over time, what it takes of the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolkit.errors import UsageError
from toolkit.inspection.arena_picture import arena_svg
from toolkit.inspection.inspect import inspect_model
from toolkit.live.layers import sqnr_beside
from toolkit.live.trial import Trial
from toolkit.quantization.pairs import layer_name
from toolkit.tflite.reader import read_graph
from toolkit.verify.verdict import Layer


def look_inside(trial: Trial) -> dict[str, Any]:
    """Return what `tinyml inspect` says of the model on its board, and the cycles of each layer where its
    firmware was asked, as JSON. Raises UsageError for a float model, which is not compiled.
    """
    if trial.board is None:
        raise UsageError(f"{trial.setting.model.name} is a float model.", hint="Try: tinyml quantize")
    board = trial.setting.board
    boards = [board] if board.memory else []
    found = inspect_model(trial.data, trial.setting.model.stem, boards)
    measured = trial.board.layers
    has_each = len(measured) == len(found.layers)
    sqnr = _sqnr(trial, [layer.kind for layer in found.layers])
    layers = [
        {
            "step": layer.step,
            "kind": layer.kind,
            "reads": ", ".join(layer.reads),
            "writes": ", ".join(layer.writes),
            "macs": layer.macs,
            "weights_bytes": layer.weights_bytes,
            "live_bytes": layer.live_bytes,
            "cycles": _cycles(measured[layer.step]) if has_each else None,
            "sqnr_db": sqnr[layer.step],
        }
        for layer in found.layers
    ]
    fit = found.boards[0] if found.boards else None
    return {
        "layers": layers,
        "arena_bytes": found.arena_bytes,
        "weights_bytes": found.weights_bytes,
        "macs": found.macs,
        "clock_hz": board.clock.hz if board.memory else None,
        "arena_svg": arena_svg(found),
        "budget": fit
        and {
            "board": fit.board,
            "flash": [fit.flash_bytes, fit.flash_limit_bytes],
            "ram": [fit.ram_bytes, fit.ram_limit_bytes],
            "fits": fit.fits,
        },
        "advice": list(found.advice),
    }


def _sqnr(trial: Trial, kinds: Sequence[str]) -> list[float | None]:
    """Return the dB of each layer by quantization.json; None for all if the compiler rewrote the layers."""
    graph = read_graph(trial.data, trial.setting.model.stem)
    operations = [each for each in graph.operations if each.kind in kinds]  # a RESHAPE that does nothing goes
    if [each.kind for each in operations] != list(kinds):
        return [None] * len(kinds)
    known = sqnr_beside(trial.setting.model)
    outputs = [graph.output_tensors(each)[0] for each in operations]
    return [known.get("output" if t.id in graph.outputs else layer_name(t.name)) for t in outputs]


def _cycles(layer: Layer) -> int | None:
    """Return what a layer takes, with the waits for flash."""
    return None if layer.cycles is None else layer.cycles + (layer.flash_wait_cycles or 0)
