# SPDX-License-Identifier: Apache-2.0
"""What a model's C is fed for samples: each as it is, or, where it takes hops, one hop after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.ir.graph import Graph, Tensor
from toolkit.reference.oracle import Rows
from toolkit.verify.windows import hops_of_a_window, windows_in_a_row


@dataclass(frozen=True, eq=False)
class Fed:
    """rows (n, bytes) are the inferences' inputs as the file has them. After those at the places compared the
    outputs must be what an oracle gives for windows, in their order; those at scored of them are of the
    samples themselves. is_stream: the rows are one sequence.
    """

    rows: Rows
    windows: Rows
    compared: Sequence[int]
    scored: Sequence[int]
    is_stream: bool


def fed(graph: Graph, given: Tensor, samples: Rows, *, is_stream: bool = False) -> Fed:
    """Return what to feed for samples (n, bytes of given, the input that the file has, and of others).

    Where graph takes hops of a window, samples are windows one after the other: what a window needs is all of
    its own rows, so that none needs a reset before it. Those that begin in one and end in the next are
    compared as well.
    """
    places = range(len(samples))
    if graph.stream is None or not len(samples):
        return Fed(samples, samples, places, places, is_stream)
    hops = hops_of_a_window(samples, given, graph.stream)
    rows = hops.reshape(-1, hops.shape[2])
    sliding = windows_in_a_row(rows, graph.tensors[graph.given[0]], graph.stream)
    ends = [(place + 1) * graph.stream.runs - 1 - sliding.full.start for place in places]
    return Fed(np.ascontiguousarray(rows), sliding.windows(sliding.full), sliding.full, ends, True)
