# SPDX-License-Identifier: Apache-2.0
"""Where PlatformIO may work: only in folders whose names mean nothing to a shell or to SCons.

SCons runs compilers by a shell, and its substitution evaluates ${...} as Python, also in the name of the
project's folder. A project in a folder with such a name is therefore built in a copy, under a plain name.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import tempfile
from pathlib import Path

from toolkit import paths
from toolkit.errors import InputError
from toolkit.files import write_atomic, write_error

_PLAIN = re.compile(r"[\w./\\:~+@ -]*")
LOCK = ".build.lock"
_LEFT = {".pio", "__pycache__", LOCK}
"""What builds leave in a project."""
_ELSEWHERE = ("/tmp", "/var/tmp", "C:\\Users\\Public")


def is_plain(folder: Path) -> bool:
    """Return whether no character of the folder's full name means anything to a shell or to SCons."""
    name = str(folder.absolute())
    return bool(_PLAIN.fullmatch(name)) and "\n" not in name


def plain_root() -> Path:
    """Return a folder with a plain name, for this user alone: the cache, else one for temporary files.

    Raises InputError if there is none.
    """
    cache = paths.cache_dir()
    if is_plain(cache):
        return cache
    user = f"tinyml-{_user()}"
    for parent in (Path(tempfile.gettempdir()), *map(Path, _ELSEWHERE)):
        folder = parent / user
        if is_plain(folder) and parent.is_dir() and _is_private(folder):
            return folder
    raise InputError(
        f"PlatformIO cannot build in {cache}: its name has characters that a shell would read as commands.",
        hint="Try: TINYML_CACHE_DIR=FOLDER, with a folder of letters, digits and dashes",
    )


def rendered_files(folder: Path) -> list[Path]:
    """Return every file of the project in folder but what its build leaves there, sorted."""
    found = sorted(path for path in folder.rglob("*") if not _LEFT & set(path.relative_to(folder).parts))
    return [path for path in found if path.is_file()]


def build_folder(folder: Path) -> Path:
    """Return where the project in folder is built: there, or in its copy under a plain name."""
    if is_plain(folder):
        return folder
    digest = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()
    return plain_root() / "builds" / digest[:16]


def bring_up_to_date(folder: Path, copy: Path) -> None:
    """Make copy the same as folder, but for what builds leave. Raises InputError if it cannot be written."""
    names = {path.relative_to(folder) for path in rendered_files(folder)}
    for name in sorted(names):
        write_atomic(copy / name, (folder / name).read_bytes(), durable=False)
    for path in rendered_files(copy):
        if path.relative_to(copy) not in names:
            path.unlink()


def plain_environment(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment with plain folders for temporary files and for the user's home.

    Raises InputError if they cannot be made.
    """
    moved = {"TMPDIR": "temporary", "TMP": "temporary", "TEMP": "temporary", "HOME": "home"}
    wrong = {name for name in moved if not is_plain(Path(environment.get(name, "")))}
    if not wrong:
        return environment
    folders = {name: plain_root() / moved[name] for name in wrong}
    for folder in folders.values():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(folder, error) from error
    return {**environment, **{name: str(folder) for name, folder in folders.items()}}


def _user() -> str:
    if sys.platform == "win32":
        return "build"
    return str(os.getuid())


def _is_private(folder: Path) -> bool:
    """Make the folder for this user alone; whether nobody else could have put something there."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return found.st_uid == os.getuid() and not found.st_mode & 0o022
