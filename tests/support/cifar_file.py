# SPDX-License-Identifier: Apache-2.0
"""Small archives in the two formats in which CIFAR-10 is published, random pictures in them."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")


def pictures(per_batch: int, seed: int = 1) -> dict[str, tuple[np.ndarray, list[int]]]:
    """Pixels (n, 3072) and labels of each batch; a class's pictures are a little brighter than the last's."""
    random = np.random.default_rng(seed)
    made = {}
    for name in BATCHES:
        labels = [i % 10 for i in range(per_batch)]
        brightness = 20 * np.array(labels)[:, np.newaxis]
        made[name] = (random.integers(0, 60, (per_batch, 3072)) + brightness).astype(np.uint8), labels
    return made


def write_python_archive(path: Path, batches: dict[str, tuple[np.ndarray, list[int]]]) -> None:
    files = {name: batch_pickle(*batch) for name, batch in batches.items()}
    files["batches.meta"] = meta_pickle()
    write_tar(path, {f"cifar-10-batches-py/{name}": content for name, content in files.items()})


def write_binary_archive(path: Path, batches: dict[str, tuple[np.ndarray, list[int]]]) -> None:
    files = {
        f"cifar-10-batches-bin/{name}.bin": b"".join(
            bytes([label]) + row.tobytes() for row, label in zip(*batch, strict=True)
        )
        for name, batch in batches.items()
    }
    files["cifar-10-batches-bin/batches.meta.txt"] = ("\n".join(CLASSES) + "\n\n").encode()
    write_tar(path, files)


def batch_pickle(pixels: np.ndarray, labels: list[int]) -> bytes:
    """What Python 2 wrote: protocol 2, byte strings, a NumPy array by way of _reconstruct."""
    content = pixels.tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + short("b") + b"\x87R"
        b"(K\x01" + integer(pixels.shape[0]) + integer(pixels.shape[1]) + b"\x86"
        b"cnumpy\ndtype\n" + short("u1") + b"K\x00K\x01\x87R(K\x03" + short("|") + b"NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89T" + struct.pack("<I", len(content)) + content + b"tb"
    )
    numbers = b"](" + b"".join(integer(label) for label in labels) + b"e"
    return b"\x80\x02}(" + short("data") + array + short("labels") + numbers + b"u."


def meta_pickle() -> bytes:
    names = b"".join(short(name) for name in CLASSES)
    return b"\x80\x02}(" + short("label_names") + b"](" + names + b"eu."


def short(text: str) -> bytes:
    return b"U" + bytes([len(text)]) + text.encode()


def integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def write_tar(path: Path, files: dict[str, bytes]) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    path.write_bytes(gzip.compress(stream.getvalue(), mtime=0))
