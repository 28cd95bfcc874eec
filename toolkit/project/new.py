# SPDX-License-Identifier: Apache-2.0
"""A new project: a copy of an example under the user's name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from toolkit import paths
from toolkit.errors import InputError
from toolkit.files import write_atomic, write_error
from toolkit.project.config import FILE_NAME
from toolkit.project.owncode import CODE
from toolkit.project.owncode import FOLDER as APP_FOLDER
from toolkit.suggest import did_you_mean

_IGNORED = """\
# What tinyml makes from tinyml.toml, the data and app/; it makes it again.
build/
__pycache__/
"""
_UP_LINK = re.compile(rb"\[([^\]]+)\]\(\.\./\.\./(docs/[^)#]+)[^)]*\)")
_WITHOUT_LINK = rb"\1 (the toolkit's \2)"
"""A link out of the example leads nowhere from its copy."""
_LEFT_OUT = {"build", "data", "__pycache__"}


def example_names() -> list[str]:
    """Return the names of the examples, sorted."""
    return sorted(path.parent.name for path in paths.data_dir("examples").glob(f"*/{FILE_NAME}"))


def create_project(folder: Path, example: str) -> Path:
    """Copy the example to folder, which must be new or empty, and return its project file.

    The project is named after the folder, as far as a C identifier can carry it.
    Raises InputError if there is no such example or the folder cannot be used.
    """
    if example not in example_names():
        raise InputError(f"there is no example {example!r}. {did_you_mean(example, example_names())}")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty.", hint="Try: another name, or empty the folder first")
    source = paths.data_dir("examples") / example
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        is_test = path.name.endswith("expected.json")
        if path.is_file() and not is_test and not _LEFT_OUT & set(relative.parts):
            data = path.read_bytes()
            data = _UP_LINK.sub(_WITHOUT_LINK, data) if path.name == "README.md" else data
            is_own = relative.parts[0] == APP_FOLDER and path.suffix in (*CODE, ".h")
            write_atomic(folder / relative, _renamed(data, example, project_name(folder)) if is_own else data)
    _rename(folder / FILE_NAME, project_name(folder))
    _ignore(folder)
    return folder / FILE_NAME


def write_project(folder: Path, text: str) -> Path:
    """Write tinyml.toml into folder, which must not have one, and return its path.

    Raises InputError if it has one or the folder cannot be used.
    """
    path = folder / FILE_NAME
    if path.exists():
        raise InputError(f"{path} is there already.", hint="Try: another folder, or move it away first")
    write_atomic(path, text)
    _ignore(folder)
    return path


def project_name(folder: Path) -> str:
    """Return a name for a project in folder that is a C identifier of at most 32 characters."""
    letters = re.sub(r"[^A-Za-z0-9_]", "_", folder.resolve().name)
    return (letters if letters[:1].isalpha() else f"project_{letters}")[:32]


def _ignore(folder: Path) -> None:
    """Keep what is made out of the repository that folder may be in, unless somebody decided about that."""
    path = folder / ".gitignore"
    if not os.path.lexists(path):
        write_atomic(path, _IGNORED)


def _renamed(code: bytes, example: str, name: str) -> bytes:
    """Return an application's code with the names of the model's header as another project has them."""
    for old, new in ((example, name), (example.upper(), name.upper())):
        code = re.sub(rf"\b{old}(?=_|\.h\b)".encode(), new.encode(), code)
    return code


def _rename(path: Path, name: str) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise write_error(path, error) from error
    write_atomic(path, re.sub(r'(?m)^name = ".*"$', f'name = "{name}"', text, count=1))
