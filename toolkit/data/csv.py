# SPDX-License-Identifier: Apache-2.0
"""A table with a header line: numbers in, a class or numbers out, a row a sample."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import SPLIT_NAMES, Indices, Samples
from toolkit.data.decode import LEAVE_OUT, BrokenFileError
from toolkit.data.form import TableOptions
from toolkit.data.places import printable
from toolkit.data.precision import require_precision
from toolkit.data.source import Source, SourceContext
from toolkit.data.split_names import ANY, split_of
from toolkit.data.suspicion import KEEP, is_sums
from toolkit.data.table import Columns, Table, read_columns, read_table
from toolkit.data.targets import Targets, targets_of
from toolkit.data.unused import rising_note, text_columns_hint, unused_note
from toolkit.errors import InputError
from toolkit.metrics import Task

_FEWEST_STEPS = 11
"""Fewer rows rise by chance."""


@dataclass(frozen=True)
class CsvOptions(TableOptions):
    """[data.options]: target is the column of the class, or the columns of the numbers, to tell.

    Of multilabel it is one column of names with ; or | between them, or a column of 0 and 1 for each
    label. For anomaly the class normal is what is learnt. columns are the inputs, all others when empty;
    standardize gives each a mean of 0 and a deviation of 1. Rows with the same text in the column group
    stay in one split; the column split says train, validation or test.
    """

    file: str
    target: tuple[str, ...]
    task: Task = "classification"
    normal: str = "normal"
    columns: tuple[str, ...] = ()
    standardize: bool = True
    group: str = ""
    split: str = ""

    def __post_init__(self) -> None:
        if not self.target or (self.task in ("classification", "anomaly") and len(self.target) != 1):
            raise ValueError("target must be one column, or several for regression and multilabel.")
        self.check_form()
        if set(self.target) & set(self.columns):
            raise ValueError("a target cannot be one of columns: the model would be given the answer.")

    @property
    def known(self) -> tuple[str, ...]:
        """The names that options give to columns."""
        return tuple(filter(None, (*self.target, *self.columns, self.group, self.split)))

    @property
    def has_numbers(self) -> bool:
        """Whether the target is numbers: a regression's, or 0 and 1 for each of several labels."""
        return self.task == "regression" or (self.task == "multilabel" and len(self.target) > 1)


def _read(options: CsvOptions, context: SourceContext) -> Samples:
    table = _table(options, context)
    numbers = options.target if options.has_numbers else ()
    words = () if options.has_numbers else options.target
    others = [*words, *filter(None, (options.group, options.split))]
    inputs = _inputs(table, options)
    may_be_empty = words if options.task == "multilabel" else ()
    read = read_columns(table, [*inputs, *numbers], others, may_be_empty)
    read = _with_hint(read, options, text_columns_hint(table, inputs) if not read.lines else "")
    raw, targets = read.numbers[:, : len(inputs)], read.numbers[:, len(inputs) :]
    require_precision(targets, f"the target of {table.name}", numbers)
    y, classes = _targets(read, targets.astype(np.float32), options)
    rising = _left_out(inputs, raw)
    left_out = {} if options.columns else rising
    used = [place for place, name in enumerate(inputs) if name not in left_out]
    require_precision(raw[:, used], table.name, [inputs[place] for place in used])
    kept = [place for place, name in enumerate(inputs) if name not in left_out]
    if not kept:
        raise InputError(
            f"{table.name} has no column beside the target but {', '.join(left_out)}, which only rises.",
            hint=f"Try: columns = {json.dumps(list(left_out))} in the section [data.options]",
        )
    return Samples(
        task=options.task,
        x=read.numbers[:, kept].astype(np.float32),
        y=y,
        classes=classes,
        names=tuple(f"{table.name}:{line}" for line in read.lines),
        groups=_texts(read, others, options.group) if options.group else (),
        parts=_parts(_texts(read, others, options.split)) if options.split else None,
        broken=read.broken,
        standardize=options.standardize,
        columns=tuple(inputs[place] for place in kept),
        notes=(
            *(f"{name} is left out: {reason}; {KEEP}" for name, reason in left_out.items()),
            *(map(rising_note, rising) if options.columns else ()),
            *(unused_note(table, options.known) if options.columns else ()),
            *_sums(table, read),
        ),
    )


def _sums(table: Table, read: Columns) -> list[str]:
    if len(read.numbers) < _FEWEST_STEPS or not is_sums(read.numbers):
        return []
    return [f"{table.name}:{read.lines[-1]} has the sums of all rows above, and is no sample: delete it"]


def _table(options: CsvOptions, context: SourceContext) -> Table:
    return read_table(context.root / options.file, options.form, options.known)


def _left_out(inputs: Sequence[str], numbers: NDArray[np.float64]) -> dict[str, str]:
    """Return the columns that rise from each row to the next, and what they are."""
    found = {}
    for place, name in enumerate(inputs):
        steps = np.diff(numbers[:, place])
        if len(steps) >= _FEWEST_STEPS and (steps == 1).all():
            found[name] = "it counts the rows"
        elif len(steps) >= _FEWEST_STEPS and (steps > 0).all():
            found[name] = "it only rises from row to row, as a time or an index does"
    return found


def _with_hint(read: Columns, options: CsvOptions, hint: str) -> Columns:
    """Return read with a hint; where the targets of a regression are words, its errors say so."""
    if read.lines or not read.broken:
        return read
    first = read.broken[0]
    words = any(f"in the column {name!r} is no number" in first.reason for name in options.target)
    if words and options.task == "regression":
        hint = 'Try: task = "classification" in the section [data.options], if its words are classes'
    if not hint:
        return read
    return replace(read, broken=(replace(first, hint=hint), *read.broken[1:]))


def _targets(read: Columns, numbers: NDArray[Any], options: CsvOptions) -> Targets:
    if not options.has_numbers:
        return targets_of([texts[0] for texts in read.texts], options.task, options.normal)
    return numbers, options.target if options.task == "multilabel" else ()


def _inputs(table: Table, options: CsvOptions) -> tuple[str, ...]:
    others = {*options.target, *filter(None, (options.group, options.split))}
    inputs = options.columns or tuple(c for c in table.columns if c not in others)
    if not inputs:
        raise InputError(f"{table.name} has no column beside the target.", hint=SOURCE.hint)
    return inputs


def _decode(options: CsvOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    """Return the rows of a table with the columns of the inputs; what else it has is not looked at."""
    options = options if options.columns else _portable(options, context)
    read = read_columns(read_table(path, options.form, options.known), options.columns, ())
    if read.broken:
        first = read.broken[0]
        reason = f"in line {first.name.rpartition(':')[2]}: {first.reason}"
        if context.on_broken is None or not read.lines:
            raise BrokenFileError(f"is broken {reason}", first.hint or LEAVE_OUT)
        count = f"{len(read.broken):,} of {len(read.broken) + len(read.lines):,} rows"
        context.on_broken(f"{printable(str(path))}: {count} are left out, the first {reason}")
    return read.numbers.astype(np.float32)


def _portable(options: CsvOptions, context: SourceContext) -> CsvOptions:
    inputs = options.columns or _read(options, context).columns
    return replace(options, file=Path(options.file).name, columns=inputs)


def _texts(read: Columns, columns: list[str], wanted: str) -> tuple[str, ...]:
    place = columns.index(wanted)
    return tuple(row[place] for row in read.texts)


def _parts(words: tuple[str, ...]) -> Indices:
    unknown = sorted(word for word in set(words) if split_of(word) == ANY)
    if unknown:
        raise InputError(
            f"the column split has {unknown[0]!r}, which is none of {', '.join(SPLIT_NAMES)}.",
            hint="Try: another column, or split in the section [data] for ratios",
        )
    return np.array([split_of(word) for word in words], np.int64)


def _files(options: CsvOptions, context: SourceContext) -> Iterable[Path]:
    return [context.root / options.file]


SOURCE = Source(
    name="csv",
    summary="a table of numbers, a row a sample; the target is a class or numbers",
    options=CsvOptions,
    read=_read,
    hint="Try: file, target and columns in the section [data.options]",
    files=_files,
    decode=_decode,
    portable=_portable,
)
