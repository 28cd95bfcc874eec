# SPDX-License-Identifier: Apache-2.0
"""How class folders lie in a folder: side by side, in train, validation and test, or two deep."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from toolkit.data.dataset import Indices
from toolkit.data.places import name_below, printable, require_inside
from toolkit.data.split_names import ANY, split_of
from toolkit.errors import InputError

_SYSTEM_FILES = {"thumbs.db", "desktop.ini"}
_SYSTEM_FOLDERS = {"__macosx", "$recycle.bin", "system volume information", "@eadir"}


@dataclass
class ClassFiles:
    """Files, the class of each, and its split where folders say it: 0, 1, 2, or -1 for any.

    homes are the classes with the folder of each, in every split.
    """

    paths: list[Path] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    homes: list[tuple[str, Path]] = field(default_factory=list)

    @property
    def part_numbers(self) -> Indices | None:
        """The splits as Samples has them; None if no folder says one."""
        return np.array(self.parts, np.int64) if any(part != ANY for part in self.parts) else None


def files_by_class(folder: Path, levels: int, outside: bool, *, may_be_empty: bool = False) -> ClassFiles:
    """Return the files below folder by class; levels as in FolderOptions, may_be_empty of a class's folder.

    Where its folders are train, validation and test, each of these has the classes' folders, and a
    split without a folder gets its share of train. Raises InputError for a layout that cannot be told.
    """
    homes = class_folders(folder)
    if not homes:
        raise InputError(
            f"{folder} has no folders; each class needs one, with its files.",
            hint="Try: " + str(Path(folder.name) / "cat" / "01.png"),
        )
    part_of = _parts(homes)
    inside = [path for place in (folder, *part_of) for path in sorted(place.iterdir()) if path.is_dir()]
    found = ClassFiles(notes=_linked_notes(inside, folder))
    if not part_of:
        _require_plain(folder, homes)
        _require_no_splits(homes)
        _add(found, folder, _classes(folder, levels, outside), ANY, outside)
        found.notes += [
            f"the class {printable(home.name)} has the name of a split: is it a class?"
            for home in homes
            if split_of(home.name) != ANY
        ]
        _require_full(found, may_be_empty)
        return found
    whole = set(part_of.values()) == {0, 1, 2}
    for home, part in part_of.items():
        _add(found, folder, _classes(home, levels, outside), part if whole or part else ANY, outside)
    names = ", ".join(home.name for home in homes)
    more = "" if whole else "; what has no folder gets its share of train"
    found.notes.append(f"the folders {names} say what is in which split{more}")
    _require_full(found, may_be_empty)
    return found


def class_folders(folder: Path) -> list[Path]:
    """Return the folders in folder that are a person's, sorted; none that is a link to where it lies."""
    inside = [p for p in folder.iterdir() if p.is_dir() and counts_as_folder(p.name)]
    return sorted(p for p in inside if not _leads_up(p))


def _leads_up(path: Path) -> bool:
    """Return whether a folder is a link to one that it lies in: all of that would be in it once more."""
    return path.is_symlink() and path.parent.resolve().is_relative_to(path.resolve())


def _linked_notes(folders: Sequence[Path], folder: Path) -> list[str]:
    return [
        f"{name_below(path, folder)} is a link to a folder that it lies in: not followed"
        for path in folders
        if counts_as_folder(path.name) and _leads_up(path)
    ]


def _parts(homes: Sequence[Path]) -> dict[Path, int]:
    """Return the split of each folder, nothing if they are classes."""
    numbers = [split_of(home.name) for home in homes]
    if ANY in numbers or 0 not in numbers or len(homes) < 2:
        return {}
    if len(set(numbers)) < len(numbers):
        names = ", ".join(home.name for home in homes)
        raise InputError(
            f"two of the folders {names} are the same split.",
            hint="Try: put them into one, or call them train, validation and test",
        )
    for home in homes:
        if not class_folders(home):
            raise InputError(
                f"{printable(home.name)} has no folders of classes, but is named as a split is.",
                hint=f"Try: {home.name}/cat/..., or labels and lists (docs/data.md)",
            )
    return dict(zip(homes, numbers, strict=True))


def _require_no_splits(homes: Sequence[Path]) -> None:
    """Raise InputError where one of the classes has a split's name, and the folders that others have too."""
    for home in homes:
        if split_of(home.name) == ANY:
            continue
        inner = {p.name for p in class_folders(home)}
        other = next((o for o in homes if o != home and inner & {p.name for p in class_folders(o)}), None)
        if other is not None:
            shared = min(inner & {p.name for p in class_folders(other)})
            names = printable(home.name), printable(other.name)
            raise InputError(
                f"{names[0]} has the name of a split, and the folder {printable(shared)} as {names[1]} has: "
                "is it a split, or a class?",
                hint="Try: for splits, folders called train, validation and test, and no other beside them; "
                f"for classes, another name for {names[0]}",
            )


def _require_plain(folder: Path, homes: Sequence[Path]) -> None:
    """One folder around all classes is a folder too far up."""
    if len(homes) == 1 and len(class_folders(homes[0])) > 1 and not _files(homes[0]):
        inner = homes[0].name
        raise InputError(
            f"{folder} has one folder only, {printable(inner)}, which has folders: are these the classes?",
            hint=f'Try: folder = ".../{folder.name}/{printable(inner)}" in the section [data.options]',
        )


def _classes(folder: Path, levels: int, outside: bool) -> list[tuple[str, Path]]:
    """Return the classes below folder with the folder of each."""
    homes = class_folders(folder)
    for home in homes:
        require_inside(home, folder, outside)
    if levels == 2 or (levels == 0 and _is_deep(folder, homes)):
        return [(f"{printable(a.name)}/{printable(b.name)}", b) for a in homes for b in class_folders(a)]
    return [(printable(home.name), home) for home in homes]


def _is_deep(folder: Path, homes: Sequence[Path]) -> bool:
    """Return False where the first folder is the class. Raises InputError where it may be the second."""
    inner = {home: [p.name for p in class_folders(home)] for home in homes}
    if len(homes) < 2 or not all(inner.values()) or any(_files(home) for home in homes):
        return False
    shared = Counter(name for names in inner.values() for name in names)
    if max(shared.values()) > 1:  # persons or days, who are found in several classes
        return False
    first = f"{homes[0].name}/{inner[homes[0]][0]}"
    raise InputError(
        f"the folders of {folder} hold folders, such as {printable(first)}: which of the two is the class?",
        hint=f"Try: levels = 2 in the section [data.options] for {printable(first)}, "
        f"levels = 1 for {printable(homes[0].name)}",
    )


def _add(
    found: ClassFiles, folder: Path, classes: Sequence[tuple[str, Path]], part: int, outside: bool
) -> None:
    for name, home in classes:
        files = sorted(_walk(home, folder, outside, found.notes))
        found.homes.append((name, home))
        found.paths += files
        found.labels += [name] * len(files)
        found.parts += [part] * len(files)


def _require_full(found: ClassFiles, may_be_empty: bool) -> None:
    full = {path for file in found.paths for path in file.parents}
    empty = next((name for name, home in found.homes if home not in full), None)
    if empty is not None and not may_be_empty:
        raise InputError(f"the class folder {empty} is empty.", hint="Try: put files in, or delete it")


def _files(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.is_file() and _counts(p.name)]


def _walk(home: Path, folder: Path, outside: bool, notes: list[str]) -> Iterator[Path]:
    """Give the files below home that are not hidden; a linked folder is entered once.

    A link to a folder above is not followed: notes gets a line.
    """
    entered = set()
    for place, folders, files in os.walk(home, followlinks=True):
        real = os.path.realpath(place)
        require_inside(Path(place), folder, outside)
        folders[:] = [] if real in entered else [name for name in folders if counts_as_folder(name)]
        notes += _linked_notes([Path(place, name) for name in folders], folder)
        folders[:] = [name for name in folders if not _leads_up(Path(place, name))]
        if real not in entered:
            yield from (Path(place) / name for name in files if _counts(name))
        entered.add(real)


def counts_as_folder(name: str) -> bool:
    """Return whether a folder of this name is a person's, not one that a system leaves behind."""
    return not name.startswith(".") and name.lower() not in _SYSTEM_FOLDERS


def _counts(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in _SYSTEM_FILES
