# SPDX-License-Identifier: Apache-2.0
"""Paths that come from the user's files: inside the data folder, and printable."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from toolkit.errors import InputError
from toolkit.reading import read_file
from toolkit.suggest import quoted

MAKER = "make_data.py"
_MAX_TEXT_BYTES = 64 << 20
_HINT = "Try: move it into the folder, or outside = true in the section [data] if you trust these data"


def data_folder(root: Path, name: str) -> Path:
    """Return the folder that an option names, relative to the project. Raises InputError if there is none.

    Where a script lies that makes the data, in the project's folder or beside the data's, it is named.
    """
    folder = (root / Path(name).expanduser()).resolve()
    if not folder.is_dir():
        makers = [place / MAKER for place in (root, *folder.parents[:2]) if (place / MAKER).is_file()]
        script = f"python {quoted(os.path.relpath(makers[0]))}" if makers else ""
        hint = script or "folder in the section [data.options]"
        raise InputError(f"there is no folder {folder}.", hint=f"Try: {hint}")
    return folder


def require_inside(path: Path, folder: Path, outside: bool) -> None:
    """Raise InputError if path, with all links followed, is not below folder, unless outside is allowed."""
    if not outside and not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{printable(path.name)} leads out of the data folder, to {printable(str(path.resolve()))}.",
            hint=_HINT,
        )


def named_file(folder: Path, name: str, outside: bool) -> Path:
    """Return the file that a line of a list names, relative to folder. Raises as require_inside does."""
    if "\0" in name:
        raise InputError(f"{name!r} is no file name.", hint=_HINT)
    path = folder / name
    require_inside(path, folder, outside)
    return path


def as_listed(line: str) -> str:
    """Return a line of a list as samples are named: / between folders, no ./ in front."""
    return posixpath.normpath(line.strip().replace("\\", "/"))


def name_below(path: Path, folder: Path) -> str:
    """Return path relative to folder with / between folders, and printable."""
    return printable(Path(os.path.relpath(path, folder)).as_posix())


def printable(name: str) -> str:
    """Return name with \\x.. for bytes that are no UTF-8, so that it can be shown and saved."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def read_text(path: Path) -> str:
    """Return a file's text. Raises InputError if it cannot be read, is no UTF-8 or has no end."""
    try:
        return read_file(path, _MAX_TEXT_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text: byte {error.start} is not.",
            hint="Try: save it again as UTF-8",
        ) from error
