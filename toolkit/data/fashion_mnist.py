# SPDX-License-Identifier: Apache-2.0
"""Fashion-MNIST, and MNIST, KMNIST ... in the same four files: the format idx, packed or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.places import data_folder
from toolkit.data.published import ANY, TEST, require_one_of
from toolkit.data.rows import ScaledRows
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError
from toolkit.reading import require_file

_HINT = (
    "Try: the folder that has train-images-idx3-ubyte.gz and the other three, from "
    "https://github.com/zalandoresearch/fashion-mnist"
)
_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_PARTS = {"train": ANY, "t10k": TEST}
_MOST_BYTES = 1 << 30
_BYTES = 8  # the type of idx that these files have
_WHITE = 255.0


@dataclass(frozen=True)
class FashionMnistOptions:
    """[data.options]: classes are the names of the labels 0, 1 ...; those of Fashion-MNIST if empty."""

    folder: str
    classes: tuple[str, ...] = ()

    def paths(self, root: Path) -> list[tuple[Path, Path, int]]:
        """Return images, labels and split of each half."""
        folder = data_folder(root, self.folder)
        return [
            (_file(folder, f"{n}-images", 3), _file(folder, f"{n}-labels", 1), p) for n, p in _PARTS.items()
        ]


def _file(folder: Path, start: str, axes: int) -> Path:
    names = (f"{start}-idx{axes}-ubyte", f"{start}.idx{axes}-ubyte")
    return require_one_of(folder, [f"{name}{end}" for end in ("", ".gz") for name in names], _HINT)


def _read(options: FashionMnistOptions, context: SourceContext) -> Samples:
    classes = options.classes or _CLASSES
    pictures: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.int64]] = []
    parts: list[int] = []
    for images, names, part in options.paths(context.root):
        x, y = read_idx(images, 3), read_idx(names, 1)
        if len(x) != len(y) or (len(y) and int(y.max()) >= len(classes)):
            highest = int(y.max()) if len(y) else 0
            raise InputError(
                f"{images} has {len(x)} pictures, {names.name} {len(y)} labels up to {highest}; "
                f"there are {len(classes)} classes.",
                hint=_HINT,
            )
        if pictures and x.shape[1:] != pictures[0].shape[1:3]:
            raise InputError(
                f"{images} has pictures of {x.shape[1:]}, the others of {pictures[0].shape[1:3]}.", hint=_HINT
            )
        pictures.append(x[..., np.newaxis])
        labels.append(y.astype(np.int64))
        parts += [part] * len(y)
    rows = ScaledRows(np.concatenate(pictures), _WHITE)
    return Samples("classification", rows, np.concatenate(labels), classes, parts=np.array(parts, np.int64))


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Return the bytes of an idx file with so many axes: 0, 0, type, axes, lengths (big-endian), numbers.

    No more is read or unpacked than its header says. Raises InputError if it is another, is cut off or goes
    on, or says more than a GiB.
    """
    require_file(path, _MOST_BYTES, _HINT)
    start = 4 + 4 * axes
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            header = stream.read(start)
            if header[:4] != bytes([0, 0, _BYTES, axes]) or len(header) < start:
                raise InputError(f"{path} is no idx file of bytes with {axes} axes.", hint=_HINT)
            shape = tuple(int(length) for length in np.frombuffer(header, ">u4", axes, 4))
            size = prod(shape)
            if size > _MOST_BYTES:
                what = f"says that it has {size:,} bytes; at most {_MOST_BYTES:,} are read"
                raise InputError(f"{path} {what}.", hint=_HINT)
            content = stream.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {error}.", hint=_HINT) from error
    if len(content) != size:
        count = "more bytes" if len(content) > size else f"{len(content):,} bytes"
        raise InputError(f"{path} has {count} for {shape} numbers, {size:,}.", hint=_HINT)
    numbers: NDArray[np.uint8] = np.frombuffer(content, np.uint8).reshape(shape)
    return numbers


def _files(options: FashionMnistOptions, context: SourceContext) -> Iterable[Path]:
    return [path for images, labels, _ in options.paths(context.root) for path in (images, labels)]


SOURCE = Source(
    name="fashion_mnist",
    summary="Fashion-MNIST, MNIST and others in four idx files, packed by gzip or not",
    options=FashionMnistOptions,
    read=_read,
    hint=_HINT,
    files=_files,
)
