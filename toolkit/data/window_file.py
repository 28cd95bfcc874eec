# SPDX-License-Identifier: Apache-2.0
"""Recordings in one table, with or without a column that tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from toolkit.data.dataset import Broken, Samples
from toolkit.data.recordings import WindowRows
from toolkit.data.source import SourceContext
from toolkit.data.stretches import pieces_of
from toolkit.data.table import Columns, Table, read_columns, read_table
from toolkit.data.targets import targets_of
from toolkit.data.unused import text_columns_hint, unused_note
from toolkit.data.window_channels import (
    Look,
    Recordings,
    breaks_of,
    choose_channels,
    for_splits,
    name_of,
    starts_of,
)
from toolkit.data.window_options import RECORDING, WindowsOptions
from toolkit.data.window_resampling import resampled_columns
from toolkit.errors import InputError

_SHORTER = "Try: a smaller window in the section [data.options]"


def read_file(options: WindowsOptions, context: SourceContext) -> Samples:
    """Return the windows of all recordings in options.file; as Source.read."""
    table, one = one_table(options, context)
    found, read, edges = recordings_of(table, options, one)
    choice = choose_channels(options, found)
    y, classes = targets_of([texts[-1] for texts in read.texts], options.task, options.normal)
    kinds = (
        y.astype(np.int64) if options.task in ("classification", "anomaly") else np.zeros(len(y), np.int64)
    )
    changes = _changes(read, options)
    pieces, broken = [], [*read.broken] if options.broken_rows == "error" else []
    for i, (first, end) in enumerate(pairwise(edges)):
        gaps = {first + row for row in breaks_of(found, choice.time, i)}
        inside = [row for row in (*gaps, *changes, *read.gaps) if first < row < end]
        own = [
            replace(piece, kind=int(kinds[piece.start]))
            for piece in pieces_of(i, first, end, inside, found.names[i])
        ]
        if end - first < options.window:
            reason = f"has {end - first} rows; a window needs {options.window}"
            broken.append(Broken(found.names[i], reason, _SHORTER))
        pieces += [piece for piece in own if piece.rows >= options.window]
    pieces, notes = for_splits(pieces, options, cutting=not context.has_lists)
    starts, of = starts_of(pieces, options.cut)
    values = read.numbers[:, [found.columns.index(name) for name in choice.channels]].astype(np.float32)
    note = (
        (f"{table.name} has no column {options.recording!r}: all its rows are one recording",) if one else ()
    )
    named = (*options.columns, options.time, options.recording, options.target)
    unused = unused_note(table, named) if options.columns else []
    return Samples(
        task=options.task,
        x=WindowRows(values, starts, options.window),
        y=y[starts + options.window - 1],
        classes=classes,
        names=tuple(name_of(found.names[piece.recording], piece, notes) for piece in of),
        groups=tuple(piece.group for piece in of),
        broken=tuple(broken),
        standardize=options.standardize,
        columns=choice.channels,
        notes=(*note, *choice.notes, *_broken_rows(read, options), *unused, *notes),
    )


def one_table(options: WindowsOptions, context: SourceContext) -> tuple[Table, bool]:
    """Return the table of all recordings, and whether it is just one because no column names them."""
    table = read_table(context.root / options.file, options.form, options.known)
    return table, options.recording == RECORDING and RECORDING not in table.columns


def recordings_of(table: Table, options: WindowsOptions, one: bool) -> tuple[Recordings, Columns, list[int]]:
    """Return the recordings of a table, what was read of it, and where each of them starts and ends.

    A recording is a run of rows of one name; one whose name comes again later goes on there.
    """
    about = (options.target,) if one else (options.recording, options.target)
    others = (*about, options.time) if options.time else about
    channels = options.columns or tuple(name for name in table.columns if name not in others)
    numbers = (*([options.time] if options.time else []), *channels)
    may_be_empty = (options.target,) if options.task == "multilabel" else ()
    times = (options.time,) if options.time else ()
    read = read_columns(table, numbers, about, may_be_empty, times=times)
    _require_rows(table, read, numbers, options)
    edges = _edges(read, one)
    if options.rate:
        read = resampled_columns(read, edges, _changes(read, options), options)
        edges = _edges(read, one)
    look = Look()
    for first, end in pairwise(edges):
        look.take(read.numbers[first:end])
    names = [table.name if one else read.texts[first][0] for first in edges[:-1]]
    return look.recordings(numbers, names), read, edges


def _require_rows(table: Table, read: Columns, numbers: Sequence[str], options: WindowsOptions) -> None:
    """Raise InputError where broken_rows = "gap" would leave no row."""
    if read.lines or not read.broken or options.broken_rows == "error":
        return
    first = read.broken[0]
    raise InputError(
        f"none of the {len(read.broken):,} rows of {table.name} can be read; {first.name}: {first.reason}.",
        hint=text_columns_hint(table, numbers, options.time) or first.hint or None,
    )


def _broken_rows(read: Columns, options: WindowsOptions) -> list[str]:
    if not read.broken or options.broken_rows == "error":
        return []
    count, first = len(read.broken), read.broken[0]
    rows = f"{count:,} of {count + len(read.lines):,} rows cannot be read and are gaps (broken_rows)"
    return [f"{rows}, the first {first.name}: {first.reason}"]


def _edges(read: Columns, one: bool) -> list[int]:
    """Return where recordings start, and where the last ends."""
    if one or not read.texts:
        return [0, len(read.texts)] if read.texts else [0]
    names = np.array([texts[0] for texts in read.texts])
    return [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), len(names)]


def _changes(read: Columns, options: WindowsOptions) -> set[int]:
    """Return the rows whose class is another than the row before has; none of a regression."""
    if options.task == "regression":
        return set()
    y, _ = targets_of([texts[-1] for texts in read.texts], options.task, options.normal)
    differs = (y[1:] != y[:-1]).reshape(max(len(y) - 1, 0), -1).any(axis=1)
    return set((np.flatnonzero(differs) + 1).tolist())
