# SPDX-License-Identifier: Apache-2.0
"""Public data sets in the folders in which they are published: what is where, and which split it is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Broken, Samples
from toolkit.data.listing import Listing
from toolkit.data.picture import PictureFields
from toolkit.data.pictures import decode_file_of_picture, read_pictures
from toolkit.data.places import as_listed, data_folder, name_below, read_text, require_inside
from toolkit.data.source import Source, SourceContext
from toolkit.data.targets import targets_of
from toolkit.errors import InputError
from toolkit.metrics import Task
from toolkit.suggest import shorten

_LONGEST = 250
"""Letters of a name in a list: file systems have 255 bytes."""
TRAIN, VALIDATION, TEST, ANY = 0, 1, 2, -1


@dataclass(frozen=True)
class UnpackedFolder:
    """Of [data.options]: where the archive was unpacked."""

    folder: str


@dataclass(frozen=True)
class PublishedPictures(PictureFields, UnpackedFolder):
    """[data.options]: folder is where the archive was unpacked; the rest is as in image_folder."""


@dataclass
class Layout:
    """What a published folder says: files, their classes and splits (TRAIN to ANY), and what else was read.

    classes is their order; without it they are sorted. groups is empty or one a file.
    """

    paths: list[Path] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    lists: list[Path] = field(default_factory=list)
    classes: tuple[str, ...] = ()
    groups: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    twice: list[Path] = field(default_factory=list)
    _added: set[tuple[Path, str, int]] = field(default_factory=set)

    def add(self, path: Path, label: str, part: int) -> None:
        """Add a file, once, however often a list names it."""
        if (path, label, part) in self._added:
            self.twice.append(path)
            return
        self._added.add((path, label, part))
        self.paths.append(path)
        self.labels.append(label)
        self.parts.append(part)

    def lines(self, path: Path) -> list[str]:
        """Return the lines of a list of the set, but for empty ones.

        Raises InputError if it is not there, or a line names what no list of a set can.
        """
        self.lists.append(path)
        return [plain_name(path, line) for line in read_text(path).splitlines() if line.strip()]


def plain_name(path: Path, name: str) -> str:
    """Return a name of the list at path, as_listed. Raises InputError for one that leads elsewhere."""
    plain = as_listed(name)
    if "\0" in plain or plain.startswith("..") or len(plain) > _LONGEST:
        raise InputError(f"{path} names {shorten(repr(name))}, which is no file of the set.")
    return plain


LayoutOf = Callable[[Any, Path], Layout]


def picture_source(
    name: str, summary: str, layout: LayoutOf, hint: str, options: type[Any] = PublishedPictures
) -> Source:
    """Return the source of a set of pictures: layout(options, folder) says what is where."""

    def read(options: Any, context: SourceContext) -> Samples:
        return read_pictures(listing_of(options, context, layout, hint), options, context)

    def decode(options: Any, context: SourceContext, path: Path) -> NDArray[np.float32]:
        return decode_file_of_picture(options, path)

    return Source(
        name=name,
        summary=summary,
        options=options,
        read=read,
        hint=hint,
        files=files_of(layout),
        decode=decode,
        portable=portable_published,
    )


def portable_published(options: Any, context: SourceContext) -> Any:
    """Return options that name no place of this computer, as in Source.portable."""
    return replace(options, folder=Path(options.folder).name)


def files_of(layout: LayoutOf) -> Callable[[Any, SourceContext], Iterator[Path]]:
    """Return what names every file that layout looks at."""

    def files(options: Any, context: SourceContext) -> Iterator[Path]:
        found = layout(options, data_folder(context.root, options.folder))
        yield from (path for path in (*found.lists, *found.paths) if path.is_file())

    return files


def listing_of(
    options: Any,
    context: SourceContext,
    layout: LayoutOf,
    hint: str,
    task: Task = "classification",
    normal: str = "",
) -> Listing:
    """Return the files of a layout as Listing has them. Files that are not there are broken.

    Raises InputError if there are none, or for one that leads out of the folder.
    """
    folder = data_folder(context.root, options.folder)
    found = layout(options, folder)
    if not found.paths:
        raise InputError(f"{folder} has no files in the layout of this data set.", hint=hint)
    for path in found.paths:
        require_inside(path, folder, context.outside)
    names = tuple(name_below(path, folder) for path in found.paths)
    if found.twice:
        first = name_below(found.twice[0], folder)
        found.notes.append(f"{len(found.twice)} names are twice in a list, such as {first}: they count once")
    there = [path.is_file() for path in found.paths]
    broken = tuple(
        Broken(name, "is not there") for name, is_there in zip(names, there, strict=True) if not is_there
    )
    if len(set(found.classes)) < len(found.classes):
        raise InputError(f"{folder} has two classes of one name.", hint=hint)
    y, classes = targets_of(found.labels, task, normal)
    if found.classes:
        number = {name: i for i, name in enumerate(found.classes)}
        y, classes = np.array([number[label] for label in found.labels], np.int64), found.classes
    everything = Listing(
        task=task,
        paths=tuple(found.paths),
        names=names,
        y=y,
        classes=classes,
        groups=tuple(found.groups),
        broken=broken,
        parts=np.array(found.parts, np.int64),
        notes=tuple(found.notes),
    )
    return everything.only([i for i, is_there in enumerate(there) if is_there])


def files_in(folder: Path, endings: Sequence[str]) -> list[Path]:
    """Return the files of a folder with one of these endings, sorted; none that are hidden."""
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in found if path.suffix.lower() in endings)


def folders_in(folder: Path) -> list[Path]:
    """Return the folders of a folder, sorted; none that are hidden."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def require_one_of(folder: Path, names: Sequence[str], hint: str) -> Path:
    """Return the first of these that is in folder. Raises InputError if none is."""
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise InputError(f"{folder} has neither {' nor '.join(names)}.", hint=hint)


def whole_numbers(
    value: Any, what: str, hint: str, least: int | None = None, most: int | None = None
) -> NDArray[np.int64]:
    """Return numbers of a file, one or (n,), as whole ones, (n,); what is the file and what they are in it.

    Raises InputError that names the first that is no whole number from least to most.
    """
    try:
        numbers = np.atleast_1d(np.asarray(value))
    except ValueError as error:
        raise InputError(f"{what} is no row of whole numbers: {error}.", hint=hint) from error
    if numbers.dtype.kind not in "biuf" or numbers.ndim != 1:
        raise InputError(
            f"{what} is {numbers.dtype} of shape {numbers.shape}; a row of whole numbers is needed.",
            hint=hint,
        )
    with np.errstate(invalid="ignore"):
        whole = numbers.astype(np.int64)
    is_wrong = (whole != numbers) | (whole < (least if least is not None else whole))
    is_wrong |= whole > (most if most is not None else whole)
    if is_wrong.any():
        place = int(np.argmax(is_wrong))
        limits = f" from {least}" * (least is not None) + f" to {most}" * (most is not None)
        raise InputError(
            f"{what} has {numbers[place]} as number {place + 1}; whole numbers{limits} are right.", hint=hint
        )
    return whole
