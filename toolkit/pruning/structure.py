# SPDX-License-Identifier: Apache-2.0
"""Which channels of a Keras model stand and fall together.

Every channel of every tensor has a label. A layer that computes new channels gives new labels; an activation
or a pooling hands them on; an addition makes the labels of both sides one. Channels with one label form a
group: it is removed as a whole, or stays. What is not followed, and both ends of the model, have the label
FIXED.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.replay import flatten_model
from toolkit.pruning.rules import (
    JOINING,
    NEW,
    SAME,
    Places,
    Term,
    is_depthwise,
    is_elementwise,
    is_followed,
    kernel_sizes,
    products,
)

FIXED = 0
_HOLDING = {"Activation", "ReLU", "LeakyReLU", "BatchNormalization", "Dropout", "Reshape", "Flatten"}
"""Kinds whose result takes the place of what they read: the converter fuses them, or they compute nothing."""

Kept = NDArray[np.bool_]
"""Whether each label stays, by its number; FIXED always does."""


@dataclass(frozen=True, eq=False)
class Part:
    """A layer that is followed: the labels of the channels that it reads and gives."""

    layer: Any
    reads: Places
    gives: Places

    @property
    def is_source(self) -> bool:
        """Whether it computes new channels, each from all that it reads."""
        return type(self.layer).__name__ in NEW and not is_depthwise(self.layer)


@dataclass(frozen=True, eq=False)
class Sink:
    """A place where channels end: what a source reads, the tensor with these labels."""

    part: Part
    tensor: Any
    labels: Places


@dataclass(frozen=True, eq=False)
class Buffer:
    """A tensor in memory from step first to step last: places times its channels values."""

    places: int
    labels: Places
    first: int
    last: int


@dataclass(frozen=True)
class NotFollowed:
    """A layer whose inputs keep all their channels, and its kind."""

    layer: str
    kind: str


@dataclass(frozen=True, eq=False)
class Structure:
    """The groups of a model's channels; count is how many labels there are, FIXED among them.

    parts are by the layer's name. macs and weights sum up to what the model takes.
    """

    model: Any
    count: int
    parts: Mapping[str, Part]
    sinks: tuple[Sink, ...]
    buffers: tuple[Buffer, ...]
    macs: tuple[Term, ...]
    weights: tuple[Term, ...]
    not_followed: tuple[NotFollowed, ...]

    def all_kept(self) -> Kept:
        """Return that everything stays."""
        return np.ones(self.count, bool)

    def sources(self) -> list[Part]:
        """Return the layers whose channels can be removed, in the model's order."""
        return [part for part in self.parts.values() if part.is_source and np.any(part.gives != FIXED)]

    def channels(self, kept: Kept) -> dict[str, list[int]]:
        """Return the channels that each source keeps, by its name."""
        return {part.layer.name: np.flatnonzero(kept[part.gives]).tolist() for part in self.sources()}

    def kept_of(self, channels: Mapping[str, Sequence[int]]) -> Kept:
        """Return which labels stay if sources keep these channels; what is coupled to them follows.

        Raises InputError for a layer that has none to remove, for a channel that is not there, for one
        that is kept here and removed in a layer coupled with it, and for a layer with none left.
        """
        removed, wanted = np.zeros(self.count, bool), np.zeros(self.count, bool)
        for name, places in channels.items():
            part = self._source(name)
            stays = np.zeros(len(part.gives), bool)
            if any(not 0 <= place < len(stays) for place in places):
                raise InputError(f"{name} has the channels 0 to {len(stays) - 1}; some asked for are others.")
            stays[list(places)] = True
            removed[part.gives[~stays]] = True
            wanted[part.gives[stays]] = True
        for name in channels:
            if np.any(clash := (removed & wanted)[self.parts[name].gives]):
                place = int(np.flatnonzero(clash)[0])
                raise InputError(
                    f"channel {place} of {name} is coupled with others: all of them stay, or none does."
                )
        kept = ~removed
        self.require_some_left(kept)
        return kept

    def _source(self, name: str) -> Part:
        part = self.parts.get(name)
        if part is None or not part.is_source:
            names = ", ".join(each.layer.name for each in self.sources())
            raise InputError(f"{name} has no channels of its own to remove; these layers have: {names}.")
        return part

    def require_some_left(self, kept: Kept) -> None:
        """Raise InputError if a layer would be left without channels."""
        for name, part in self.parts.items():
            if len(part.gives) and not np.any(kept[part.gives]):
                raise InputError(f"{name} would be left without channels.")


def total(terms: Sequence[Term], kept: Kept) -> int:
    """Return the sum of terms for the channels that are kept."""
    return sum(term.factor * prod(int(np.sum(kept[labels])) for labels in term.over) for term in terms)


def trace(model: Any) -> Structure:
    """Return the groups of channels of a Keras functional model with one input and one output.

    Models in it are taken as their layers. Raises InputError for a model that is no graph of layers.
    """
    keras = load_extra("keras")
    graph = getattr(model, "_functional", None) or model
    if not hasattr(graph, "_nodes_by_depth"):
        raise InputError(
            f"{model.name} is no graph of Keras' layers: what depends on what is not known.",
            hint="Try: a model by keras.Model(inputs, outputs) or keras.Sequential with an Input",
        )
    if any(isinstance(layer, keras.Model) for layer in graph.layers):
        model = graph = flatten_model(model)
    return _Tracing(model, graph).structure()


class _Tracing:
    """Labels as they are found, node by node; numbers that were made one share a root."""

    def __init__(self, model: Any, graph: Any) -> None:
        self._model, self._graph = model, graph
        self._parent = [FIXED]
        self._labels: dict[int, Places] = {}
        self._parts: dict[int, Part] = {}
        self._calls: list[tuple[Any, Any, Places, Places]] = []
        self._not_followed: dict[str, str] = {}

    def structure(self) -> Structure:
        depths = self._graph._nodes_by_depth
        nodes = [node for depth in sorted(depths, reverse=True) for node in depths[depth]]
        for node in nodes:
            self._follow(node)
        for tensor in self._graph.outputs:
            self._join(self._labels[id(tensor)], np.zeros(1, np.intp))
        numbers = self._numbers()
        parts = {
            part.layer.name: Part(part.layer, numbers[part.reads], numbers[part.gives])
            for part in self._parts.values()
        }
        calls = [(node, layer, numbers[a], numbers[b]) for node, layer, a, b in self._calls]
        return Structure(
            model=self._model,
            count=int(numbers.max()) + 1,
            parts=parts,
            sinks=tuple(
                Sink(parts[layer.name], node.input_tensors[0], reads)
                for node, layer, reads, _ in calls
                if parts[layer.name].is_source
            ),
            buffers=tuple(self._buffers(nodes, numbers)),
            macs=tuple(
                t for node, layer, a, b in calls for t in products(layer, node.outputs[0].shape, a, b)
            ),
            weights=tuple(t for p in parts.values() for t in kernel_sizes(p.layer, p.reads, p.gives)),
            not_followed=tuple(NotFollowed(*each) for each in self._not_followed.items()),
        )

    def _numbers(self) -> Places:
        """Return the number of each label's group, in the order of their first channels; FIXED is 0."""
        roots = np.array([self._root(label) for label in range(len(self._parent))])
        order = {root: number for number, root in enumerate(dict.fromkeys([self._root(FIXED), *roots]))}
        return np.array([order[root] for root in roots], np.intp)

    def _root(self, label: int) -> int:
        while self._parent[label] != label:
            self._parent[label] = self._parent[self._parent[label]]
            label = self._parent[label]
        return label

    def _fresh(self, count: int) -> Places:
        first = len(self._parent)
        self._parent.extend(range(first, first + count))
        return np.arange(first, first + count, dtype=np.intp)

    def _join(self, one: Places, other: Places) -> None:
        for a, b in zip(*np.broadcast_arrays(one, other), strict=True):
            low, high = sorted((self._root(int(a)), self._root(int(b))))
            self._parent[high] = low

    def _follow(self, node: Any) -> None:
        operation, (*outputs,) = node.operation, node.outputs
        if node.is_input:
            for tensor in outputs:
                self._labels[id(tensor)] = np.zeros(int(tensor.shape[-1] or 1), np.intp)
            return
        reads = [self._labels[id(tensor)] for tensor in node.input_tensors]
        gives = self._given(node, operation, reads) if len(outputs) == 1 else None
        if gives is None:
            if any(self._root(int(label)) != FIXED for labels in reads for label in labels):
                self._not_followed[operation.name] = type(operation).__name__
            for labels in reads:
                self._join(labels, np.zeros(1, np.intp))
            for tensor in outputs:
                self._labels[id(tensor)] = np.zeros(int((tensor.shape or (1,))[-1] or 1), np.intp)
            return
        self._labels[id(outputs[0])] = gives

    def _given(self, node: Any, operation: Any, reads: list[Places]) -> Places | None:
        """Return the labels of what a node gives; None if it is not followed."""
        kind, shapes = type(operation).__name__, [tensor.shape for tensor in node.input_tensors]
        channels = node.outputs[0].shape[-1] if node.outputs[0].shape else None
        if channels is None or any(len(r) != s[-1] for r, s in zip(reads, shapes, strict=True)):
            return None
        is_layer = hasattr(operation, "weights")
        if kind in JOINING and not _has_arrays(node) and (is_layer or kind != "Average"):
            return self._joined(reads)
        if kind == "Concatenate":
            return self._concatenated(operation, reads, len(shapes[0]))
        if len(reads) != 1:
            return None
        if kind == "Flatten":
            return np.tile(reads[0], int(channels) // len(reads[0]))
        if kind == "Reshape" and hasattr(operation, "target_shape"):
            return self._reshaped(node, operation, reads[0])
        if kind in SAME and (not is_layer or is_followed(operation)):
            gives = np.repeat(reads[0], int(channels) // len(reads[0]))
            if not is_elementwise(operation) or (not is_layer and _has_arrays(node)):
                return None
            return self._called(node, operation, reads[0], gives) if is_layer else gives
        if kind in NEW and is_followed(operation):
            return self._computed(node, operation, reads[0], int(channels))
        return None

    def _joined(self, reads: list[Places]) -> Places:
        widest = max(reads, key=len)
        for labels in reads:
            self._join(labels, np.zeros(1, np.intp) if len(labels) < len(widest) else widest)
        return widest

    def _concatenated(self, operation: Any, reads: list[Places], rank: int) -> Places | None:
        if operation.axis in (-1, rank - 1):
            return np.concatenate(reads)
        if len({len(labels) for labels in reads}) > 1:
            return None
        return self._joined(reads)

    def _reshaped(self, node: Any, operation: Any, reads: Places) -> Places | None:
        """A new shape keeps the last axis, or becomes one row of all values."""
        shape = node.outputs[0].shape
        values = int(prod(size or 1 for size in node.input_tensors[0].shape[1:]))
        if shape[-1] == len(reads):
            gives = reads
        elif shape[-1] == values:
            gives = np.tile(reads, values // len(reads))
        else:
            return None
        return self._called(node, operation, reads, gives)

    def _computed(self, node: Any, layer: Any, reads: Places, channels: int) -> Places | None:
        if is_depthwise(layer):
            gives = np.repeat(reads, channels // len(reads))
            if not is_elementwise(layer):
                return None
        else:
            known = self._parts.get(id(layer))
            gives = known.gives if known else self._fresh(channels)
            if not is_elementwise(layer):
                self._join(gives, np.zeros(1, np.intp))
        return self._called(node, layer, reads, gives)

    def _called(self, node: Any, layer: Any, reads: Places, gives: Places) -> Places:
        """Note a call; of a layer that is called more than once all calls have the same channels."""
        part = self._parts.setdefault(id(layer), Part(layer, reads, gives))
        self._join(part.reads, reads)
        self._join(part.gives, gives)
        self._calls.append((node, layer, reads, gives))
        return gives

    def _buffers(self, nodes: list[Any], numbers: Places) -> list[Buffer]:
        """Return the tensors that take memory while the nodes run one after the other."""
        place: dict[int, int] = {}
        found: list[list[Any]] = []
        for step, node in enumerate(nodes):
            sources = [place[id(tensor)] for tensor in node.input_tensors]
            for number in sources:
                found[number][3] = step
            for tensor in node.outputs:
                holds = type(node.operation).__name__ in _HOLDING and len(sources) == 1
                if not holds:
                    labels = numbers[self._labels[id(tensor)]]
                    found.append([prod(size or 1 for size in tensor.shape[1:-1]), labels, step, step])
                place[id(tensor)] = sources[0] if holds else len(found) - 1
        return [Buffer(*each) for each in found]


def _has_arrays(node: Any) -> bool:
    """Return whether a node computes with an array that is no tensor of the model, beyond a number."""
    keras = load_extra("keras")
    values = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    return any(np.size(v) > 1 for v in values if not isinstance(v, keras.KerasTensor | str) and v is not None)
