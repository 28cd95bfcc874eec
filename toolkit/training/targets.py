# SPDX-License-Identifier: Apache-2.0
"""A regression trains on targets of mean 0 and deviation 1; the model that is kept gives them as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from toolkit.data.dataset import Dataset, Split
from toolkit.data.standard import Standard, measure_standard
from toolkit.extras import load_extra
from toolkit.metrics import metric_name
from toolkit.project.recipe import TrainingConfig


def measure_targets(config: TrainingConfig, dataset: Dataset, model: Any) -> Standard | None:
    """Return the mean and deviation of each target (a column of y) of the training split alone.

    None where targets are learned as they stand: for other tasks, without scale_targets, and for a model
    that fold_targets could not give them back.
    """
    if dataset.task != "regression" or not config.scale_targets or linear_output(model) is None:
        return None
    return measure_standard([np.asarray(dataset.train.y, np.float32)])


def scale_targets(dataset: Dataset, targets: Standard | None) -> Dataset:
    """Return dataset as training and validation are to see it: y in deviations from the mean."""
    if targets is None:
        return dataset
    return replace(
        dataset, train=_scaled(dataset.train, targets), validation=_scaled(dataset.validation, targets)
    )


def fold_targets(model: Any, targets: Standard | None) -> None:
    """Let model, which gives deviations from the mean, give the targets in their own units.

    Its layers stay: kernel (features, targets) and bias (targets,) of the last one take up the deviation
    and the mean, so that its outputs are deviation * before + mean but for float32's rounding.
    """
    if targets is None:
        return
    output = linear_output(model)
    mean, deviation = np.array(targets.mean), np.array(targets.deviation)
    output.kernel.assign(np.asarray(output.kernel, np.float64) * deviation)
    output.bias.assign(np.asarray(output.bias, np.float64) * deviation + mean)


def unfold_targets(model: Any, targets: Standard | None) -> None:
    """Undo fold_targets, so that model can train on: it gives deviations from the mean again."""
    if targets is None:
        return
    output = linear_output(model)
    mean, deviation = np.array(targets.mean), np.array(targets.deviation)
    output.kernel.assign(np.asarray(output.kernel, np.float64) / deviation)
    output.bias.assign((np.asarray(output.bias, np.float64) - mean) / deviation)


def linear_output(model: Any) -> Any:
    """Return the Dense layer that gives model's output as a linear sum with a bias; None if another does.

    A layer that is also used elsewhere in model is none: what is folded into it would change that too.
    """
    keras = load_extra("keras")
    graph = getattr(model, "_functional", None) or model
    if len(getattr(graph, "outputs", None) or ()) != 1:
        return None
    layer = graph.outputs[0]._keras_history.operation
    if type(layer) is not keras.layers.Dense or layer.bias is None:
        return None
    if layer.activation is not keras.activations.linear or _is_used_elsewhere(layer, graph):
        return None
    return layer


def target_metric(dataset: Dataset, targets: Standard | None) -> Any:
    """Return the metric to compile a model with: of scaled targets the error in their own units."""
    if targets is None:
        return "mae" if dataset.task == "anomaly" else metric_name(dataset.task)
    keras = load_extra("keras")
    deviation = keras.ops.array(targets.deviation, "float32")

    def error(truth: Any, outputs: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(truth - outputs) * deviation, axis=-1)

    return keras.metrics.MeanMetricWrapper(error, name=metric_name(dataset.task))


def _scaled(split: Split, targets: Standard) -> Split:
    return replace(split, y=targets.apply(split.y))


def _is_used_elsewhere(layer: Any, graph: Any) -> bool:
    nodes = [node for nodes in graph._nodes_by_depth.values() for node in nodes]
    shared = [weight for other in graph.layers if other is not layer for weight in other.weights]
    places = sum(node.operation is layer for node in nodes)
    return places != 1 or any(weight is own for weight in shared for own in layer.weights)
