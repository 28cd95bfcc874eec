# SPDX-License-Identifier: Apache-2.0
"""Which channels of its inputs a channel of an output is made of, for operators that do not mix channels.

A channel is a place along a tensor's last axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Tensor

Pairs = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class ChannelFlow:
    """Pairs (n, 2) of a channel of the input in that place and a channel of the output.

    Either is made of, or makes, no other channel of the tensor at the other end than those it is paired
    with. An input that is in no flow is the same for all channels.
    """

    place: int
    pairs: Pairs


def channels_of(tensor: Tensor) -> int:
    """Return the size of a tensor's last axis, 1 for a scalar."""
    return tensor.shape[-1] if tensor.shape else 1


def straight(place: int, channels: int, first: int = 0) -> ChannelFlow:
    """Return the flow of all of an input's channels into as many of the output, from first on."""
    numbers = np.arange(channels)
    return ChannelFlow(place, np.stack([numbers, numbers + first], axis=1))


def regrouped(source: Tensor, result: Tensor) -> tuple[ChannelFlow] | None:
    """Return the flow of the same elements into another shape, None where it mixes channels."""
    few, many = sorted((channels_of(source), channels_of(result)))
    if few < 1 or many % few:
        return None
    numbers = np.arange(many)
    pair = (numbers % channels_of(source), numbers % channels_of(result))
    return (ChannelFlow(0, np.stack(pair, axis=1)),)


def alike(sources: Sequence[Tensor | None], result: Tensor) -> tuple[ChannelFlow, ...] | None:
    """Return the flows of operands that broadcast, None where a variable one has a channel for all."""
    channels = channels_of(result)
    flows = []
    for place, source in enumerate(sources):
        if source is None or (source.is_constant and channels_of(source) == 1):
            continue
        if channels_of(source) != channels:
            return None
        flows.append(straight(place, channels))
    return tuple(flows)
