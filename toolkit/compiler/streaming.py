# SPDX-License-Identifier: Apache-2.0
"""What a model that goes over a sliding window computes and keeps, for those who want to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.ir.graph import Graph
from toolkit.ops.shared.macs import count_macs
from toolkit.passes.stream import Kept, kept_columns

_LONGEST_NAME = 50


@dataclass(frozen=True)
class Streaming:
    """hop of window rows of the input are new in a run; runs fill a window. Multiply-accumulates of a whole
    window and of a hop, bytes of all states, and which columns are kept.
    """

    hop: int
    window: int
    runs: int
    whole_macs: int
    macs: int
    state_bytes: int
    kept: tuple[Kept, ...]

    def lines(self) -> Iterator[str]:
        """Yield it as a person reads it: what is saved, then what is kept."""
        yield (
            f"stream: {self.hop} of {self.window} rows are new in a hop: MACs {self.whole_macs:,} -> "
            f"{self.macs:,}, state {self.state_bytes:,} B; a window is full after {self.runs} hops"
        )
        for kept in self.kept:
            name = kept.tensor.removeprefix("kept: ")
            shown = name if len(name) <= _LONGEST_NAME else f"...{name[-_LONGEST_NAME:]}"
            yield f"  keeps {kept.columns} columns, {kept.bytes:,} B: {shown}"


def streaming_of(graph: Graph, whole: Graph) -> Streaming | None:
    """Return what graph, whose file is whole, does with a window that slides; None if it takes it whole."""
    stream = graph.stream
    if stream is None:
        return None
    return Streaming(
        hop=stream.hop,
        window=stream.window,
        runs=stream.runs,
        whole_macs=_macs(whole),
        macs=_macs(graph),
        state_bytes=sum(graph.tensors[i].bytes for i in graph.states),
        kept=kept_columns(graph),
    )


def _macs(graph: Graph) -> int:
    return sum(count_macs(graph, operation) for operation in graph.operations)
