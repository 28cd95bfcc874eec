# SPDX-License-Identifier: Apache-2.0
"""The class folders of a project's data, and every file in them, also those that the data cannot use."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.data.layout import counts_as_folder, files_by_class
from toolkit.data.listing import FolderOptions, why_not_used
from toolkit.data.places import name_below, require_inside
from toolkit.errors import InputError, UsageError
from toolkit.record.files import require_label


@dataclass(frozen=True)
class ClassFile:
    """A file in the folder home of its class; why says what of its name or place keeps it out, "" if nothing.

    can_be_read is false for what is no file, or leads out of the data folder.
    """

    name: str
    path: Path
    label: str
    home: Path
    why: str = ""
    can_be_read: bool = True

    def remove(self, folder: Path) -> None:
        """Delete it, and the folders below folder that are empty then: an empty class stops every command."""
        self.path.unlink()
        for each in self.path.parents:
            if each == folder:
                break
            with suppress(OSError):
                each.rmdir()


@dataclass(frozen=True)
class Shelf:
    """The class folders in folder, by label, and their files, sorted by name within a class."""

    folder: Path
    homes: Sequence[tuple[str, Path]] = ()
    files: Sequence[ClassFile] = field(default=())

    def find(self, name: str) -> ClassFile:
        """Return a file by its name. Raises UsageError if there is none, InputError if it leads out."""
        found = next((file for file in self.files if file.name == name), None)
        if found is None:
            raise UsageError(f"the data have no file {name!r}.")
        return found

    def home_beside(self, home: Path, label: str, name: str) -> Path:
        """Return the folder of another label beside one of the label name, in the same split.

        Raises InputError for a new label that cannot be a folder's name.
        """
        base = home.parents[name.count("/")]
        homes = [each for known, each in self.homes if known == label]
        same = [each for each in homes if each.parents[label.count("/")] == base]
        if same:
            return same[0]
        if homes:
            return base / homes[0].relative_to(homes[0].parents[label.count("/")])
        return base / require_label(label)

    def home_of(self, label: str) -> Path:
        """Return the folder of a label, which may be new.

        Raises InputError where each split has a folder of it, or for a name that a new folder cannot have.
        """
        if any(home.parents[known.count("/")] != self.folder for known, home in self.homes):
            raise InputError(
                "the data have a folder for each split: the page does not know which a file is for.",
                hint="Try: put the file into one of them by hand",
            )
        return dict(self.homes).get(label) or self.folder / require_label(label)


def read_shelf(folder: Path, options: FolderOptions, endings: Sequence[str], *, outside: bool) -> Shelf:
    """Return what lies in the data folder. Raises InputError for folders whose classes cannot be told."""
    if not any(each.is_dir() and counts_as_folder(each.name) for each in folder.iterdir()):
        return Shelf(folder)
    found = files_by_class(folder, options.levels, outside, may_be_empty=True)
    homes = {home: label for label, home in found.homes}
    files = []
    for path, label in zip(found.paths, found.labels, strict=True):
        name = name_below(path, folder)
        home = next(each for each in path.parents if homes.get(each) == label)
        problem = _why_unread(path, folder, outside)
        why = problem or why_not_used(name, options.group, endings)
        files.append(ClassFile(name, path, label, home, why, can_be_read=not problem))
    return Shelf(folder, found.homes, files)


def _why_unread(path: Path, folder: Path, outside: bool) -> str:
    try:
        require_inside(path, folder, outside)
    except InputError as error:
        return error.message
    return "" if path.is_file() else "is no regular file"
