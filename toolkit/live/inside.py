# SPDX-License-Identifier: Apache-2.0
"""What is in the model: its layers with what each costs, the arena over time, what it takes of the board."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from toolkit.errors import InputError, UsageError
from toolkit.firmware.sizes import read_facts
from toolkit.inspection.arena_picture import arena_svg
from toolkit.inspection.inspect import Layer, inspect_model
from toolkit.inspection.layout import lay_out
from toolkit.live.layers import sqnr_beside
from toolkit.live.trial import Trial
from toolkit.quantization.pairs import layer_name
from toolkit.verify import verdict


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
    names = [_name(trial, layer) for layer in found.layers]
    sqnr = sqnr_beside(trial.setting.model)
    layers = [
        {
            "step": layer.step,
            "kind": layer.kind,
            "name": name,
            "reads": ", ".join(layer.reads),
            "writes": ", ".join(layer.writes),
            "macs": layer.macs,
            "weights_bytes": layer.weights_bytes,
            "live_bytes": layer.live_bytes,
            "cycles": _cycles(measured[layer.step]) if has_each else None,
            "sqnr_db": sqnr.get(name),
        }
        for layer, name in zip(found.layers, names, strict=True)
    ]
    fit = found.boards[0] if found.boards else None
    return {
        "layers": layers,
        "layout": asdict(lay_out([(), *([i + 1 for i in layer.after] for layer in found.layers)])),
        "ends": list(found.ends),
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
            "built": False,
            **_built(trial),
        },
        "advice": list(found.advice),
    }


def _built(trial: Trial) -> dict[str, Any]:
    """Return what the project's own firmware of this very model takes, {} without one."""
    made = trial.setting.made
    if made is None or not (made / "firmware.json").is_file():
        return {}
    try:
        found = read_facts(made / "firmware.json")
    except InputError:
        return {}
    if found.made_by.get("model_sha256") != hashlib.sha256(trial.data).hexdigest():
        return {}
    flash, ram = (found.flash_bytes, found.flash_limit_bytes), (found.ram_bytes, found.ram_limit_bytes)
    return {"flash": list(flash), "ram": list(ram), "fits": found.fits, "built": True}


def _name(trial: Trial, layer: Layer) -> str:
    """Return what `tinyml look` and quantization.json call a layer, "" for a part of one."""
    tensor = next(iter(layer.tensors), "")
    if tensor in trial.output_names:
        return "output"
    return layer_name(tensor) if tensor else ""


def _cycles(layer: verdict.Layer) -> int | None:
    """Return what a layer takes, with the waits for flash."""
    return None if layer.cycles is None else layer.cycles + (layer.flash_wait_cycles or 0)
