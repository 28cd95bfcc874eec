# SPDX-License-Identifier: Apache-2.0
"""Sensor recordings as tables, a row a moment, cut into windows that may overlap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Broken, Samples
from toolkit.data.decode import BrokenFileError, decode_files, file_content
from toolkit.data.listing import FolderOptions, folder_files, list_files, portable_folder
from toolkit.data.recordings import Cut, WindowRows, cut_array, cut_recordings
from toolkit.data.source import Source, SourceContext
from toolkit.data.table import Columns, Table, check_separator, parse_table, read_columns, read_table
from toolkit.data.targets import targets_of
from toolkit.errors import InputError
from toolkit.project.code_graph import code_digest

_ENDINGS = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class WindowsOptions(FolderOptions):
    """[data.options]: a folder whose files are recordings, or one file with all of them.

    In one file the column recording says which rows belong together, the column target what they
    are; a window in which the class changes is left out, a number is that of its last row. columns
    are the channels, all others when empty; standardize gives each a mean of 0 and a deviation of 1.
    window is in rows, overlap the share that two neighbours have in common. No recording is in two splits.
    """

    folder: str = ""
    file: str = ""
    recording: str = "recording"
    target: str = "target"
    columns: tuple[str, ...] = ()
    window: int = 128
    overlap: float = 0.5
    standardize: bool = True
    separator: str = ","

    def __post_init__(self) -> None:
        if self.folder:
            super().__post_init__()
        if bool(self.folder) == bool(self.file):
            raise ValueError("either folder or file must be given.")
        if not 1 <= self.window <= 1 << 20:
            raise ValueError(f"window {self.window} must be from 1 to {1 << 20} rows.")
        if not 0 <= self.overlap < 1:
            raise ValueError(f"overlap {self.overlap:g} must be at least 0 and less than 1.")
        check_separator(self.separator)

    @property
    def cut(self) -> Cut:
        """How recordings are cut."""
        return Cut(self.window, max(round(self.window * (1 - self.overlap)), 1))


def _read(options: WindowsOptions, context: SourceContext) -> Samples:
    return _read_folder(options, context) if options.folder else _read_file(options, context)


def _read_folder(options: WindowsOptions, context: SourceContext) -> Samples:
    listing = list_files(options, context, _ENDINGS)
    settings = f"{code_digest(__name__)} {options.columns} {options.separator!r}"
    decoded = decode_files(
        listing.paths,
        listing.names,
        lambda content: _recording(content, options, options.columns),
        settings,
        context,
    )
    samples = cut_recordings(listing, decoded, options.cut, context, dtype=np.float32)
    return replace(samples, standardize=options.standardize)


def _decode(options: WindowsOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    channels = options.columns
    if options.file and not channels:
        channels = _channels(read_table(context.root / options.file, options.separator), options)
    return cut_array(_recording(file_content(path, _ENDINGS), options, channels), options.cut)


def _portable(options: WindowsOptions, context: SourceContext) -> WindowsOptions:
    if options.folder:
        return portable_folder(options, context)
    channels = _channels(read_table(context.root / options.file, options.separator), options)
    return replace(options, file=Path(options.file).name, columns=channels)


def _channels(table: Table, options: WindowsOptions) -> tuple[str, ...]:
    about = (options.recording, options.target)
    return options.columns or tuple(name for name in table.columns if name not in about)


def _recording(content: bytes, options: WindowsOptions, channels: tuple[str, ...]) -> NDArray[np.float32]:
    try:
        table = parse_table("it", content.decode("utf-8-sig"), options.separator)
        read = read_columns(table, channels or table.columns, ())
    except UnicodeDecodeError as error:
        raise BrokenFileError(f"is not UTF-8 text: byte {error.start} is not") from error
    except InputError as error:
        raise BrokenFileError(error.message.rstrip(".")) from error
    if read.broken:
        first = read.broken[0]
        raise BrokenFileError(f"line {first.name.rpartition(':')[2]}: {first.reason}")
    return read.numbers


def _read_file(options: WindowsOptions, context: SourceContext) -> Samples:
    table = read_table(context.root / options.file, options.separator)
    may_be_empty = (options.target,) if options.task == "multilabel" else ()
    about = (options.recording, options.target)
    read = read_columns(table, _channels(table, options), about, may_be_empty)
    y, classes = targets_of([target for _, target in read.texts], options.task, options.normal)
    starts, short = _starts(read, options.cut, None if options.task == "regression" else y)
    ends = starts + options.window - 1
    recordings = tuple(read.texts[start][0] for start in starts)
    return Samples(
        task=options.task,
        x=WindowRows(read.numbers, starts, options.window),
        y=y[ends],
        classes=classes,
        names=recordings,
        groups=recordings,
        broken=(*read.broken, *short),
        standardize=options.standardize,
    )


def _starts(read: Columns, cut: Cut, y: NDArray[np.generic] | None) -> tuple[NDArray[np.int64], list[Broken]]:
    """Return the first rows of all windows, and the recordings that are too short for one.

    A recording is a run of rows of one name; one whose name comes again later goes on there. y, if given,
    must not change in a window.
    """
    names = np.array([name for name, _ in read.texts])
    edges = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1), len(names)] if len(names) else []
    starts, short = [], []
    for first, end in pairwise(edges):
        places = [first + start for start in cut.starts(end - first)]
        if not places:
            reason = f"has {end - first} rows; a window needs {cut.length}"
            short.append(Broken(str(names[first]), reason))
        starts += places
    if y is None:
        return np.array(starts, np.int64), short
    same = [start for start in starts if (y[start : start + cut.length] == y[start]).all()]
    return np.array(same, np.int64), short


def _files(options: WindowsOptions, context: SourceContext) -> Iterable[Path]:
    if options.folder:
        return folder_files(options, context)
    path = context.root / options.file
    return [path] if path.is_file() else []


SOURCE = Source(
    name="windows",
    summary="sensor recordings as tables, cut into windows that may overlap",
    options=WindowsOptions,
    read=_read,
    hint="Try: more recordings, three of each class at least, or a smaller window",
    files=_files,
    decode=_decode,
    portable=_portable,
)
