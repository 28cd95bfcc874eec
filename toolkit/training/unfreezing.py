# SPDX-License-Identifier: Apache-2.0
"""When which layers of a base train: frozen first, then unfrozen in steps from its end to its start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError
from toolkit.models.base import base_layers
from toolkit.models.blocks import all_layers
from toolkit.models.replay import find_layer
from toolkit.project.recipe import TrainingConfig, TransferConfig

_NORM = "BatchNormalization"


@dataclass(frozen=True)
class Phase:
    """The epochs from first to before end; of the base only layers of the names in unfrozen train.

    rate is the factor of the learning rate.
    """

    first: int
    end: int
    unfrozen: frozenset[str] = frozenset()
    rate: float = 1.0


@dataclass(frozen=True)
class Unfreezing:
    """The phases of a training on a base, whose layers with weights are called base; () without one."""

    phases: tuple[Phase, ...]
    base: frozenset[str] = frozenset()
    norms: bool = False

    def begin(self, model: Any, phase: Phase) -> None:
        """Freeze and unfreeze the layers of model, of peers in it too.

        A batch norm that does not train computes with the statistics that it has, as on the device.
        """
        layers = [layer for layer in all_layers(model) if layer.name in self.base]
        for layer in layers:
            layer.trainable = layer.name in phase.unfrozen
            if not self.norms:
                for part in layer._flatten_layers():
                    if type(part).__name__ == _NORM:
                        part.trainable = False

    def finish(self, model: Any) -> None:
        """Leave no trace of the phases in model: each of the base's layers could train."""
        for layer in all_layers(model):
            if layer.name in self.base:
                layer.trainable = True


def one_phase(config: TrainingConfig) -> Unfreezing:
    """Return a training without a base: all of the model trains in every epoch."""
    return Unfreezing((Phase(0, config.epochs),))


def plan_unfreezing(config: TrainingConfig, model: Any) -> Unfreezing:
    """Return when which layers of model, which has a base, train. Raises InputError for an unknown layer."""
    transfer, layers = config.transfer, base_layers(model)
    names = [layer.name for layer in layers]
    starts = _starts(transfer, model, names)
    begins = [transfer.frozen_epochs + number * transfer.step_epochs for number in range(len(starts))]
    ends = [*begins[1:], config.epochs]
    phases = [Phase(0, min(transfer.frozen_epochs, config.epochs))]
    for start, first, end in zip(starts, begins, ends, strict=True):
        unfrozen = frozenset(names[start:])
        phases.append(Phase(first, min(end, config.epochs), unfrozen, transfer.rate))
    return Unfreezing(tuple(p for p in phases if p.first < p.end), frozenset(names), transfer.norms)


def _starts(transfer: TransferConfig, model: Any, names: Sequence[str]) -> list[int]:
    """Return for each step the place of the first layer that trains; each is before the last one."""
    if not transfer.unfreeze:
        count = len(names)
        return [count - count * step // transfer.steps for step in range(1, transfer.steps + 1)]
    order = {layer.name: place for place, layer in enumerate(model.layers)}
    firsts = [find_layer(model, name, "unfreeze", last=False).name for name in transfer.unfreeze]
    starts = [sum(order[name] < order[first] for name in names) for first in firsts]
    if sorted(set(starts), reverse=True) != starts:
        raise InputError(
            f"unfreeze {list(transfer.unfreeze)} must go from the base's end to its start.",
            hint="Try: another order in the section [training.transfer]",
        )
    return starts
