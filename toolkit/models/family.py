# SPDX-License-Identifier: Apache-2.0
"""What every family's file gives: its options, and a way to a Keras model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from toolkit.data.dataset import Dataset
from toolkit.metrics import Task

TELLING_APART: tuple[Task, ...] = ("classification", "multilabel", "regression")


@dataclass(frozen=True)
class Shape:
    """What the data ask of a model: the task, one sample's shape, and how many outputs.

    An anomaly detector gives back its input: outputs is then the number of values of a sample.
    """

    task: Task
    inputs: tuple[int, ...]
    outputs: int

    @classmethod
    def of(cls, dataset: Dataset) -> Shape:
        """Return what dataset asks for."""
        inputs = dataset.input_shape
        return cls(dataset.task, inputs, prod(inputs) if dataset.task == "anomaly" else dataset.outputs)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of what the model gives for one sample."""
        return self.inputs if self.task == "anomaly" else (self.outputs,)

    @property
    def activation(self) -> str:
        """The activation of the last layer: softmax over classes, sigmoid over labels, else linear."""
        return {"classification": "softmax", "multilabel": "sigmoid"}.get(self.task, "linear")


@dataclass(frozen=True)
class Family:
    """A family of models. Its module is toolkit/models/<name>.py and defines FAMILY.

    options is a frozen dataclass: the keys of [model.options]. layers is given an instance of it,
    the shape and Keras' input tensor, and returns the tensor before the output layer; every layer
    it makes carries a name of its own, so that the model's files do not depend on what was built
    before. label names an instance in a few characters. input_ranks are the ranks of one sample
    that the family takes, () for any; example is a sample's shape that it is meant for; tasks are
    those that it can do.
    """

    name: str
    summary: str
    options: type[Any]
    layers: Callable[[Any, Shape, Any], Any]
    label: Callable[[Any], str]
    example: tuple[int, ...]
    input_ranks: tuple[int, ...] = ()
    tasks: tuple[Task, ...] = TELLING_APART

    def takes_rank(self, rank: int) -> bool:
        """Return whether samples may have so many dimensions."""
        return not self.input_ranks or rank in self.input_ranks

    def takes(self, shape: Shape) -> bool:
        """Return whether the family has a model for such samples and their task."""
        return self.takes_rank(len(shape.inputs)) and shape.task in self.tasks
