# SPDX-License-Identifier: Apache-2.0
"""Pieces of recordings in which nothing is missing, and long recordings cut in time for the splits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from toolkit.data.recordings import Cut

WANTED = 10
"""Stretches of a class that has too few recordings."""
_FEWEST = 5
_WINDOWS = 2
PARTS = 3
"""Train, validation and test want a group of each class."""


@dataclass(frozen=True)
class Piece:
    """Rows start to end of a recording, with nothing missing in between; kind is its class, or 0.

    group is the recording's, or the stretch's own.
    """

    recording: int
    start: int
    end: int
    kind: int = 0
    group: str = ""

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.end - self.start


def pieces_of(recording: int, first: int, end: int, breaks: Iterable[int], group: str) -> list[Piece]:
    """Return the pieces of a recording, rows first to end; breaks are the rows before which it is cut."""
    edges = sorted({first, end, *breaks})
    return [Piece(recording, start, stop, group=group) for start, stop in pairwise(edges)]


def has_too_few(pieces: Sequence[Piece]) -> set[int]:
    """Return the kinds that have fewer groups than there are splits."""
    groups: dict[int, set[str]] = {}
    for piece in pieces:
        groups.setdefault(piece.kind, set()).add(piece.group)
    return {kind for kind, names in groups.items() if len(names) < PARTS}


def stretched(pieces: Sequence[Piece], cut: Cut) -> tuple[list[Piece], int]:
    """Return pieces of which those of recordings with a kind that has too few are cut into stretches.

    Each stretch is a group of its own, so that no row of it is in another split. Also returns how many
    stretches there are, 0 if none was needed.
    """
    few = has_too_few(pieces)
    recordings = {piece.recording for piece in pieces if piece.kind in few}
    totals: dict[int, int] = {}
    for piece in pieces:
        if piece.recording in recordings:
            totals[piece.kind] = totals.get(piece.kind, 0) + piece.rows
    done: list[Piece] = []
    count = 0
    for piece in pieces:
        if piece.recording not in recordings:
            done.append(piece)
            continue
        parts = max(piece.rows // _length(totals[piece.kind], cut), 1)
        edges = np.linspace(piece.start, piece.end, parts + 1).astype(int).tolist()
        for start, end in pairwise(edges):
            if end - start >= cut.length:
                count += 1
                done.append(replace(piece, start=start, end=end, group=f"{piece.group}:{start}"))
    return done, count


def _length(rows: int, cut: Cut) -> int:
    """Return how many rows a stretch should have where a kind has so many."""
    return max(rows // WANTED, min(_WINDOWS * cut.length, rows // _FEWEST), cut.length)
