# SPDX-License-Identifier: Apache-2.0
"""What each layer makes of the sample at hand, as pictures, and what int8 costs in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, UsageError
from toolkit.live.trial import Trial
from toolkit.live.views import heat_map
from toolkit.predict.answer import Real
from toolkit.predict.look import look
from toolkit.predict.look_picture import MOST_ROWS, as_map
from toolkit.reading import parse_json
from toolkit.targets.board import load_board


def layers_of(trial: Trial, name: str, real: Real) -> dict[str, Any]:
    """Return the output of each layer of the int8 model for a sample, real (1, *shape), as JSON.

    It is `tinyml look` without its float model and without the firmware. sqnr_db is that of tinyml quantize,
    over its test samples. Raises UsageError for a float model.
    """
    if not trial.is_integer:
        raise UsageError(f"{trial.setting.model.name} is a float model.", hint="Try: tinyml quantize")
    found = look(trial.data, trial.setting.model.stem, None, real[0], load_board("host"))
    known = sqnr_beside(trial.setting.model)
    layers = [
        {**view.to_json(), "sqnr_db": known.get(view.layer), "view": heat_map(as_map(view.integer))}
        for view in found.layers[:MOST_ROWS]
    ]
    return {"name": name, "layers": layers}


def sqnr_beside(model: Path) -> Mapping[str, float]:
    """Return the dB that int8 leaves of each layer, by its name, of quantization.json; {} without it."""
    try:
        about = parse_json(model.with_name("quantization.json").read_text(encoding="utf-8"))
        return {str(each["layer"]): float(each["sqnr_db"]) for each in about.get("layers", ())}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
        return {}
