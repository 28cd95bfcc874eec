# SPDX-License-Identifier: Apache-2.0
"""AugMix' consistency loss: a picture and two mixed views of it are to get the same answer."""

from __future__ import annotations

from typing import Any

from toolkit.data.dataset import Dataset
from toolkit.extras import load_extra
from toolkit.project.recipe import TrainingConfig
from toolkit.training.augmentation.augmix import augmix
from toolkit.training.augmentation.chain import Values
from toolkit.training.augmentation.random import Draw
from toolkit.training.training_model import LossTerm

_SMALLEST = 1e-7


def jensen_shannon(answers: list[Any]) -> Any:
    """Return the mean divergence of answers, each (n, classes) of probabilities, from their mixture.

    0 where all are equal, at most log(len(answers)).
    """
    ops = load_extra("keras").ops
    safe = [ops.clip(each, _SMALLEST, 1.0) for each in answers]
    mixture = ops.log(sum(safe) / len(safe))
    each = [ops.sum(one * (ops.log(one) - mixture), axis=-1) for one in safe]
    return ops.mean(sum(each) / len(each))


def consistency(config: TrainingConfig, dataset: Dataset, seed: int) -> LossTerm:
    """Return the loss and, times config's weight, the divergence of the answers to a batch and two views.

    The views are drawn from seed and the optimizer's count of steps, so that an interrupted training goes on
    with the same ones. Source: Hendrycks et al., arXiv 1912.02781, where the weight is 12.
    """
    augment, values = config.augment, Values.of(dataset)

    def term(model: Any, x: Any, y: Any, outputs: Any, loss: Any, weights: Any) -> Any:
        tensorflow = load_extra("tensorflow")
        step = tensorflow.cast(model.optimizer.iterations, tensorflow.int32)
        start = tensorflow.constant([seed, 1], tensorflow.int32)
        drawn = tensorflow.random.experimental.stateless_fold_in(start, step)
        x = tensorflow.cast(x, tensorflow.float32)
        views = [
            augmix(x, augment.augmix, values.low, values.high, Draw(drawn, number), augment.augmix_policy)
            for number in range(2)
        ]
        answers = model.student(tensorflow.concat(views, axis=0), training=True)
        return loss + augment.consistency * jensen_shannon([outputs, *tensorflow.split(answers, 2)])

    return term
