# SPDX-License-Identifier: Apache-2.0
"""The archives in which CIFAR-10 and CIFAR-100 are published; nothing in them is run, or written to disk."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.reading import read_file, require_file

# Published beside the archives at https://www.cs.toronto.edu/~kriz/cifar.html
PUBLISHED_MD5 = {
    "cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a",
    "cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530",
    "cifar-100-python.tar.gz": "eb9058c3a382ffc7106e4002c42a8d85",
    "cifar-100-binary.tar.gz": "03b5dce01913d631647c71ecec9e9cb8",
}
_PIXELS = 3 * 32 * 32
_MOST_ARCHIVE_BYTES = 1 << 30
_MOST_BYTES = 64 << 20
_MOST_HUNDRED_BYTES = 256 << 20
_PYTHON = tuple(f"data_batch_{i}" for i in range(1, 6))
_KNOWN = frozenset(
    {*_PYTHON, "test_batch", "batches.meta", "batches.meta.txt"}
    | {f"{name}.bin" for name in (*_PYTHON, "test_batch")}
)
_KNOWN_HUNDRED = frozenset(
    {"train", "test", "meta", "train.bin", "test.bin", "fine_label_names.txt", "coarse_label_names.txt"}
)
_HINT = "Try: download it again from https://www.cs.toronto.edu/~kriz/cifar.html"
_DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    tarfile.TarError,
    zlib.error,
    pickle.UnpicklingError,
    UnicodeError,
    MemoryError,
    OverflowError,
)


@dataclass(frozen=True, eq=False)
class Pictures:
    """x is uint8 (n, 32, 32, 3), y int64 (n,); the last `tests` are the published test split."""

    x: NDArray[np.uint8]
    y: NDArray[np.int64]
    tests: int
    classes: tuple[str, ...]


def read_archive(path: Path, checksum: str) -> Pictures:
    """Return what is in the archive of CIFAR-10 of either kind; its checksum is compared first.

    An empty checksum (MD5 or SHA-256) stands for the published ones. path may be the folder into which it
    was unpacked, whose checksum nobody knows. Raises InputError if they differ, or if the file is damaged
    or something else.
    """

    def read(files: dict[str, bytes]) -> Pictures:
        return _python(files) if "test_batch" in files else _binary(files)

    return read_files(path, checksum, _KNOWN, read, "CIFAR-10")


def read_hundred(path: Path, checksum: str, labels: str) -> Pictures:
    """Return what is in the archive of CIFAR-100, as read_archive does; labels are "fine" or "coarse"."""

    def read(files: dict[str, bytes]) -> Pictures:
        return _hundred_python(files, labels) if "test" in files else _hundred_binary(files, labels)

    return read_files(path, checksum, _KNOWN_HUNDRED, read, "CIFAR-100", _MOST_HUNDRED_BYTES)


def read_files(
    path: Path,
    checksum: str,
    known: frozenset[str],
    read: Callable[[dict[str, bytes]], Pictures],
    name: str,
    most_bytes: int = _MOST_BYTES,
) -> Pictures:
    """Return what read makes of the known files of an archive or folder. Raises InputError."""
    try:
        if path.is_dir():
            return read(_in_folder(path, known, most_bytes))
        require_file(path, _MOST_ARCHIVE_BYTES, _HINT)
        _require_checksum(path, checksum)
        with tarfile.open(path, "r:*") as archive:
            files = _members(archive, known, most_bytes)
        return read(files)
    except _DAMAGED as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{path} cannot be read as {name}: {reason}.", hint=_HINT) from error


def _require_checksum(path: Path, checksum: str) -> None:
    wanted = {checksum.lower()} if checksum else set(PUBLISHED_MD5.values())
    kind = "sha256" if len(checksum) == 64 else "md5"
    with path.open("rb") as stream:
        digest = hashlib.new(kind, usedforsecurity=False)
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    if digest.hexdigest() not in wanted:
        raise InputError(
            f"the {kind} of {path} is {digest.hexdigest()}; {' or '.join(sorted(wanted))} is right.",
            hint=_HINT + ",\nor checksum in the section [data.options], for an archive of your own",
        )


def _members(archive: tarfile.TarFile, known: frozenset[str], most_bytes: int) -> dict[str, bytes]:
    """Return the plain files of the archive that are known, by their last name."""
    files = {}
    for member in archive:
        name = member.name.rpartition("/")[2]
        if name in known and member.isfile():
            if member.size > most_bytes:
                raise ValueError(f"{name} says it has {member.size:,} bytes")
            stream = archive.extractfile(member)
            files[name] = stream.read() if stream else b""
    return files


def files_of_archive(path: Path) -> list[Path]:
    """Return the files that are looked at: an archive, or those of a folder that may be known."""
    if path.is_dir():
        return [path / name for name in sorted(_KNOWN | _KNOWN_HUNDRED) if (path / name).is_file()]
    return [path]


def _in_folder(folder: Path, known: frozenset[str], most_bytes: int) -> dict[str, bytes]:
    return {name: read_file(folder / name, most_bytes) for name in known if (folder / name).is_file()}


def _python(files: dict[str, bytes]) -> Pictures:
    batches = [_load(files[name]) for name in (*(n for n in _PYTHON if n in files), "test_batch")]
    names = _load(files["batches.meta"])["label_names"]
    pixels = [_array(batch["data"]).reshape(-1, _PIXELS) for batch in batches]
    labels = [np.array(batch["labels"], np.int64) for batch in batches]
    return _pictures(pixels, labels, tuple(str(name) for name in names))


def _binary(files: dict[str, bytes]) -> Pictures:
    """Each record is a byte of label and 3072 of pixels."""
    known = [f"{name}.bin" for name in (*_PYTHON, "test_batch")]
    batches = [
        np.frombuffer(files[name], np.uint8).reshape(-1, 1 + _PIXELS) for name in known if name in files
    ]
    if "test_batch.bin" not in files:
        raise KeyError("it has no test_batch")
    names = files["batches.meta.txt"].decode("ascii").split()
    return _pictures([b[:, 1:] for b in batches], [b[:, 0].astype(np.int64) for b in batches], tuple(names))


def _hundred_python(files: dict[str, bytes], labels: str) -> Pictures:
    """Return the two batches of a python archive, whose meta names the classes."""
    batches = [_load(files[name]) for name in ("train", "test")]
    names = tuple(str(name) for name in _load(files["meta"])[f"{labels}_label_names"])
    pixels = [_array(batch["data"]).reshape(-1, _PIXELS) for batch in batches]
    return _pictures(pixels, [np.array(batch[f"{labels}_labels"], np.int64) for batch in batches], names)


def _hundred_binary(files: dict[str, bytes], labels: str) -> Pictures:
    """Each record is a byte of the coarse label, one of the fine one, and 3072 of pixels."""
    batches = [
        np.frombuffer(files[f"{name}.bin"], np.uint8).reshape(-1, 2 + _PIXELS) for name in ("train", "test")
    ]
    names = tuple(files[f"{labels}_label_names.txt"].decode("ascii").split())
    column = ("coarse", "fine").index(labels)
    return _pictures([b[:, 2:] for b in batches], [b[:, column].astype(np.int64) for b in batches], names)


def _pictures(
    pixels: list[NDArray[np.uint8]], labels: list[NDArray[np.int64]], classes: tuple[str, ...]
) -> Pictures:
    """Red, green and blue planes become pixels; the last batch is the test split."""
    x, y = np.concatenate(pixels), np.concatenate(labels)
    if len(x) != len(y):
        raise ValueError(f"it has {len(x)} pictures and {len(y)} labels")
    return Pictures(x.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), y, len(labels[-1]), classes)


class _Array:
    """What stands for a NumPy array in a batch: how it was made, and its state. It does nothing."""

    state: tuple[Any, ...] = ()

    def __init__(self, *how: Any) -> None:
        self.how = how

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    """Knows the three names that a batch needs, and gives a thing that does nothing for each."""

    _KNOWN = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        """Return a stand-in. Raises UnpicklingError for every other name."""
        if (module, name) in self._KNOWN:
            return _Array
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no CIFAR archive needs")


def _load(content: bytes) -> dict[str, Any]:
    stream: IO[bytes] = io.BytesIO(content)
    value = _Unpickler(stream, encoding="latin1").load()
    if not isinstance(value, dict):
        raise ValueError("a batch is no dictionary")
    return value


def _array(value: Any) -> NDArray[np.uint8]:
    """Return the array of a stand-in: state is (version, shape, dtype, is Fortran, bytes)."""
    if not isinstance(value, _Array) or len(value.state) != 5:
        raise ValueError("the pixels of a batch are no array")
    _, shape, kind, fortran, content = value.state
    raw = content.encode("latin1") if isinstance(content, str) else content
    if not isinstance(kind, _Array) or kind.how[:1] != ("u1",) or fortran or len(shape) != 2:
        raise ValueError("the pixels of a batch are not rows of bytes")
    array: NDArray[np.uint8] = np.frombuffer(raw, np.uint8).reshape(shape)
    return array
