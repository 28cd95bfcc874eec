# SPDX-License-Identifier: Apache-2.0
"""A sliding window's rows as they come: hop by hop for who streams, window by window for who does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from toolkit.ir.graph import Stream, Tensor
from toolkit.ops.shared.operator import Array
from toolkit.reference.oracle import Rows


@dataclass(frozen=True, eq=False)
class Sliding:
    """values has the rows of a model's input along the axis that slides, as many as there are."""

    values: Array
    stream: Stream

    @property
    def hops(self) -> int:
        """How many times a hop of new rows can be taken."""
        return int(self.values.shape[self.stream.axis]) // self.stream.hop

    @property
    def full(self) -> range:
        """The hops after which a window is full."""
        return range(self.stream.runs - 1, self.hops)

    def new_rows(self) -> Rows:
        """Return what each hop brings: (hops, bytes)."""
        hop = self.stream.hop
        return self._rows((i * hop, (i + 1) * hop) for i in range(self.hops))

    def windows(self, hops: Iterable[int]) -> Rows:
        """Return the windows that are full after some hops: (n, bytes)."""
        ends = ((i + 1) * self.stream.hop for i in hops)
        return self._rows((end - self.stream.window, end) for end in ends)

    def _rows(self, spans: Iterable[tuple[int, int]]) -> Rows:
        axis = self.stream.axis
        parts = [np.take(self.values, range(*span), axis).reshape(-1) for span in spans]
        return np.stack([np.ascontiguousarray(part).view(np.int8) for part in parts])


def windows_in_a_row(rows: Rows, whole: Tensor, stream: Stream, most_hops: int | None = None) -> Sliding:
    """Return windows (n, bytes of the tensor whole) as rows that come one window after the other.

    With most_hops only the last rows of them, as many as hops bring and fill a window.
    """
    windows = np.ascontiguousarray(rows).view(whole.dtype).reshape(len(rows), *whole.shape)
    values = np.concatenate(list(windows), axis=stream.axis)
    count = values.shape[stream.axis] // stream.hop
    count = count if most_hops is None else min(count, stream.runs + most_hops)
    end = values.shape[stream.axis]
    return Sliding(np.take(values, range(end - count * stream.hop, end), stream.axis), stream)


def hops_of_a_window(rows: Rows, whole: Tensor, stream: Stream) -> Rows:
    """Return for each window (n, bytes) the hops that fill it: (n, runs, bytes of a hop).

    Where hops do not come out even, what comes before the window's first row is that row.
    """
    windows = np.ascontiguousarray(rows).view(whole.dtype).reshape(len(rows), *whole.shape)
    axis = stream.axis + 1
    first = np.take(windows, [0], axis)
    before = np.repeat(first, stream.runs * stream.hop - stream.window, axis)
    values = np.concatenate([before, windows], axis)
    return np.stack([Sliding(each, stream).new_rows() for each in values])
