# SPDX-License-Identifier: Apache-2.0
"""CIFAR-100: 60,000 pictures of 32x32 pixels in a hundred classes, or in twenty of five each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from toolkit.data.cifar_archive import files_of_archive, read_hundred
from toolkit.data.dataset import Samples
from toolkit.data.rows import ScaledRows
from toolkit.data.source import Source, SourceContext

_WHITE = 255.0


@dataclass(frozen=True)
class Cifar100Options:
    """[data.options]: file is the published archive, the python or the binary one, or the folder into which
    it was unpacked. labels says which of the two. checksum is as for cifar10.
    """

    file: str
    labels: Literal["fine", "coarse"] = "fine"
    checksum: str = ""

    def __post_init__(self) -> None:
        if self.checksum and not re.fullmatch(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}", self.checksum):
            raise ValueError("checksum must be 32 (MD5) or 64 (SHA-256) hexadecimal digits.")


def _path(options: Cifar100Options, context: SourceContext) -> Path:
    return context.root / Path(options.file).expanduser()


def _read(options: Cifar100Options, context: SourceContext) -> Samples:
    pictures = read_hundred(_path(options, context), options.checksum, options.labels)
    parts = np.full(len(pictures.y), -1, np.int64)
    parts[len(parts) - pictures.tests :] = 2
    rows = ScaledRows(pictures.x, _WHITE)
    return Samples("classification", rows, pictures.y, pictures.classes, parts=parts)


def _files(options: Cifar100Options, context: SourceContext) -> Iterable[Path]:
    return files_of_archive(_path(options, context))


SOURCE = Source(
    name="cifar100",
    summary="CIFAR-100 from the published python or binary archive, or its folder",
    options=Cifar100Options,
    read=_read,
    hint='Try: file = "cifar-100-python.tar.gz" in the section [data.options],\n'
    "from https://www.cs.toronto.edu/~kriz/cifar.html",
    files=_files,
)
