# SPDX-License-Identifier: Apache-2.0
"""What a kind of package is: how the files of a library lie, and what lies beside them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import InputError, UsageError
from toolkit.export.library import Library
from toolkit.files import write_atomic
from toolkit.firmware.generated import GeneratedFiles, is_generated
from toolkit.plugins import by_name, load_plugins
from toolkit.suggest import did_you_mean

_COMMENT = b"made by tinyml export"
_HINT = "Try: --output NAME, of something that is not there yet"
Files = Mapping[str, str | bytes]
_TIME = (1980, 1, 1, 0, 0, 0)
"""That of every file in an archive, the first that a zip archive can say: equal exports are equal bytes."""


@dataclass(frozen=True)
class Kind:
    """name is what --to takes, about what it is for people. arrange returns the files by their places.

    archive is "" for a folder, else what the name of a zip archive ends in.
    """

    name: str
    about: str
    arrange: Callable[[Library], Files]
    archive: str = ""

    def place(self, library: Library) -> str:
        """Return what the folder or archive is called if nobody says it."""
        return f"{library.name}-{self.name}{self.archive}"

    def write(self, library: Library, target: Path, on_word: Callable[[str], None] | None = None) -> Path:
        """Write the library to target, an archive with its ending; return where it is.

        What an earlier export left there and this one has not is removed. on_word hears of files that a
        person edited, before they are written again. Raises InputError if target refuses, or holds anything
        else.
        """
        files = self.arrange(library)
        if not self.archive:
            _require_ours(target)
            GeneratedFiles(target, on_word, note="").replace_with(files, ())
            return target
        if target.suffix != self.archive:
            target = target.with_name(f"{target.name}{self.archive}")
        _require_our_archive(target)
        write_atomic(target, zipped(files))
        return target


def _require_ours(folder: Path) -> None:
    """Raise InputError for a folder with anything in it, unless an export made it."""
    if folder.is_dir() and not is_generated(folder) and any(folder.iterdir()):
        raise InputError(f"{folder} holds other files: an export wants a folder of its own.", hint=_HINT)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: this kind of export is a folder.", hint=_HINT)


def _require_our_archive(path: Path) -> None:
    """Raise InputError if path is something else than an archive that an export made."""
    if not path.exists() and not path.is_symlink():
        return
    try:
        with zipfile.ZipFile(path) as archive:
            is_ours = archive.comment == _COMMENT and not path.is_symlink()
    except (OSError, ValueError, zipfile.BadZipFile):
        is_ours = False
    if not is_ours:
        raise InputError(f"{path} is there, and no export made it.", hint=_HINT)


def kinds() -> dict[str, Kind]:
    """Return every kind by its name."""
    return by_name(load_plugins("toolkit.export.kinds", "KIND"))


def find_kind(name: str) -> Kind:
    """Return the kind called name. Raises UsageError with the nearest names."""
    known = kinds()
    if name not in known:
        raise UsageError(f"there is no kind of export {name!r}. {did_you_mean(name, known)}")
    return known[name]


def zipped(files: Files) -> bytes:
    """Return a zip archive of files, the same bytes for the same files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.comment = _COMMENT
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()
