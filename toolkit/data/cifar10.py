# SPDX-License-Identifier: Apache-2.0
"""CIFAR-10: 60,000 pictures of 32x32 pixels in ten classes, from a file or by Keras' download."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.data.cifar_archive import Pictures, files_of_archive, read_archive
from toolkit.data.dataset import Samples
from toolkit.data.rows import ScaledRows
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError
from toolkit.extras import load_extra

_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_WHITE = 255.0


@dataclass(frozen=True)
class Cifar10Options:
    """[data.options]: file is the published archive, the python or the binary one, or the folder into which
    it was unpacked; empty: Keras loads it.

    checksum is the MD5 or SHA-256 that file must have; empty: one of the published ones. The published
    test split is the test split; [data] split divides the rest among train and validation.
    """

    file: str = ""
    checksum: str = ""

    def __post_init__(self) -> None:
        if self.checksum and not re.fullmatch(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}", self.checksum):
            raise ValueError("checksum must be 32 (MD5) or 64 (SHA-256) hexadecimal digits.")


def _read(options: Cifar10Options, context: SourceContext) -> Samples:
    if options.file:
        pictures = read_archive(context.root / Path(options.file).expanduser(), options.checksum)
    else:
        pictures = _by_keras()
    parts = np.full(len(pictures.y), -1, np.int64)
    parts[len(parts) - pictures.tests :] = 2
    return Samples(
        "classification", ScaledRows(pictures.x, _WHITE), pictures.y, pictures.classes, parts=parts
    )


def _by_keras() -> Pictures:
    try:
        (x, y), (x_test, y_test) = load_extra("keras").datasets.cifar10.load_data()
    except Exception as error:  # whatever the network, the disk or the archive gives
        raise InputError(f"Keras cannot download CIFAR-10: {error}.", hint=SOURCE.hint) from error
    labels = np.concatenate([y, y_test]).reshape(-1).astype(np.int64)
    return Pictures(np.concatenate([x, x_test]), labels, len(y_test), _CLASSES)


def _files(options: Cifar10Options, context: SourceContext) -> Iterable[Path]:
    return files_of_archive(context.root / Path(options.file).expanduser()) if options.file else []


SOURCE = Source(
    name="cifar10",
    summary="CIFAR-10 from the published python or binary archive, or by Keras' download",
    options=Cifar10Options,
    read=_read,
    hint='Try: file = "cifar-10-python.tar.gz" in the section [data.options],\n'
    "from https://www.cs.toronto.edu/~kriz/cifar.html",
    files=_files,
)
