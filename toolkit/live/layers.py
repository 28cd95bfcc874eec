# SPDX-License-Identifier: Apache-2.0
"""What each layer makes of the sample at hand, as pictures: in float, as integers, in the firmware."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.errors import InputError
from toolkit.live.trial import Trial
from toolkit.live.views import heat_map
from toolkit.predict.answer import Real, Where
from toolkit.predict.look import Floats, LayerView
from toolkit.predict.look_picture import as_map
from toolkit.reading import parse_json

MOST_LAYERS = 200


def layers_of(trial: Trial, name: str, real: Real, on: Where) -> dict[str, Any]:
    """Return the output of each layer on a column for a sample, real (1, *shape), as JSON.

    It is what `tinyml look` has; missing says why a column shows nothing. All views of a layer have the range
    of the integers. sqnr_db is that of tinyml quantize, over its test samples; of the float column, of this
    sample. Raises InputError for a float model.
    """
    found = trial.look(real, on)
    known = sqnr_beside(trial.setting.model)
    layers = [_of_layer(view, on, known) for view in found.layers[:MOST_LAYERS]]
    missing = {"float": found.no_real, "board": found.no_board}.get(on, "")
    if on == "board" and trial.setting.board.is_host:
        missing = "a program on this computer shows no layers: tinyml live --board names an emulated board."
    return {"name": name, "on": on, "layers": layers, "missing": missing}


def _of_layer(view: LayerView, on: Where, known: Mapping[str, float]) -> dict[str, Any]:
    about = {"layer": view.layer, "view": None}
    if on == "int8":
        return {**view.to_json(), "sqnr_db": known.get(view.layer), "view": _map(view.integer, view)}
    if on == "float" and view.real is not None:
        difference = np.abs(view.real - view.integer)
        apart = {"view": heat_map(as_map(difference)), "most": float(difference.max(initial=0))}
        return {**about, "sqnr_db": view.sqnr_db, "view": _map(view.real, view), "difference": apart}
    if on == "board" and view.board is not None:
        return {**about, "unequal": view.unequal, "view": _map(view.board, view)}
    return about


def _map(values: Floats, view: LayerView) -> dict[str, Any]:
    low, high = float(view.integer.min(initial=0)), float(view.integer.max(initial=0))
    return heat_map(as_map(values), low, high)


def sqnr_beside(model: Path) -> Mapping[str, float]:
    """Return the dB that int8 leaves of each layer, by its name, of quantization.json; {} without it."""
    try:
        about = parse_json(model.with_name("quantization.json").read_text(encoding="utf-8"))
        return {str(each["layer"]): float(each["sqnr_db"]) for each in about.get("layers", ())}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
        return {}
