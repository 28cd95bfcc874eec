# SPDX-License-Identifier: Apache-2.0
"""Which files a folder's data are, and what each stands for: by its class's folder, or by a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Broken, Indices
from toolkit.data.layout import files_by_class
from toolkit.data.places import as_listed, data_folder, name_below, named_file, printable, require_inside
from toolkit.data.source import SourceContext
from toolkit.data.table import read_plain_columns, read_plain_table
from toolkit.data.targets import targets_of
from toolkit.errors import InputError
from toolkit.metrics import Task


@dataclass(frozen=True)
class FolderOptions:
    """What every source of a folder of files has.

    labels is a table inside folder with the columns file and target; without it every folder below is
    a class. A regression needs labels, whose targets are numbers, and multilabel, whose targets are names
    with ; or | between them. For anomaly the class normal is what is learnt, all others are anomalous;
    without it ("") all is normal. group is a regular expression: files whose names give the same first
    group stay in one split. levels is how many folders name a class: of a/abbey/1.png "a", or "a/abbey".
    """

    folder: str
    labels: str = ""
    task: Task = "classification"
    normal: str = "normal"
    group: str = ""
    levels: int = 0

    def __post_init__(self) -> None:
        if self.levels not in (0, 1, 2):
            raise ValueError(f"levels {self.levels} must be 1, 2, or 0 where it is clear.")
        if self.task in ("regression", "multilabel") and not self.labels:
            raise ValueError(f"{self.task} needs labels, a table with the columns file and target.")
        try:
            re.compile(self.group)
        except re.error as error:
            raise ValueError(f"group {self.group!r} is no regular expression: {error}.") from error


Options = TypeVar("Options", bound=FolderOptions)


@dataclass(frozen=True, eq=False)
class Listing:
    """Files and what they stand for; y, parts and notes as in Samples. groups is empty or one a file."""

    task: Task
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    y: NDArray[Any]
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    broken: tuple[Broken, ...]
    parts: Indices | None = None
    notes: tuple[str, ...] = ()

    def only(self, kept: Sequence[int]) -> Listing:
        """Return the listing of these files alone."""
        return Listing(
            self.task,
            tuple(self.paths[i] for i in kept),
            tuple(self.names[i] for i in kept),
            self.y[np.array(kept, np.int64)],
            self.classes,
            tuple(self.groups[i] for i in kept) if self.groups else (),
            self.broken,
            None if self.parts is None else self.parts[np.array(kept, np.int64)],
            self.notes,
        )


def list_files(
    options: FolderOptions, context: SourceContext, endings: Sequence[str], *, may_be_empty: bool = False
) -> Listing:
    """Return the files of options.folder with one of these endings, sorted by name.

    Hidden files are left out; files with another ending are broken. Raises InputError if there is no
    folder, no class, an empty class unless one may_be_empty, or a link that leads out.
    """
    folder = data_folder(context.root, options.folder)
    parts = None
    notes: tuple[str, ...] = ()
    if options.labels:
        paths, labels, broken = _by_table(options, folder, context.outside)
    else:
        found = files_by_class(folder, options.levels, context.outside, may_be_empty=may_be_empty)
        paths, labels, parts, broken = found.paths, found.labels, found.part_numbers, []
        notes = (*found.notes, *_beside(folder, endings))
    for path in paths:
        require_inside(path, folder, context.outside)
    names = [name_below(path, folder) for path in paths]
    reasons = [why_not_used(name, options.group, endings) for name in names]
    broken += [Broken(name, why) for name, why in zip(names, reasons, strict=True) if why]
    groups = tuple(_group(name, options.group) or "" for name in names) if options.group else ()
    y, classes = targets_of(labels, options.task, options.normal)
    kept = [i for i, why in enumerate(reasons) if not why]
    everything = Listing(
        options.task, tuple(paths), tuple(names), y, classes, groups, tuple(broken), parts, notes
    )
    return everything.only(kept)


def why_not_used(name: str, group: str, endings: Sequence[str]) -> str:
    """Return why a file of this name, below the data folder, is left out, "" if it is not."""
    if not name.lower().endswith(tuple(endings)):
        return f"not one of {' '.join(endings)}"
    return f"does not match group = {group!r}" if group and _group(name, group) is None else ""


def _beside(folder: Path, endings: Sequence[str]) -> list[str]:
    """Return what to say of files that lie in no class's folder: of the data, and of tables of labels."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    tables = [p for p in files if p.suffix.lower() in (".csv", ".tsv", ".txt")]
    lists = [p for p in tables if is_list(p)]
    lost = [p for p in files if p.suffix.lower() in endings and p not in lists]
    others = [p for p in tables if p.suffix.lower() != ".txt" and p not in lists and p not in lost]
    notes = [
        f"{printable(p.name)} is not used: the folders say what each file is; "
        f'labels = "{printable(p.name)}" in the section [data.options] would take it instead'
        for p in lists
    ]
    for found, more in (
        (lost, ""),
        (others, ": the folders say what each file is. Labels in a table need the columns file and target"),
    ):
        if found:
            count = "1 file" if len(found) == 1 else f"{len(found)} files"
            notes.append(
                f"{printable(found[0].name)} ({count}) beside the folders of the classes: not used{more}"
            )
    return notes


def is_list(path: Path) -> bool:
    """Return whether a table says what files are."""
    try:
        return {"file", "target"} <= set(read_plain_table(path).columns)
    except InputError:
        return False


def portable_folder(options: Options, context: SourceContext) -> Options:
    """Return options that name no place of this computer, as in Source.portable."""
    return replace(options, folder=Path(options.folder).name, labels=Path(options.labels).name)


def folder_files(options: FolderOptions, context: SourceContext) -> Iterator[Path]:
    """Give every file that list_files looks at."""
    folder = data_folder(context.root, options.folder)
    if options.labels:
        yield folder / options.labels
        paths = _by_table(options, folder, context.outside)[0]
    else:
        paths = files_by_class(folder, options.levels, context.outside).paths
    yield from paths


def _by_table(
    options: FolderOptions, folder: Path, outside: bool
) -> tuple[list[Path], list[str], list[Broken]]:
    table = read_plain_table(named_file(folder, options.labels, outside))
    may_be_empty = ("target",) if options.task == "multilabel" else ()
    columns = read_plain_columns(table, ("file", "target"), may_be_empty)
    paths, labels = [], []
    broken = [replace(each, hint="") for each in columns.broken]
    for name, label in columns.texts:
        path = named_file(folder, as_listed(name), outside)
        if path.is_file():
            paths.append(path)
            labels.append(label)
        else:
            broken.append(Broken(printable(name), f"named in {options.labels}, but there is no such file"))
    return paths, labels, broken


def _group(name: str, pattern: str) -> str | None:
    match = re.search(pattern, name)
    return match.group(1 if match.re.groups else 0) or "" if match else None
