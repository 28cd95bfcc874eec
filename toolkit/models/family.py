# SPDX-License-Identifier: Apache-2.0
"""What every family's file gives: its options, and a way to a Keras model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from toolkit.data.dataset import Dataset
from toolkit.metrics import Task


@dataclass(frozen=True)
class Shape:
    """What the data ask of a model: the task, one sample's shape, and how many outputs."""

    task: Task
    inputs: tuple[int, ...]
    outputs: int

    @classmethod
    def of(cls, dataset: Dataset) -> Shape:
        """Return what dataset asks for."""
        return cls(dataset.task, dataset.input_shape, dataset.outputs)


@dataclass(frozen=True)
class Family:
    """A family of models. Its module is toolkit/models/<name>.py and defines FAMILY.

    options is a frozen dataclass: the keys of [model.options]. layers is given an instance of it,
    the shape and Keras' input tensor, and returns the tensor before the output layer; every layer
    it makes carries a name of its own, so that the model's files do not depend on what was built
    before. label names an instance in a few characters. input_rank is the rank of one sample
    that the family needs, None for any.
    """

    name: str
    summary: str
    options: type[Any]
    layers: Callable[[Any, Shape, Any], Any]
    label: Callable[[Any], str]
    input_rank: int | None = None
