# SPDX-License-Identifier: Apache-2.0
"""Files of an archive or a folder that anybody made, put into a new folder and nowhere else."""

from __future__ import annotations

import lzma
import os
import re
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from toolkit import ui
from toolkit.errors import InputError
from toolkit.files import use_error

MOST_BYTES = 4 << 30
"""Of all files together. TFLM's repository has less than a tenth of it."""
MOST_FILES = 200_000
_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,  # encrypted, and NotImplementedError: another compression
    ValueError,
)


def is_zip(path: Path) -> bool:
    """Return whether path is a .zip; a pipe or a device, which may never end, is none."""
    return path.is_file() and zipfile.is_zipfile(path)


def unpack_zip(path: Path, target: Path) -> None:
    """Unpack a .zip as forges make them: all of it is in one folder, whose name is left out.

    Links are left out. Raises InputError if it is damaged, encrypted, too large, or has a name that leads
    elsewhere.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            names = [_parts(entry.filename, str(path)) for entry in files]
            if len({parts[0] for parts in names}) != 1 or min(map(len, names)) < 2:
                raise InputError(
                    f"{ui.one_line(path)} is no archive of a repository: it must hold one folder."
                )
            _require_size(str(path), len(files), sum(entry.file_size for entry in files))
            for entry, parts in zip(files, names, strict=True):
                mode = entry.external_attr >> 16
                if not stat.S_ISLNK(mode):
                    with archive.open(entry) as stream:
                        _write(stream, target, parts[1:], mode)
    except _DAMAGED as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        if error.filename is None:  # bytes that are no archive's; a disk that refuses names the file
            raise _damaged(path, error.strerror or str(error)) from error
        raise use_error(error) from error


def unpack_tar(archive: tarfile.TarFile, target: Path, source: str) -> None:
    """Unpack the files of what git made of the repository source; links are left out.

    Raises InputError as unpack_zip() does.
    """
    members = [member for member in archive.getmembers() if member.isfile()]
    _require_size(source, len(members), sum(member.size for member in members))
    target.mkdir()
    for member in members:
        stream = archive.extractfile(member)
        assert stream is not None
        _write(stream, target, _parts(member.name, source), member.mode)


def copy_folder(folder: Path, target: Path, left_out: Collection[str] = ()) -> None:
    """Copy a folder's files; a link to a file in the folder becomes that file.

    left_out are names of files and folders that are not copied. Raises InputError that names what is neither
    a file nor a folder: a pipe, a device, or any other link.
    """
    try:
        files = list(_files_in(folder, folder.resolve(), left_out))
        _require_size(str(folder), len(files), sum(file.stat().st_size for file in files))
        target.mkdir(parents=True, exist_ok=True)
        for file in files:
            with file.open("rb") as stream:
                _write(stream, target, file.relative_to(folder).parts, file.stat().st_mode)
    except OSError as error:
        raise use_error(error) from error


def _files_in(folder: Path, root: Path, left_out: Collection[str]) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.name in left_out:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files_in(path, root, left_out)
        elif entry.is_file(follow_symlinks=False) or (entry.is_symlink() and _leads_to_a_file(path, root)):
            yield path
        else:
            kind = "a link to no file in its folder" if entry.is_symlink() else "a pipe, socket or device"
            raise InputError(
                f"{ui.one_line(path)} is {kind}; only files and folders are copied.",
                hint="Try: remove it, or a git repository in the folder's place",
            )


def _leads_to_a_file(link: Path, root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root) and link.is_file()
    except (OSError, RuntimeError):  # dangling, or in a circle
        return False


def _parts(name: str, source: str) -> tuple[str, ...]:
    """Return the names between an entry's slashes. Raises InputError if they could lead elsewhere."""
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    is_wrong = name.startswith("/") or "\\" in name or "\0" in name or ".." in parts or not parts
    if is_wrong or any(_DRIVE.match(part) for part in parts):
        raise InputError(
            f"{ui.one_line(source)} is no archive of a repository: a file in it is called "
            f"{ui.one_line(repr(name))}, which leads out of its folder. Nothing was kept.",
            hint="Try: an archive from the project's own repository",
        )
    return parts


def _write(stream: IO[bytes], target: Path, parts: tuple[str, ...], mode: int) -> None:
    file = target.joinpath(*parts)
    if not file.resolve().is_relative_to(target.resolve()):
        raise InputError(f"{ui.one_line('/'.join(parts))} leads out of its folder. Nothing was kept.")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        shutil.copyfileobj(stream, out)
    file.chmod(0o755 if mode & 0o100 else 0o644)


def _require_size(source: str, files: int, size: int) -> None:
    if files > MOST_FILES or size > MOST_BYTES:
        raise InputError(
            f"{ui.one_line(source)} has {files:,} files with {size:,} bytes; at most {MOST_FILES:,} files "
            f"with {MOST_BYTES:,} bytes are taken."
        )


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"{ui.one_line(path)} cannot be unpacked: it is damaged or encrypted ({ui.one_line(why)}).",
        hint="Try: download it again",
    )
