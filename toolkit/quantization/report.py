# SPDX-License-Identifier: Apache-2.0
"""What quantization costs: float and int8 side by side on the test split."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import metrics
from toolkit.data.dataset import Dataset
from toolkit.data.takes import Takes
from toolkit.errors import InputError
from toolkit.ir.graph import Graph, Tensor
from toolkit.ir.real_numbers import as_model_sees, dequantize_outputs, quantize_in_chunks, sample_rows
from toolkit.passes.dropped import Dropped, dropped_in
from toolkit.project.provenance import Provenance
from toolkit.quantization.loss import ChannelLoss, LayerLoss, channel_losses, layer_losses
from toolkit.quantization.narrowed import Narrow
from toolkit.quantization.steps import smallest_deviation
from toolkit.quantization.widened import Wide
from toolkit.quantization.worst import Mistake, worst_judged, worst_mistakes
from toolkit.reference.oracle import expected_outputs
from toolkit.reference.tflite import run_tflite_float, run_tflite_reference
from toolkit.tflite.reader import read_graph

Real = NDArray[np.float32]


@dataclass(frozen=True)
class Variant:
    """One .tflite: its size in bytes, its score on the test split, and what the report draws.

    confusion is a classification's, label_counts are those of several labels (metrics.label_counts),
    predicted a regression's with one input, sorted by x. detection is what an anomaly detector's
    threshold, chosen on the normal samples of the validation split, is worth on the test split. The
    integer model's errors are those that a board can compute: between its integer input and output.
    """

    bytes: int
    sha256: str
    score: float | None
    confusion: tuple[tuple[int, ...], ...] = ()
    label_counts: tuple[tuple[int, ...], ...] = ()
    predicted: tuple[float, ...] = ()
    detection: metrics.Detection | None = None


@dataclass(frozen=True)
class End:
    """An input or output of the integer model."""

    name: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int


@dataclass(frozen=True)
class QuantizationReport:
    """The float32 and the int8 .tflite compared on the whole test split, by reference kernels.

    int8 is the model with weights of int8; scheme says whether its activations are int8 too, or int16
    ("16x8"), or some of them ("mixed").
    metric is metrics.metric_name of the task; operators counts the int8 model's; x and truth belong to
    Variant.predicted; agreement is the share of samples for which both name the same class; worst is what
    the integer model is most wrong about, in the data of data_sha256; target_deviation is the smallest
    deviation of a regression's targets on the test split; calibrated_by says which inputs set the ranges;
    layers and channels say where accuracy goes (loss.py); dropped are channels of layers that tell nothing;
    mixed is what 16 bits in a tensor are worth, narrow what 4 bits in a layer's weights cost.
    """

    task: metrics.Task
    metric: str
    classes: tuple[str, ...]
    samples: int
    calibration_samples: int
    operators: dict[str, int]
    inputs: tuple[End, ...]
    outputs: tuple[End, ...]
    scheme: str
    float32: Variant
    int8: Variant
    agreement: float | None = None
    x: tuple[float, ...] = ()
    truth: tuple[float, ...] = ()
    worst: tuple[Mistake, ...] = ()
    data_sha256: str = ""
    made_by: Provenance = field(default_factory=Provenance)
    takes: Takes | None = None
    target_deviation: float | None = None
    calibrated_by: str = ""
    layers: tuple[LayerLoss, ...] = ()
    channels: tuple[ChannelLoss, ...] = ()
    dropped: Dropped | None = None
    mixed: tuple[Wide, ...] = ()
    narrow: tuple[Narrow, ...] = ()

    def to_json(self) -> str:
        """Return the content of quantization.json."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def compare_models(
    float_model: bytes,
    int8_model: bytes,
    dataset: Dataset,
    calibration_samples: int,
    false_alarms: float = 0.05,
) -> QuantizationReport:
    """Run both .tflite over the test split and return how they compare.

    false_alarms is the share of normal validation samples that an anomaly detector may take for others.
    """
    graph = read_graph(int8_model, dataset.name)
    float_one = _FloatModel(float_model)
    integer_one = _IntegerModel(int8_model, graph)
    real, integer = float_one.outputs(dataset.test.x), integer_one.outputs(dataset.test.x)
    classification = dataset.task == "classification"
    curve = dataset.task == "regression" and dataset.test.x[0].size == 1 and dataset.outputs == 1
    order = dataset.test.x.reshape(-1).argsort(kind="stable") if curve else None
    same = float(np.mean(real.argmax(axis=1) == integer.argmax(axis=1))) if classification else None
    int8 = _variant(integer_one, integer, dataset, order, false_alarms)
    return QuantizationReport(
        task=dataset.task,
        metric=metrics.metric_name(dataset.task),
        classes=dataset.classes,
        samples=len(dataset.test),
        calibration_samples=calibration_samples,
        operators=dict(sorted(Counter(operation.kind for operation in graph.operations).items())),
        inputs=tuple(_end(graph.tensors[i]) for i in graph.inputs),
        outputs=tuple(_end(graph.tensors[i]) for i in graph.outputs),
        scheme=_scheme(graph),
        float32=_variant(float_one, real, dataset, order, false_alarms),
        int8=int8,
        agreement=same,
        x=_in_order(dataset.test.x, order),
        truth=_in_order(dataset.test.y, order),
        worst=_worst(integer_one, integer, dataset, int8.detection),
        data_sha256=dataset.sha256,
        target_deviation=smallest_deviation(dataset.test.y) if dataset.task == "regression" else None,
        layers=layer_losses(float_model, int8_model, dataset.test.x),
        channels=channel_losses(
            dataset.test.x, graph.tensors[graph.inputs[0]], [channel.name for channel in dataset.channels]
        ),
        dropped=dropped_in(graph),
    )


def _scheme(graph: Graph) -> str:
    """Return "16x8", "int8", or "mixed" for int16 between some layers."""
    if graph.tensors[graph.inputs[0]].dtype == "int16":
        return "16x8"
    types = {tensor.dtype for each in graph.operations for tensor in graph.output_tensors(each)}
    return "mixed" if {"int8", "int16"} <= types else "int8"


def int8_outputs(model: bytes, graph: Graph, real: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the real outputs of an integer model with one input and one output for real inputs.

    They are computed by TFLite's reference kernels, or, where these refuse the model or its numbers, by the
    next reference: that of a check. Raises InputError if that refuses too.
    """
    rows = sample_rows(quantize_in_chunks(real, graph.tensors[graph.inputs[0]]))
    try:
        raw = run_tflite_reference(model, rows)
    except InputError:
        raw = expected_outputs(model, graph, rows).outputs
    return dequantize_outputs(raw, graph.tensors[graph.outputs[0]])


@dataclass(frozen=True)
class _FloatModel:
    """The float .tflite: what it gives for real inputs, and what it was given."""

    content: bytes

    def outputs(self, x: Real) -> Real:
        return run_tflite_float(self.content, x)

    def inputs(self, x: Real) -> Real:
        return x


@dataclass(frozen=True)
class _IntegerModel:
    """The integer .tflite, likewise; it was given what the type of its input can hold."""

    content: bytes
    graph: Graph

    def outputs(self, x: Real) -> Real:
        return int8_outputs(self.content, self.graph, x)

    def inputs(self, x: Real) -> Real:
        return as_model_sees(x, self.graph.tensors[self.graph.inputs[0]])


def _variant(
    model: _FloatModel | _IntegerModel,
    outputs: Real,
    dataset: Dataset,
    order: NDArray[Any] | None,
    false_alarms: float,
) -> Variant:
    task, y = dataset.task, dataset.test.y
    confusion = metrics.confusion(y, outputs, len(dataset.classes)) if task == "classification" else []
    counts = metrics.label_counts(y, outputs) if task == "multilabel" else []
    is_detector = task == "anomaly"
    return Variant(
        bytes=len(model.content),
        sha256=hashlib.sha256(model.content).hexdigest(),
        score=metrics.score(task, y, outputs, model.inputs(dataset.test.x) if is_detector else None),
        confusion=tuple(tuple(row) for row in confusion),
        label_counts=tuple(tuple(row) for row in counts),
        predicted=_in_order(outputs, order),
        detection=_detection(model, outputs, dataset, false_alarms) if is_detector else None,
    )


def _worst(
    model: _IntegerModel, outputs: Real, dataset: Dataset, detection: metrics.Detection | None
) -> tuple[Mistake, ...]:
    if detection is None:
        return worst_mistakes(dataset, outputs)
    return worst_judged(dataset, _test_errors(model, outputs, dataset), detection.threshold)


def _detection(
    model: _FloatModel | _IntegerModel, outputs: Real, dataset: Dataset, false_alarms: float
) -> metrics.Detection:
    normal = dataset.validation.x[dataset.validation.y == 0]
    usual = metrics.reconstruction_errors(model.inputs(normal), model.outputs(normal))
    errors = _test_errors(model, outputs, dataset)
    return metrics.detect(dataset.test.y, errors, metrics.alarm_threshold(usual, false_alarms))


def _test_errors(model: _FloatModel | _IntegerModel, outputs: Real, dataset: Dataset) -> NDArray[np.float64]:
    """Return how far an anomaly detector's outputs are from what it was given of the test split, (n,)."""
    return metrics.reconstruction_errors(model.inputs(dataset.test.x), outputs)


def _in_order(values: NDArray[Any], order: NDArray[Any] | None) -> tuple[float, ...]:
    return () if order is None else tuple(values.reshape(-1)[order].tolist())


def _end(tensor: Tensor) -> End:
    quantization = tensor.quantization
    if quantization is None:
        return End(tensor.name, tensor.shape, 1.0, 0)
    return End(tensor.name, tensor.shape, quantization.scale, quantization.zero_point)
