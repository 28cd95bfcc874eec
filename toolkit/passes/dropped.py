# SPDX-License-Identifier: Apache-2.0
"""What the pass drop_channels dropped, for people."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.ir.graph import Graph

_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


@dataclass(frozen=True)
class Dropped:
    """How many of the output channels of layers with weights are left out, and of how many."""

    channels: int
    of: int

    def __str__(self) -> str:
        return (
            f"{self.channels:,} of {self.of:,} are left out: they are the same for every input, "
            "or nothing reads them"
        )


def dropped_channels(graph: Graph) -> Dropped | None:
    """Return what a compiled graph has no more of its file's channels, None if it has all."""
    sizes: dict[int, tuple[int, int]] = {}
    for operation in graph.operations:
        if operation.kind in _WEIGHTED:
            tensor = graph.tensors[operation.outputs[0]]
            here = tensor.shape[-1]
            sizes[operation.index] = (here, tensor.kept.of if tensor.kept else here)
    stay, before = (sum(pair[i] for pair in sizes.values()) for i in range(2))
    return Dropped(before - stay, before) if stay < before else None
