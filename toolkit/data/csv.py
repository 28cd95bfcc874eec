# SPDX-License-Identifier: Apache-2.0
"""A table with a header line: numbers in, a class or numbers out, a row a sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import SPLIT_NAMES, Indices, Samples
from toolkit.data.decode import BrokenFileError
from toolkit.data.listing import targets_of
from toolkit.data.source import Source, SourceContext
from toolkit.data.table import Columns, Table, check_separator, read_columns, read_table
from toolkit.errors import InputError


@dataclass(frozen=True)
class CsvOptions:
    """[data.options]: target is the column of the class, or the columns of the numbers, to tell.

    columns are the inputs, all others when empty. Rows with the same text in the column group stay in
    one split; the column split says train, validation or test.
    """

    file: str
    target: tuple[str, ...]
    task: Literal["classification", "regression"] = "classification"
    columns: tuple[str, ...] = ()
    group: str = ""
    split: str = ""
    separator: str = ","

    def __post_init__(self) -> None:
        if not self.target or (self.task == "classification" and len(self.target) != 1):
            raise ValueError("target must be one column, or several for a regression.")
        check_separator(self.separator)
        if set(self.target) & set(self.columns):
            raise ValueError("a target cannot be one of columns: the model would be given the answer.")


def _read(options: CsvOptions, context: SourceContext) -> Samples:
    table = read_table(context.root / options.file, options.separator)
    regression = options.task == "regression"
    others = [*([] if regression else options.target), *filter(None, (options.group, options.split))]
    inputs = _inputs(table, options)
    read = read_columns(table, [*inputs, *(options.target if regression else ())], others)
    y: NDArray[Any] = read.numbers[:, len(inputs) :]
    classes: tuple[str, ...] = ()
    if not regression:
        y, classes = targets_of(_texts(read, others, options.target[0]), options.task)
    return Samples(
        task=options.task,
        x=read.numbers[:, : len(inputs)],
        y=y,
        classes=classes,
        names=tuple(f"{table.name}:{line}" for line in read.lines),
        groups=_texts(read, others, options.group) if options.group else (),
        parts=_parts(_texts(read, others, options.split)) if options.split else None,
        broken=read.broken,
    )


def _inputs(table: Table, options: CsvOptions) -> tuple[str, ...]:
    others = {*options.target, *filter(None, (options.group, options.split))}
    inputs = options.columns or tuple(c for c in table.columns if c not in others)
    if not inputs:
        raise InputError(f"{table.name} has no column beside the target.", hint=SOURCE.hint)
    return inputs


def _decode(options: CsvOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    """Return the rows of a table with the columns of the inputs; what else it has is not looked at."""
    inputs = _inputs(read_table(context.root / options.file, options.separator), options)
    read = read_columns(read_table(path, options.separator), inputs, ())
    if read.broken:
        first = read.broken[0]
        raise BrokenFileError(f"is broken in line {first.name.rpartition(':')[2]}: {first.reason}")
    return read.numbers


def _texts(read: Columns, columns: list[str], wanted: str) -> tuple[str, ...]:
    place = columns.index(wanted)
    return tuple(row[place] for row in read.texts)


def _parts(words: tuple[str, ...]) -> Indices:
    unknown = sorted(set(words) - set(SPLIT_NAMES))
    if unknown:
        raise InputError(
            f"the column split has {unknown[0]!r}, which is none of {', '.join(SPLIT_NAMES)}.",
            hint="Try: another column, or split in the section [data] for ratios",
        )
    return np.array([SPLIT_NAMES.index(word) for word in words], np.int64)


def _files(options: CsvOptions, context: SourceContext) -> Iterable[Path]:
    path = context.root / options.file
    return [path] if path.is_file() else []


SOURCE = Source(
    name="csv",
    summary="a table of numbers, a row a sample; the target is a class or numbers",
    options=CsvOptions,
    read=_read,
    hint="Try: file, target and columns in the section [data.options]",
    files=_files,
    decode=_decode,
)
