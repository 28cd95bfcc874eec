# SPDX-License-Identifier: Apache-2.0
"""What the step quantize leaves in the build folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from toolkit.codegen.model_data import model_data_sources
from toolkit.codegen.model_input import model_input_header, raw_of
from toolkit.data import Dataset, Takes, takes_of
from toolkit.files import write_atomic
from toolkit.project.config import Project
from toolkit.project.provenance import Provenance, provenance_of
from toolkit.project.quantization import QuantizationConfig
from toolkit.quantization.adjust import adjusted
from toolkit.quantization.calibration import (
    Calibration,
    calibration_samples,
    calibrations,
    distance,
    judging_samples,
    nearest,
)
from toolkit.quantization.convert import float_tflite, quantize_model
from toolkit.quantization.equalize import equalized
from toolkit.quantization.matching import layers_of
from toolkit.quantization.mixed import Judge, Price, mixed
from toolkit.quantization.narrowed import Narrow, fitted
from toolkit.quantization.ranges import TrainedAsInt8, measure_ranges
from toolkit.quantization.report import compare_models, int8_outputs
from toolkit.quantization.widened import Wide
from toolkit.reference.tflite import run_tflite_float
from toolkit.tflite.reader import read_graph
from toolkit.ui import OnProgress


def write_quantized(
    project: Project,
    dataset: Dataset,
    model: Any,
    folder: Path,
    on_progress: OnProgress,
    trained: TrainedAsInt8 | None = None,
    price: Price | None = None,
) -> None:
    """Convert a Keras model, compare it in float32 and as integers, and write what came of it to folder.

    trained says what it was trained with as int8. price is the time of a .tflite, for a mixture of int8 and
    int16. Raises InputError for what the converter leaves in float32, and if the folder refuses.
    """
    float32 = float_tflite(model)
    made = made_integers(project, dataset, model, float32, trained, price)
    int8, calibration = made.content, made.calibration
    false_alarms = project.quantization.false_alarms
    on_progress(1, 2)
    report = compare_models(float32, int8, dataset, len(calibration.samples), false_alarms)
    on_progress(2, 2)
    about = provenance_of(project, dataset.sha256, report.int8.sha256)
    takes = takes_of(project, dataset)
    report = replace(report, made_by=about, takes=takes, calibrated_by=calibration.words)
    report = replace(report, mixed=made.mixed, narrow=made.narrow)
    texts = {
        **model_data_sources(int8, project.name, about),
        "model_input.h": _input_header(int8, project, dataset, takes, about),
        "quantization.json": report.to_json(),
    }
    write_atomic(folder / "model.tflite", int8)
    write_atomic(folder / "model_float.tflite", float32)
    for name, text in texts.items():
        write_atomic(folder / name, text)


@dataclass(frozen=True, eq=False)
class Integers:
    """An integer .tflite, how it was calibrated, and what 16 and 4 bits cost if asked for."""

    content: bytes
    calibration: Calibration
    mixed: tuple[Wide, ...] = ()
    narrow: tuple[Narrow, ...] = ()


def made_integers(
    project: Project,
    dataset: Dataset,
    model: Any,
    float32: bytes,
    trained: TrainedAsInt8 | None = None,
    price: Price | None = None,
) -> Integers:
    """Return a Keras model as integers by all that [quantization] says, as write_quantized."""
    config = project.quantization
    content, calibration = best_quantized(project, dataset, model, float32, trained)
    mixture: tuple[Wide, ...] = ()
    narrow: tuple[Narrow, ...] = ()
    judge = Judge(float32, judging_samples(project, dataset), *([price] if price else []))
    if price and config.activations == "mixed":
        content, mixture = mixed(content, judge, config.mixed_ms)
    if config.weights_bytes:
        names = layers_of(model, read_graph(content, project.name)) if trained and trained.narrow else {}
        first = [place for place, name in names.items() if trained and name in trained.narrow]
        content, narrow = fitted(content, judge.error, config.weights_bytes, first)
    return Integers(content, calibration, mixture, narrow)


def best_quantized(
    project: Project, dataset: Dataset, model: Any, float32: bytes, as_int8: TrainedAsInt8 | None = None
) -> tuple[bytes, Calibration]:
    """Return the integer model and how it was calibrated: by all values, or by the middle ones where that
    brings the outputs for training samples clearly nearer to the float model's. Ranges that it was trained
    with are taken as they are.

    Raises InputError as quantize_model does.
    """
    if as_int8:
        trained = Calibration(calibration_samples(project, dataset), is_trained=True)
        integers = project.quantization.integers
        return quantize_model(model, trained.samples, integers, as_int8.ranges), trained
    config = project.quantization
    if config.equalize:
        model, _ = equalized(model, calibration_samples(project, dataset))
    tried = [(_converted(model, each, config), each) for each in calibrations(project, dataset)]
    if len(tried) == 1:
        return tried[0]
    x = judging_samples(project, dataset)
    truth = run_tflite_float(float32, x)
    outputs = (int8_outputs(content, read_graph(content, project.name), x) for content, _ in tried)
    return tried[nearest([distance(each, truth) for each in outputs])]


def _converted(model: Any, calibration: Calibration, config: QuantizationConfig) -> bytes:
    """Convert with the ranges of a method by tensor, and with weights adjusted to the ranges if asked for."""
    ranges, x = None, calibration.samples
    if calibration.method or config.adjusts:
        ranges = measure_ranges(model, x, calibration.method)
    if ranges is not None and config.adjusts:
        is_adaptive = config.rounding == "adaptive"
        model = adjusted(model, ranges, x, correct_bias=config.correct_bias, rounding=is_adaptive)
    return quantize_model(model, x, config.integers, ranges if calibration.method else None)


def _input_header(int8: bytes, project: Project, dataset: Dataset, takes: Takes, about: Provenance) -> str:
    graph, standard = read_graph(int8, project.name), dataset.standard
    mean, deviation = (standard.mean, standard.deviation) if standard else ((0.0,), (1.0,))
    raw = raw_of(takes.source, takes.options, tuple(channel.name for channel in dataset.channels))
    return model_input_header(graph.tensors[graph.inputs[0]], project.name, mean, deviation, about, raw=raw)
