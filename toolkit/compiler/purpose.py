# SPDX-License-Identifier: Apache-2.0
"""What a model is for, from what its project or the quantization.json beside it says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from toolkit.codegen.about import Purpose
from toolkit.codegen.model_input import Picture, Rows, Sound, raw_of
from toolkit.errors import InputError
from toolkit.ir.graph import Graph
from toolkit.metrics import Task
from toolkit.reading import description_beside
from toolkit.suggest import shorten


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


def purpose_beside(model: Path, model_sha256: str, graph: Graph) -> Purpose:
    """Return what a .tflite file is for by the quantization.json beside it, if that is of the same model.

    Raises InputError if it says what the model, graph, cannot be for: then its labels are another one's.
    """
    try:
        about = description_beside(model)
    except ValueError:
        about = None
    if not _is_of(about, model_sha256):
        return Purpose()
    try:
        detection = about["int8"]["detection"]
        purpose = purpose_of(about["takes"], threshold=float(detection["threshold"]) if detection else None)
        problem = misfit(purpose, graph)
    except InputError as error:
        problem = str(error)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = f"it is not understood ({type(error).__name__}: {shorten(str(error))})"
    if problem:
        raise InputError(
            f"{model.parent / 'quantization.json'} does not fit {model.name}: {problem}",
            hint="Try: the one that tinyml quantize wrote with this model, or the model without it",
        )
    return purpose


def stranger_beside(model: Path, model_sha256: str) -> str:
    """Return what a person should know of a quantization.json beside a .tflite file that does not count.

    "" if there is none, or if it is of the same model.
    """
    path = model.parent / "quantization.json"
    try:
        if not path.exists() or _is_of(description_beside(model), model_sha256):
            return ""
        fault = "is of another model"
    except ValueError:
        fault = "cannot be read"
    return f"{path} {fault}: {model.name} takes numbers as it was trained with them, and has no labels"


def _is_of(about: Any, model_sha256: str) -> bool:
    """Whether a description, which may be anything, is of the model of this hash."""
    made_by = about.get("made_by") if isinstance(about, dict) else None
    return isinstance(made_by, dict) and made_by.get("model_sha256") == model_sha256


def misfit(purpose: Purpose, graph: Graph) -> str:
    """Return what of a purpose cannot be true of a model with one input and one output; "" if all can."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        return ""
    tensor, output = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    numbers = (purpose.raw.divisor, *purpose.mean, *purpose.deviation, purpose.threshold or 0.0)
    if not all(map(math.isfinite, numbers)) or min(purpose.raw.divisor, *purpose.deviation) <= 0:
        return "a divisor, mean, deviation or threshold is no number that can be computed with."
    columns = (1, *tensor.shape[-1:])
    if len(purpose.mean) != len(purpose.deviation) or len(purpose.mean) not in columns:
        return f"it has {len(purpose.mean)} means for an input {list(tensor.shape)}."
    if any("\ud800" <= letter <= "\udfff" for label in purpose.labels for letter in label):
        return "the name of a class is no Unicode text."
    if purpose.task in ("classification", "multilabel") and len(purpose.labels) not in (0, output.elements):
        return f"it names {len(purpose.labels):,} classes, and the model has {output.elements:,} outputs."
    wanted = _input_shape(purpose.raw.kind, tensor.shape[1:])
    if tensor.shape[1:] != wanted:
        return f"its data are {list(wanted)}, and the model takes {list(tensor.shape[1:])}."
    return ""


def _input_shape(kind: Picture | Sound | Rows | None, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return what the input of the model would be by kind of data; shape is what it is."""
    if isinstance(kind, Sound) and kind.rules is not None:
        rules = kind.rules
        return (rules.frames(kind.samples), rules.coefficients or rules.bands, *shape[2:])
    if isinstance(kind, Sound):
        return (kind.samples, *shape[1:])
    if isinstance(kind, Picture):
        return shape if len(shape) == 3 else (0, 0, 0)
    return shape
