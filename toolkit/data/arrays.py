# SPDX-License-Identifier: Apache-2.0
"""Reading .npy and .npz content that may be damaged or hostile: never a pickle, and one kind of error."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Collection
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.reading import require_file

MOST_BYTES = 4 << 30
"""Of the arrays that a file may have where all of them are taken into memory."""
_NPY = ".npy"
_ARCHIVE = b"PK"
Arrays = dict[str, NDArray[Any]]

# What NumPy and zipfile were seen to raise for files with flipped bytes.
DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
    BadZipFile,
    zlib.error,
    tokenize.TokenError,
)


def load_array(file: Path | BytesIO, *, mapped: bool = False) -> NDArray[Any]:
    """Return the array of an .npy file, mapped if asked.

    Raises ValueError if it is none, is damaged, or has fewer bytes than its header claims.
    """
    try:
        if isinstance(file, Path):
            with file.open("rb") as stream:
                _require_whole(stream, file.stat().st_size)
        else:
            _require_whole(file, file.getbuffer().nbytes)
        array = np.load(file, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (FileNotFoundError, _EndsEarlyError, ObjectsError):
        raise
    except DAMAGED as error:
        raise ValueError(f"no .npy file, or damaged: {error}") from error
    if not isinstance(array, np.ndarray):
        raise ValueError("no .npy file")
    return array


def load_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """Return the array in one entry of an .npz file. Raises what DAMAGED lists, InputError for objects."""
    with archive.open(entry) as stream:
        try:
            _require_whole(stream, entry.file_size)
        except ObjectsError as error:
            name = entry.filename.removesuffix(_NPY)
            raise InputError(f"{name} of {archive.filename} is {error}.", hint=objects_hint(name)) from error
        array: NDArray[Any] = np.load(stream, allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{entry.filename} is no .npy file")
    return array


def read_array(path: Path) -> NDArray[Any]:
    """Return the array of an .npy file that a person names. Raises InputError if it cannot be read."""
    require_file(path, MOST_BYTES)
    try:
        return load_array(path)
    except ObjectsError as error:
        raise InputError(f"{path} is {error}.", hint=objects_hint("x")) from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is {error}.", hint='Try: numpy.save("FILE.npy", ARRAY), which writes one'
        ) from error


def array_names(path: Path) -> list[str]:
    """Return what the arrays of an .npz file are called. Raises InputError if it cannot be read."""
    require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(_NPY) for name in archive.namelist()]
    except DAMAGED as error:
        raise InputError(f"{path} is no .npz file, or damaged: {error}.", hint="Try: numpy.savez") from error


def read_archive(path: Path, names: Collection[str] = ()) -> Arrays:
    """Return the arrays of an .npz file that are called so, without names all of them.

    Raises InputError if it cannot be read, or they take more than MOST_BYTES.
    """
    require_file(path, MOST_BYTES)
    try:
        with zipfile.ZipFile(path) as archive:
            found = {entry.filename.removesuffix(_NPY): entry for entry in archive.infolist()}
            wanted = {name: entry for name, entry in found.items() if not names or name in names}
            total = sum(entry.file_size for entry in wanted.values())
            if total > MOST_BYTES:
                what = f"the arrays of {path} take {total:,} bytes; at most {MOST_BYTES:,} are read"
                raise InputError(f"{what}.", hint="Try: .npy files, or fewer samples")
            return {name: load_entry(archive, entry) for name, entry in wanted.items()}
    except DAMAGED as error:
        raise InputError(f"{path} is no .npz file, or damaged: {error}.", hint="Try: numpy.savez") from error


def read_arrays(path: Path) -> NDArray[Any] | Arrays:
    """Return the array of an .npy file or the arrays of an .npz file, whatever its name ends in.

    Raises InputError if it cannot be read.
    """
    require_file(path, MOST_BYTES)
    try:
        with path.open("rb") as stream:
            head = stream.read(len(npy.MAGIC_PREFIX))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}.") from error
    if not head.startswith((npy.MAGIC_PREFIX, _ARCHIVE)):
        raise InputError(
            f"{path} is no .npy or .npz file.", hint='Try: numpy.save("FILE.npy", ARRAY), which writes one'
        )
    return read_archive(path) if head.startswith(_ARCHIVE) else read_array(path)


class _EndsEarlyError(ValueError):
    """The file has fewer bytes than its header claims: NumPy would ask for the memory first."""


class ObjectsError(ValueError):
    """The array is of Python objects, which only a pickle holds."""


def objects_hint(name: str) -> str:
    """Return what to do with an array of Python objects of this name."""
    return f'Try: {name}.astype("float32") for numbers, {name}.astype(str) for texts, before it is saved'


def _require_whole(stream: IO[bytes], size: int) -> None:
    """Raise ValueError if the header claims more than size bytes hold; stream is at its start again."""
    is_old = npy.read_magic(stream) == (1, 0)
    read = npy.read_array_header_1_0 if is_old else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise ObjectsError("an array of Python objects; one of numbers or texts is needed")
    claimed, there = prod(shape) * dtype.itemsize, size - stream.tell()
    stream.seek(0)
    if claimed > there:
        what = f"{claimed:,} bytes of numbers are said to be there, {there:,} are"
        raise _EndsEarlyError(f"an .npy file that ends early: {what}")
