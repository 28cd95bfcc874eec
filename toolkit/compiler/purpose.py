# SPDX-License-Identifier: Apache-2.0
"""What a model is for, from what its project or the quantization.json beside it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from toolkit.codegen.about import Purpose
from toolkit.codegen.model_input import raw_of
from toolkit.metrics import Task
from toolkit.reading import description_beside


def purpose_of(
    takes: Mapping[str, Any], columns: tuple[str, ...] = (), threshold: float | None = None
) -> Purpose:
    """Return what a model is for, by the Takes of its data in JSON's types (toolkit/data/takes.py).

    It is read here, so that not every source of data is part of what C depends on. columns name those of
    the model's input; threshold is the error above which a sample is anomalous, for an anomaly detector.
    Raises KeyError, TypeError or ValueError for anything else.
    """
    if takes["task"] not in get_args(Task):
        raise ValueError(f"{takes['task']!r} is no task")
    raw, labels = (
        raw_of(str(takes["source"]), dict(takes["options"]), columns),
        tuple(map(str, takes["classes"])),
    )
    standard = takes["standard"] or {"mean": (0.0,), "deviation": (1.0,)}
    mean, deviation = (tuple(map(float, standard[key])) for key in ("mean", "deviation"))
    return Purpose(takes["task"], labels, raw, mean, deviation, threshold)


def purpose_beside(model: Path, model_sha256: str) -> Purpose:
    """Return what a .tflite file is for by the quantization.json beside it, if that is of the same model."""
    try:
        about = description_beside(model)
        if about["made_by"]["model_sha256"] != model_sha256:
            return Purpose()
        detection = about["int8"]["detection"]
        threshold = float(detection["threshold"]) if detection else None
        return purpose_of(about["takes"], threshold=threshold)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Purpose()
