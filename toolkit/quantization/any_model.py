# SPDX-License-Identifier: Apache-2.0
"""Quantizing a model file without a project: samples calibrate it, and say what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.arrays import read_archive, read_array
from toolkit.data.dataset import Dataset, Split
from toolkit.data.labels import Learned, Targets, read_labels
from toolkit.data.numpy import X_NAMES, Y_NAMES
from toolkit.errors import InputError
from toolkit.metrics import Task
from toolkit.project.config import DataConfig, ModelConfig, Project, ProjectConfig
from toolkit.project.quantization import QuantizationConfig
from toolkit.quantization.artifacts import made_integers
from toolkit.quantization.convert import float_tflite
from toolkit.quantization.mixed import Price
from toolkit.quantization.model_file import open_any
from toolkit.quantization.report import QuantizationReport, compare_models, int8_outputs
from toolkit.tflite.reader import read_graph

_CLOSE = 1e-2
_BATCH = 256
_TEXTS = "US"


@dataclass(frozen=True, eq=False)
class Quantized:
    """An integer .tflite and what it is worth; is_labelled says whether labels say so, or the float model.

    agreement is the share of the samples for which both name the same class, None where there are no classes;
    sqnr_db is that of the outputs; notes say what was changed in the model.
    """

    content: bytes
    report: QuantizationReport
    is_labelled: bool
    agreement: float | None
    sqnr_db: float
    notes: tuple[str, ...]


def quantize_file(
    path: Path, data: Path, labels: Path | None, config: QuantizationConfig, price: Price | None = None
) -> Quantized:
    """Return the model at path as integers, calibrated on half of the samples in data, judged on the others.

    data is an .npy file of samples (n, *input shape), or an .npz file with x and perhaps y; labels an .npy
    file of class numbers or targets; config is what a project's section [quantization] would say, price the
    time of a .tflite for a mixture of int8 and int16. Raises InputError for a model that cannot be integers,
    and for samples that are none of its.
    """
    x, y = _samples(data, labels)
    model, notes = open_any(path, x.shape[1:])
    _require_fit(model, x, path, data)
    if config.changed and not hasattr(model, "layers"):
        raise InputError(
            f"{path} is a SavedModel, whose layers are not known: {config.changed[0]} needs them.",
            hint="Try: the model as a .keras file",
        )
    order = np.random.default_rng(0).permutation(len(x))
    half = max(len(x) // 2, 1)
    judged = np.sort(order[half:] if len(x) > 1 else order)
    outputs = _outputs(model, x[judged])
    dataset = _dataset(path.stem, x[judged], outputs, y, judged)
    unknown = np.zeros((half, *dataset.test.y.shape[1:]), dataset.test.y.dtype)
    dataset = replace(dataset, train=Split(x[order[:half]], unknown))
    project = Project(ProjectConfig("model"), DataConfig("numpy"), ModelConfig(base=str(path)))
    project, whole = project.with_quantization(config), float_tflite(model)
    made = made_integers(project, dataset, model, whole, price=price)
    content, calibration = made.content, made.calibration
    report = compare_models(whole, content, dataset, len(calibration.samples))
    report = replace(report, calibrated_by=calibration.words, mixed=made.mixed, narrow=made.narrow)
    integer = int8_outputs(content, read_graph(content, path.stem), x[judged])
    error = float(np.sum(np.square(outputs - integer, dtype=np.float64)))
    signal = float(np.sum(np.square(outputs, dtype=np.float64)))
    sqnr_db = float(10 * np.log10(signal / error)) if error and signal else 120.0
    same = outputs.argmax(axis=1) == integer.argmax(axis=1)
    has_classes = dataset.task == "classification"
    return Quantized(
        content, report, y is not None, float(np.mean(same)) if has_classes else None, sqnr_db, notes
    )


def _samples(data: Path, labels: Path | None) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
    if data.suffix == ".npz":
        archive = read_archive(data)
        name, labelled = (next((n for n in archive if n.lower() in w), "") for w in (X_NAMES, Y_NAMES))
        if not name:
            raise InputError(f"{data} has no array x; it has {', '.join(archive) or 'none'}.")
        x, y = archive[name], archive.get(labelled)
    else:
        x, y = read_array(data), None
    y = read_array(labels) if labels else y
    if x.dtype.kind not in "fiub" or not x.ndim or not len(x):
        raise InputError(f"{data} is {x.dtype} of shape {x.shape}; samples are rows of numbers.")
    x = np.asarray(x if x.ndim > 1 else x[:, np.newaxis], np.float32)
    if not np.isfinite(x).all():
        sample = int(np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))[0])
        raise InputError(f"{data} has numbers that are NaN or infinite, first in sample {sample} (from 0).")
    if y is not None and (not y.ndim or len(y) != len(x)):
        raise InputError(f"there are {len(x)} samples and {len(y) if y.ndim else 1} labels.")
    return x, y


def _require_fit(model: Any, x: NDArray[np.float32], path: Path, data: Path) -> None:
    shape = tuple(model.input_shape[1:])
    if shape != x.shape[1:]:
        raise InputError(
            f"{path} takes samples of {shape}; those in {data} are {x.shape[1:]}.",
            hint="Try: samples as the model was trained with, the channels last",
        )


def _outputs(model: Any, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """SavedModels may take batches of one only, so that each sample goes alone where a batch does not."""
    try:
        parts = [model(chunk, training=False) for chunk in np.split(x, range(_BATCH, len(x), _BATCH))]
    except Exception:  # whatever the graph of a SavedModel raises
        parts = [model(x[i : i + 1], training=False) for i in range(len(x))]
    return np.concatenate([np.asarray(part, np.float32).reshape(len(part), -1) for part in parts])


def _dataset(name: str, x: Any, outputs: NDArray[np.float32], y: Any, judged: NDArray[np.int64]) -> Dataset:
    """Return the samples x with their labels of y; without y with the answers of the float model."""
    task: Task
    if y is not None:
        task, targets, classes = _learned(y, outputs)
        targets = targets[judged]
    elif outputs.shape[1] > 1 and _are_shares(outputs):
        task, targets = "classification", outputs.argmax(axis=1)
        classes = tuple(str(i) for i in range(outputs.shape[1]))
    else:
        task, targets, classes = "regression", outputs, ()
    split = Split(x, targets)
    return Dataset(name, task, split, split, split, classes)


def _learned(y: NDArray[Any], outputs: NDArray[np.float32]) -> Targets:
    """Return what labels are to the outputs (n, outputs); texts stand for the outputs in their order.

    Two classes of one output, a sigmoid, are one label, that of the second class.
    """
    count, is_column = outputs.shape[1], y.size == len(y)
    is_sigmoid = bool((outputs >= 0).all() and (outputs <= 1).all())
    if count == 1 and is_sigmoid and is_column and len(np.unique(y)) == 2 and _are_names(y):
        _, numbers, classes = _read(y, None, "classification")
        return "multilabel", numbers[:, np.newaxis].astype(np.float32), classes[1:]
    if count == 1 or not (is_column or _are_names(y)):
        task: Learned = "regression"
    elif is_column or y.dtype.kind in _TEXTS or bool((y.sum(axis=-1) == 1).all()):
        task = "classification"
    else:
        task = "multilabel" if is_sigmoid else "regression"
    names = None if y.dtype.kind in _TEXTS else [str(number) for number in range(count)]
    task, targets, classes = _read(y, names, task)
    if task == "classification" and len(classes) != count:
        raise InputError(f"the labels name {len(classes)} classes; the model has {count} outputs.")
    if task == "classification" and not 0 <= targets.min() <= targets.max() < count:
        raise InputError(
            f"the labels go from {targets.min()} to {targets.max()}; the model has {count} outputs.",
            hint="Try: class numbers from 0, or from 1 on",
        )
    if task != "classification" and targets.shape[1:] != outputs.shape[1:]:
        raise InputError(f"the labels are {targets.shape[1:]} a sample; the model gives {outputs.shape[1:]}.")
    return task, targets, classes


def _are_names(y: NDArray[Any]) -> bool:
    """Return whether y are texts, or rows of 0 and 1."""
    return y.dtype.kind in _TEXTS or (y.dtype.kind in "biuf" and bool(((y == 0) | (y == 1)).all()))


def _read(y: NDArray[Any], names: Sequence[str] | None, task: Learned) -> Targets:
    try:
        return read_labels(y, names, task, "--labels")
    except InputError as error:
        raise InputError(
            error.message, hint="Try: labels as an array of class numbers, of names, or of the targets"
        ) from error


def _are_shares(outputs: NDArray[np.float32]) -> bool:
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=_CLOSE))
