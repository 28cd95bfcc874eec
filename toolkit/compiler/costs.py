# SPDX-License-Identifier: Apache-2.0
"""What tinyml tune measured of a model's layers: a file beside the model, good while nothing has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from toolkit.compiler import code_bytes
from toolkit.compiler.choice import Costs, Optimization
from toolkit.errors import InputError
from toolkit.files import require_writable, write_atomic
from toolkit.project.code_graph import code_digest
from toolkit.project.goals import Goal
from toolkit.reading import MOST_MODEL_BYTES, parse_json, read_file
from toolkit.targets.target import PORTABLE, Target


def costs_file(model: Path) -> Path:
    """Return where the costs of a .tflite file's layers are kept."""
    return model.with_suffix(".tune.json")


def keep_costs(model: Path, data: bytes, target: Target, costs: Costs) -> None:
    """Write what was measured for a target beside those of other targets."""
    known = {name: kept for name, kept in _read(model).items() if isinstance(kept, dict)}
    known[target.name] = {
        **_made_from(data, target),
        **asdict(costs),
        "costs_sha256": _digest(costs),
    }
    write_atomic(costs_file(model), json.dumps(known, indent=1, sort_keys=True) + "\n")


def require_place_for_costs(model: Path) -> None:
    """Raise InputError unless the costs of a .tflite file's layers can be kept beside it."""
    file = costs_file(model)
    what = "what tinyml tune measures is kept there, beside the model"
    if file.is_dir():
        raise InputError(f"{file} is a folder: {what}.", hint="Try: another name for that folder")
    try:
        require_writable(file.parent)
    except InputError as error:
        hint = "Try: tinyml tune with a copy of the model in a folder that you may write to"
        raise InputError(f"{error.message.removesuffix('.')}: {what}.", hint=hint) from error


def kept_costs(model: Path, data: bytes, target: Target) -> Costs | None:
    """Return what was measured for a model on a target; None if nothing was, or if since then the model, the
    target, a kernel or the code that uses it has changed, or the file itself.
    """
    kept = _read(model).get(target.name)
    if not isinstance(kept, dict):
        return None
    if any(kept.get(key) != value for key, value in _made_from(data, target).items()):
        return None
    try:
        cycles = {str(layer): _numbers(found) for layer, found in kept["cycles"].items()}
        costs = Costs(str(kept["board"]), str(kept["compiler"]), cycles)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return costs if kept.get("costs_sha256") == _digest(costs) else None


def optimization_for(model: Path, data: bytes, target: Target, goal: Goal) -> Optimization:
    """Return what the kernels of a .tflite file are chosen for, with its costs where they are known."""
    costs, file = kept_costs(model, data, target), costs_file(model)
    if costs:
        word = f"chosen by what tinyml tune measured on {costs.board} ({file.name})"
    elif file.exists() and target != PORTABLE:
        word = (
            f"{file.name} does not count: it is of another model, core, version or hand; tinyml tune makes it"
        )
    else:
        word = ""
    return Optimization(goal, costs, word=word)


def _made_from(data: bytes, target: Target) -> dict[str, Any]:
    return {
        "model_sha256": sha256(data).hexdigest(),
        "target": [target.name, target.isa, list(target.features)],
        "code_sha256": code_digest(code_bytes.__name__),
    }


def _read(model: Path) -> dict[str, Any]:
    """Return what is in the file; nothing of a missing or damaged one."""
    try:
        kept = parse_json(read_file(costs_file(model), MOST_MODEL_BYTES))
    except (InputError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _numbers(found: Mapping[str, Any]) -> dict[str, int]:
    if any(not isinstance(cycles, int) or cycles < 0 for cycles in found.values()):
        raise ValueError("cycles are counted")
    return dict(found)


def _digest(costs: Costs) -> str:
    return sha256(json.dumps(asdict(costs), sort_keys=True).encode()).hexdigest()
