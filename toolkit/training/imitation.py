# SPDX-License-Identifier: Apache-2.0
"""Learning from other models' outputs: distillation from a teacher, mutual learning among peers."""

from __future__ import annotations

from typing import Any

from toolkit.data.dataset import Dataset
from toolkit.data.standard import Standard
from toolkit.extras import load_extra
from toolkit.project.recipe import TrainingConfig
from toolkit.training.losses import make_loss
from toolkit.training.training_model import LossTerm

_SMALLEST = 1e-7


def divergence(truth: Any, outputs: Any, temperature: float = 1.0) -> Any:
    """Return the mean Kullback-Leibler divergence of outputs (n, classes) from truth, both softmax.

    A temperature above 1 makes both softer; the result is times its square, so that gradients keep
    their size.
    """
    ops = load_extra("keras").ops
    soft = [
        ops.log_softmax(ops.log(ops.maximum(shares, _SMALLEST)) / temperature) for shares in (truth, outputs)
    ]
    each = ops.sum(ops.exp(soft[0]) * (soft[0] - soft[1]), axis=-1)
    return ops.mean(each) * temperature**2


def difference(dataset: Dataset, truth: Any, outputs: Any, temperature: float = 1.0) -> Any:
    """Return how far outputs are from another model's: divergence of classes, else the mean square."""
    ops = load_extra("keras").ops
    if dataset.task == "classification":
        return divergence(truth, outputs, temperature)
    return ops.mean(ops.square(truth - outputs))


def distillation(
    config: TrainingConfig, dataset: Dataset, teacher: Any, targets: Standard | None = None
) -> LossTerm:
    """Return the loss (1 - weight) * loss + weight * difference from the teacher's outputs.

    A teacher gives targets in their own units; where the student learns them scaled, it is told them so.
    Source: Hinton et al., arXiv 1503.02531.
    """
    weight, temperature = config.distill.weight, config.distill.temperature
    mean, deviation = (targets.mean, targets.deviation) if targets else ((), ())

    def term(model: Any, x: Any, y: Any, outputs: Any, loss: Any, weights: Any) -> Any:
        told = load_extra("keras").ops.stop_gradient(teacher(x, training=False))
        if targets:
            told = (told - mean) / deviation
        return (1 - weight) * loss + weight * difference(dataset, told, outputs, temperature)

    return term


def mutual_learning(config: TrainingConfig, dataset: Dataset) -> LossTerm:
    """Return the sum of all peers' losses: each its own, and the mean difference from each other peer.

    Nobody's gradient goes through another one's outputs, so one optimizer trains them as their own
    ones would. Source: Zhang et al., arXiv 1706.00384.
    """
    own = make_loss(config, dataset)

    def term(model: Any, x: Any, y: Any, outputs: Any, loss: Any, weights: Any) -> Any:
        ops = load_extra("keras").ops
        everyone = [outputs, *(peer(x, training=True) for peer in model.peers)]
        told = [ops.stop_gradient(each) for each in everyone]
        total = loss + sum(own(y, each, sample_weight=weights) for each in everyone[1:])
        for number, mine in enumerate(everyone):
            others = [each for other, each in enumerate(told) if other != number]
            total += sum(difference(dataset, each, mine) for each in others) / len(others)
        return total

    return term
