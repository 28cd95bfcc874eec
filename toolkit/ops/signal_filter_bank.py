# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_FILTER_BANK: energies of bins summed to those of overlapping channels, in uint64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.lookup import Int64
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import option_problems, pointers, signal_problems
from toolkit.targets.target import Target


class SignalFilterBank(Operator):
    """Inputs are energies, weights, their complements, and each channel's first bin, first weight and width.

    A channel falls where the next one rises: it takes the complements of its neighbour's weights. There is
    one more channel than outputs, which only rises.
    """

    kind = "SIGNAL_FILTER_BANK"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("uint32", *["int16"] * 5), ("uint64",))
        if problems:
            return problems
        energies, weights, rests, *ranges = (graph.tensors[i] for i in operation.inputs)
        channels = graph.tensors[operation.outputs[0]].elements
        if any(t.data is None for t in (weights, rests, *ranges)):
            return ["its weights or ranges are not constant"]
        if weights.elements != rests.elements or any(t.elements != channels + 1 for t in ranges):
            sizes = ", ".join(f"{t.elements}" for t in (weights, rests, *ranges))
            problems.append(f"its weights and ranges have {sizes} numbers for {channels} channels")
        else:
            bins, places, widths = (_values(graph, i) for i in operation.inputs[3:])
            for starts, size in ((bins, energies.elements), (places, weights.elements)):
                if min(starts.min(), widths.min()) < 0 or (starts + widths).max() > size:
                    problems.append("a channel reaches beyond the bins or the weights")
        return problems + option_problems(operation, {"num_channels": (channels, channels)})

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        return KernelCall(
            "tm_signal_filter_bank",
            {"channels": graph.tensors[operation.outputs[0]].elements},
            pointers(operation),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        energies = inputs[0]
        assert energies is not None
        x = energies.reshape(-1).astype(np.int64)
        weights, rests, bins, places, widths = (_values(graph, i) for i in operation.inputs[1:])
        sums = []
        for factors in (weights, rests):
            ranges = zip(bins, places, widths, strict=True)
            sums.append(np.array([x[b : b + n] @ factors[p : p + n] for b, p, n in ranges], np.int64))
        own, rest = sums
        result = graph.tensors[operation.outputs[0]]
        return [(own[1:] + rest[:-1]).astype(np.uint64).reshape(result.shape)]


def _values(graph: Graph, tensor: int) -> Int64:
    data = graph.tensors[tensor].data
    assert data is not None
    return data.reshape(-1).astype(np.int64)


OPERATOR = SignalFilterBank()
