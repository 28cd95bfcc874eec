# SPDX-License-Identifier: Apache-2.0
"""The archives in which CIFAR-10 and CIFAR-100 are published; nothing in them is run, or written to disk."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from toolkit.data.cifar_pickle import Batch
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
_MOST_UNPACKED_BYTES = 512 << 20
_PACKERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
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
    lzma.LZMAError,
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
        with _unpacked(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            files = _members(archive, known, most_bytes)
        return read(files)
    except _DAMAGED as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
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


class _Limited:
    """What a packed file inflates to: more than _MOST_UNPACKED_BYTES raise ValueError."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = _MOST_UNPACKED_BYTES

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise ValueError(f"it inflates to more than {_MOST_UNPACKED_BYTES:,} bytes")
        return content


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Give the tar in an archive, packed by gzip, bzip2, xz or not, as a stream that ends at a limit."""
    with path.open("rb") as stream:
        start = stream.read(6)
    opened = next((opens for magic, opens in _PACKERS.items() if start.startswith(magic)), Path.open)
    with opened(path, "rb") as stream:
        yield cast("IO[bytes]", _Limited(stream))


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
    batches = [Batch(n, _file(files, n)) for n in (*(n for n in _PYTHON if n in files), "test_batch")]
    names = Batch("batches.meta", _file(files, "batches.meta")).names("label_names")
    pixels = [batch.rows("data", _PIXELS) for batch in batches]
    return _pictures(pixels, [batch.labels("labels") for batch in batches], names)


def _binary(files: dict[str, bytes]) -> Pictures:
    """Each record is a byte of label and 3072 of pixels."""
    known = [f"{name}.bin" for name in _PYTHON if f"{name}.bin" in files]
    batches = [_records(files, name, 1) for name in (*known, "test_batch.bin")]
    names = _words(files, "batches.meta.txt")
    return _pictures([b[:, 1:] for b in batches], [b[:, 0].astype(np.int64) for b in batches], names)


def _hundred_python(files: dict[str, bytes], labels: str) -> Pictures:
    """Return the two batches of a python archive, whose meta names the classes."""
    batches = [Batch(name, _file(files, name)) for name in ("train", "test")]
    names = Batch("meta", _file(files, "meta")).names(f"{labels}_label_names")
    pixels = [batch.rows("data", _PIXELS) for batch in batches]
    return _pictures(pixels, [batch.labels(f"{labels}_labels") for batch in batches], names)


def _hundred_binary(files: dict[str, bytes], labels: str) -> Pictures:
    """Each record is a byte of the coarse label, one of the fine one, and 3072 of pixels."""
    batches = [_records(files, f"{name}.bin", 2) for name in ("train", "test")]
    column = ("coarse", "fine").index(labels)
    names = _words(files, f"{labels}_label_names.txt")
    return _pictures([b[:, 2:] for b in batches], [b[:, column].astype(np.int64) for b in batches], names)


def _file(files: dict[str, bytes], name: str) -> bytes:
    if name not in files:
        raise ValueError(f"it has no {name}")
    return files[name]


def _words(files: dict[str, bytes], name: str) -> tuple[str, ...]:
    return tuple(_file(files, name).decode("ascii").split())


def _records(files: dict[str, bytes], name: str, labels: int) -> NDArray[np.uint8]:
    """Return the records of a binary batch, (n, labels + pixels)."""
    content, width = _file(files, name), labels + _PIXELS
    if len(content) % width:
        raise ValueError(f"{name} has {len(content):,} bytes, which are no records of {width:,}")
    return np.frombuffer(content, np.uint8).reshape(-1, width)


def _pictures(
    pixels: list[NDArray[np.uint8]], labels: list[NDArray[np.int64]], classes: tuple[str, ...]
) -> Pictures:
    """Red, green and blue planes become pixels; the last batch is the test split."""
    x, y = np.concatenate(pixels), np.concatenate(labels)
    if len(x) != len(y) or len(pixels[-1]) != len(labels[-1]):
        raise ValueError(f"it has {len(x)} pictures and {len(y)} labels")
    if len(set(classes)) < len(classes):
        raise ValueError("two of its classes have one name")
    if len(y) and not 0 <= y.min() <= y.max() < len(classes):
        raise ValueError(f"it has labels from {y.min()} to {y.max()}, of {len(classes)} classes")
    return Pictures(x.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), y, len(labels[-1]), classes)
