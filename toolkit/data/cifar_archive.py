# SPDX-License-Identifier: Apache-2.0
"""The two archives in which CIFAR-10 is published; nothing in them is run or written to the disk."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.reading import require_file

# Published beside the archives at https://www.cs.toronto.edu/~kriz/cifar.html
PUBLISHED_MD5 = {
    "cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a",
    "cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530",
}
_PIXELS = 3 * 32 * 32
_MOST_ARCHIVE_BYTES = 1 << 30
_MOST_BYTES = 64 << 20
_PYTHON = tuple(f"data_batch_{i}" for i in range(1, 6))
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
    """Return what is in the archive of either kind, after comparing its checksum (MD5 or SHA-256).

    An empty checksum stands for the published ones. Raises InputError if they differ, or if the file
    is damaged or something else.
    """
    require_file(path, _MOST_ARCHIVE_BYTES, _HINT)
    try:
        _require_checksum(path, checksum)
        with tarfile.open(path, "r:*") as archive:
            files = _members(archive)
        return _python(files) if "test_batch" in files else _binary(files)
    except _DAMAGED as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{path} cannot be read as CIFAR-10: {reason}.", hint=_HINT) from error


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


def _members(archive: tarfile.TarFile) -> dict[str, bytes]:
    """Return the plain files of the archive that are known, by their last name."""
    known = {*_PYTHON, "test_batch", "batches.meta", "batches.meta.txt"}
    known |= {f"{name}.bin" for name in (*_PYTHON, "test_batch")}
    files = {}
    for member in archive:
        name = member.name.rpartition("/")[2]
        if name in known and member.isfile():
            if member.size > _MOST_BYTES:
                raise ValueError(f"{name} says it has {member.size:,} bytes")
            stream = archive.extractfile(member)
            files[name] = stream.read() if stream else b""
    return files


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
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no CIFAR-10 archive needs")


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
