# SPDX-License-Identifier: Apache-2.0
"""What a model is for, from what its project or the quantization.json beside it says."""

from __future__ import annotations

import json
from pathlib import Path

from toolkit.codegen.about import Purpose
from toolkit.codegen.model_input import raw_of
from toolkit.data import Takes


def purpose_of(takes: Takes, columns: tuple[str, ...] = (), threshold: float | None = None) -> Purpose:
    """Return what a model is for that takes this; columns name those of its input.

    threshold is the error above which a sample is anomalous, for an anomaly detector.
    """
    raw, standard = raw_of(takes.source, takes.options, columns), takes.standard
    if standard is None:
        return Purpose(takes.task, takes.classes, raw, threshold=threshold)
    return Purpose(takes.task, takes.classes, raw, standard.mean, standard.deviation, threshold)


def purpose_beside(model: Path, model_sha256: str) -> Purpose:
    """Return what a .tflite file is for by the quantization.json beside it, if that is of the same model."""
    try:
        about = json.loads((model.parent / "quantization.json").read_text(encoding="utf-8"))
        if about["made_by"]["model_sha256"] != model_sha256:
            return Purpose()
        detection = about["int8"]["detection"]
        threshold = float(detection["threshold"]) if detection else None
        return purpose_of(Takes.from_json(about["takes"]), threshold=threshold)
    except (OSError, ValueError, KeyError, TypeError):
        return Purpose()
