# SPDX-License-Identifier: Apache-2.0
"""A person's own application: C and C++ in the project's folder app/, which is read and never written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import InputError
from toolkit.reading import read_file

FOLDER = "app"
LIBRARIES = "lib"
CODE = (".c", ".cc", ".cpp", ".cxx", ".S")
_MOST_BYTES = 64 << 20
_SMALL = "A board has a few megabytes of flash: what is not built in belongs elsewhere"
_PLAIN = re.compile(r"[\w.+@ -]+")


@dataclass(frozen=True)
class OwnCode:
    """An application of the user's: the files by their place in the project, such as "app/my_app.c".

    name is what tinyml.toml calls it. Libraries, "app/lib/<name>/...", are among the files.
    """

    name: str
    files: tuple[tuple[str, bytes], ...]

    @property
    def sha256(self) -> str:
        """A hash of the files' places and bytes."""
        digests = (f"{place}:{hashlib.sha256(data).hexdigest()}" for place, data in self.files)
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def own_names(root: Path) -> list[str]:
    """Return the names that the project in root has for own applications, sorted.

    "app", and each file of code in app/, stands for all of that folder; where no code is there, each folder
    in app/ that has some is an application.
    """
    folder = root / FOLDER
    stems = {path.stem for path in _files(folder) if path.parent == folder and path.suffix in CODE}
    return sorted({FOLDER, *stems}) if stems else sorted(_sub_folders(folder))


def own_application(root: Path, name: str) -> OwnCode | None:
    """Return the application that name stands for, if it is the user's own; "" is the one in app/, if there.

    Raises InputError if name is "" and there are several, for a file that cannot be read, is a link out of
    the project, or has a name that a shell would read as more than a name.
    """
    names = own_names(root)
    if name not in names and (name or not names):
        return None
    if FOLDER in names:
        return OwnCode(name or FOLDER, _read(root, root / FOLDER))
    if not name and len(names) > 1:
        raise InputError(
            f"{FOLDER}/ has several applications: {', '.join(names)}.",
            hint=f'Try: application = "{names[0]}" in the section [firmware]',
        )
    return OwnCode(name or names[0], _read(root, root / FOLDER / (name or names[0])))


def _read(root: Path, folder: Path) -> tuple[tuple[str, bytes], ...]:
    files = []
    for path in sorted({*_files(folder), *_files(root / FOLDER / LIBRARIES)}):
        place = path.relative_to(root).as_posix()
        if not all(_PLAIN.fullmatch(part) for part in place.split("/")):
            raise InputError(
                f"{place!r}: the name of a file in {FOLDER}/ has characters that a shell reads as commands.",
                hint="Try: letters, digits, dots, dashes and underscores",
            )
        _require_inside(root, path, place)
        files.append((place, read_file(path, _MOST_BYTES, _SMALL)))
    return tuple(files)


def _require_inside(root: Path, path: Path, place: str) -> None:
    """Raise InputError for a link out of the project, or to a folder: what is built would not be there."""
    try:
        target = path.resolve()
        is_inside = target.is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link that leads to itself
        target, is_inside = path, False
    if not is_inside:
        raise InputError(
            f"{place} is outside the project, or is a link to {target}, which is.",
            hint=f"Try: a copy in {FOLDER}/",
        )
    if path.is_dir():
        raise InputError(f"{place} is a link to a folder.", hint=f"Try: a copy of the folder in {FOLDER}/")


def _sub_folders(folder: Path) -> Iterator[str]:
    for path in folder.iterdir() if folder.is_dir() else ():
        is_code = path.is_dir() and any(file.suffix in CODE for file in _files(path))
        if is_code and path.name != LIBRARIES and path.name[0] != ".":
            yield path.name


def _files(folder: Path) -> list[Path]:
    """Return the files below folder but for hidden ones and what editors keep."""
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return [path for path in found if not _is_hidden(path.relative_to(folder))]


def _is_hidden(path: Path) -> bool:
    return path.name.endswith("~") or any(part.startswith((".", "#")) for part in path.parts)
