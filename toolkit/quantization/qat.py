# SPDX-License-Identifier: Apache-2.0
"""A trained model that goes on training as the int8 model which it will be: quantization-aware training."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import metrics
from toolkit.data.dataset import Dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.blocks import all_layers, untrained_copy
from toolkit.project.qat import QatConfig
from toolkit.project.recipe import TrainingConfig
from toolkit.quantization.calibration import calibration_samples, judging_samples
from toolkit.quantization.convert import float_tflite, quantize_model
from toolkit.quantization.grids import Bits, cut_off, dense_factors, on_grid
from toolkit.quantization.matching import layers_of
from toolkit.quantization.mixed import Judge
from toolkit.quantization.narrowed import fitted
from toolkit.quantization.points import find_points, kind_of
from toolkit.quantization.ranges import TrainedAsInt8, measure_ranges
from toolkit.quantization.simulation import Range, simulated, trainable_simulation
from toolkit.tflite.reader import read_graph
from toolkit.training.checkpoint import Checkpoint
from toolkit.training.once import Setting, train_in_place
from toolkit.training.predict import predict
from toolkit.training.targets import linear_output, measure_targets, unfold_targets
from toolkit.training.tuning import fine_tuning
from toolkit.ui import OnProgress


@dataclass(frozen=True, eq=False)
class QatModel:
    """A model trained as int8: its kernels are on their grids, as_int8 what else it was trained with.

    Scores are on the validation split, None without one: of the float model before, of that rounded to int8
    without training, and of the trained one, rounded. epochs is 0 where training made it worse: then the
    model is the one before, on its grids.
    """

    model: Any
    as_int8: TrainedAsInt8
    before: float | None
    rounded: float | None
    trained: float | None
    epochs: int


def train_quantized(
    model: Any,
    setting: Setting,
    training: TrainingConfig,
    *,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
) -> QatModel:
    """Return a trained model of setting trained on as training.qat says; model stays as it is.

    The training split trains it and sets the first ranges; the validation split chooses the epoch, and
    whether the result is worth more than the model before. The test split is not looked at. Raises
    InputError for a model in which nothing can be trained as int8, or whose weights do not fit into
    weights_bytes of [quantization].
    """
    keras = load_extra("keras")
    load_extra("tensorflow").config.experimental.enable_op_determinism()
    config = replace(fine_tuning(training, training.qat.epochs, training.qat.rate), loss=_loss(training))
    dataset = setting.dataset
    targets = measure_targets(config, dataset, model)
    if not find_points(model).weighted:
        raise InputError(f"{setting.label} has no layer that could be trained as int8.")
    first, start = begin_as_int8(model, setting, training)
    before, rounded = _score(model, setting), _score(as_simulated(first, start), setting)
    keras.utils.set_random_seed(setting.project.project.seed)
    simulation = trainable_simulation(first, start.ranges, start.narrow)
    unfold_targets(simulation.model, targets)
    named = replace(setting, label=f"{setting.label}, as int8", events=None)
    went = train_in_place(simulation.model, named, config, checkpoint, on_progress, teacher=model)
    end = replace(start, ranges=simulation.ranges())
    made = _on_grids(model, simulation.weights(), end.narrow)
    trained = _score(as_simulated(made, end), setting)
    if _is_worse(trained, rounded, setting):
        made = _on_grids(model, first.get_weights(), start.narrow)
        return QatModel(made, start, before, rounded, trained, 0)
    return QatModel(made, end, before, rounded, trained, went.kept + 1)


def begin_as_int8(model: Any, setting: Setting, training: TrainingConfig) -> tuple[Any, TrainedAsInt8]:
    """Return a trained model of setting as its training as int8 begins, and with what.

    Where its weights have to fit into weights_bytes of [quantization], the layers that get 4 bits are those
    that would get them without training, and their kernels are cut off for that.
    """
    ranges = _first_ranges(model, setting, training)
    project, dataset = setting.project, setting.dataset
    most_bytes = project.quantization.weights_bytes
    if not most_bytes:
        return model, TrainedAsInt8(ranges)
    content = quantize_model(model, calibration_samples(project, dataset), ranges=ranges)
    judge = Judge(float_tflite(model), judging_samples(project, dataset))
    _, layers = fitted(content, judge.error, most_bytes)
    names = layers_of(model, read_graph(content, project.name))
    narrow = [names[each.operator] for each in layers if each.is_narrow and each.operator in names]
    return _cut_off(model, narrow), TrainedAsInt8(ranges, tuple(narrow))


def as_simulated(model: Any, how: TrainedAsInt8) -> Any:
    """Return a copy of model that computes as the integer model that will be made of it."""
    return simulated(model, how.ranges, narrow=how.narrow)


def _first_ranges(model: Any, setting: Setting, training: TrainingConfig) -> dict[str, Range]:
    """Return the ranges that a trained model of setting begins with: those of calibration samples.

    A last layer that learns scaled targets has none: it is scaled after the training, and calibrated then.
    """
    found = measure_ranges(model, calibration_samples(setting.project, setting.dataset))
    if measure_targets(training, setting.dataset, model) is not None:
        found.pop(linear_output(model).name, None)
    return found


def qat_json(dataset: Dataset, config: QatConfig, found: QatModel, model_sha256: str) -> str:
    """Return qat.json: the ranges by the name of their tensor, the layers of 4 bits, and the scores.

    They are on the validation split; score is the rounded result's on the test split, by which nothing was
    chosen. model_sha256 is that of the model that went on training.
    """
    outputs = predict(as_simulated(found.model, found.as_int8), dataset.test)
    about = {
        "model_sha256": model_sha256,
        "metric": metrics.metric_name(dataset.task),
        "config": asdict(config),
        "epochs": found.epochs,
        "float32": found.before,
        "int8": found.rounded,
        "int8_trained": found.trained,
        "ranges": {name: list(ends) for name, ends in found.as_int8.ranges.items()},
        "narrow": found.as_int8.narrow,
        "score": metrics.score(dataset.task, dataset.test.y, outputs, dataset.test.x),
    }
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"


def _loss(training: TrainingConfig) -> Any:
    """The loss of cosines would train a kernel that is not the one that is rounded."""
    return "default" if training.loss == "am_softmax" else training.loss


def _on_grids(model: Any, weights: list[NDArray[Any]], narrow: Collection[str]) -> Any:
    """Return a copy of model with weights, its kernels rounded as the converter does."""
    made = untrained_copy(model)
    made.set_weights(weights)
    weighted, factors = set(find_points(made).weighted), dense_factors(made)
    for layer in all_layers(made):
        if layer.name in weighted:
            bits: Bits = 4 if layer.name in narrow else 8
            factor = np.asarray(factors.get(layer.name, 1.0))
            integers, scale = on_grid(np.asarray(layer.kernel), kind_of(layer), bits, factor)
            layer.kernel.assign((integers * scale).astype(np.float32))
    return made


def _cut_off(model: Any, narrow: Collection[str]) -> Any:
    """Return a copy of model whose kernels in the layers narrow end where their steps of 4 bits do."""
    made = untrained_copy(model)
    made.set_weights(model.get_weights())
    factors = dense_factors(made)
    for layer in all_layers(made):
        if layer.name in narrow:
            factor = np.asarray(factors.get(layer.name, 1.0))
            layer.kernel.assign(cut_off(np.asarray(layer.kernel), kind_of(layer), factor))
    return made


def _score(model: Any, setting: Setting) -> float | None:
    dataset = setting.dataset
    if not len(dataset.validation):
        return None
    outputs = predict(model, dataset.validation)
    return metrics.score(dataset.task, dataset.validation.y, outputs, dataset.validation.x)


def _is_worse(trained: float | None, before: float | None, setting: Setting) -> bool:
    if trained is None or before is None:
        return False
    is_error = metrics.metric_name(setting.dataset.task) == "mae"
    return trained > before if is_error else trained < before
