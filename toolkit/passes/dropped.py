# SPDX-License-Identifier: Apache-2.0
"""What the pass drop_channels dropped, for people."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.ir.graph import Graph
from toolkit.ops.shared.registry import operators
from toolkit.passes import drop_channels
from toolkit.passes.sequence import clean
from toolkit.passes.weighted import KINDS

# Of models that learned well (MLPerf Tiny's kws, ic and ad) less than a tenth goes. Of a few neurons, as in
# hello_sine, some are always idle.
_MANY = 0.25
_MOST_OF_FEW = 0.5
_FEW = 64


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

    @property
    def advice(self) -> str:
        """What so many say of the training, and what to try; "" where they are few."""
        share = self.channels / self.of
        if share < (_MOST_OF_FEW if self.of < _FEW else _MANY):
            return ""
        return (
            f"{100 * share:.0f} % of the channels tell nothing: the model was trained badly. Try: a lower "
            "learning rate or a warm-up, BatchNormalization before each ReLU, no weight decay on its scales, "
            "or a narrower model."
        )


def dropped_in(graph: Graph) -> Dropped | None:
    """Return what a graph from the reader loses when it is compiled, None if nothing, or if it cannot be."""
    cleaned = clean(graph)
    known = operators()
    if any(o.kind not in known or known[o.kind].problems(cleaned, o) for o in cleaned.operations):
        return None
    return dropped_channels(drop_channels.run(cleaned))


def dropped_channels(graph: Graph) -> Dropped | None:
    """Return what a compiled graph has no more of its file's channels, None if it has all."""
    sizes: dict[int, tuple[int, int]] = {}
    for operation in graph.operations:
        if operation.kind in KINDS:
            tensor = graph.tensors[operation.outputs[0]]
            here = tensor.shape[-1]
            sizes[operation.index] = (here, tensor.kept.of if tensor.kept else here)
    stay, before = (sum(pair[i] for pair in sizes.values()) for i in range(2))
    return Dropped(before - stay, before) if stay < before else None
