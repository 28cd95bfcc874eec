# SPDX-License-Identifier: Apache-2.0
"""Street View House Numbers, cropped digits: train_32x32.mat and test_32x32.mat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.data.dataset import Samples
from toolkit.data.mat import read_mat
from toolkit.data.places import data_folder
from toolkit.data.published import ANY, TEST, whole_numbers
from toolkit.data.rows import ScaledRows
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError

_HINT = (
    "Try: the folder that has train_32x32.mat and test_32x32.mat, from "
    "http://ufldl.stanford.edu/housenumbers/"
)
_FILES = {"train": ANY, "extra": ANY, "test": TEST}
_WHITE = 255.0
_MOST, _MOST_EXTRA = 512 << 20, 2 << 30
"""Bytes of a file, inflated: those that are published have 225 MB, 80 MB, and 1.63 GB."""


@dataclass(frozen=True)
class SvhnOptions:
    """[data.options]: extra takes extra_32x32.mat too, 531,131 simpler pictures, for training."""

    folder: str
    extra: bool = False

    def paths(self, root: Path) -> dict[Path, int]:
        """Return the files and their splits."""
        folder = data_folder(root, self.folder)
        names = [name for name in _FILES if name != "extra" or self.extra]
        return {folder / f"{name}_32x32.mat": _FILES[name] for name in names}


def _read(options: SvhnOptions, context: SourceContext) -> Samples:
    """X is (32, 32, 3, n) bytes, y (n,) 1 to 10: 10 is the digit 0."""
    pictures, labels, parts = [], [], []
    for path, part in options.paths(context.root).items():
        found = read_mat(path, _HINT, ["X", "y"], _MOST_EXTRA if path.name.startswith("extra") else _MOST)
        x, y = np.asarray(found["X"]), whole_numbers(found["y"], f"{path}: y", _HINT, 1, 10)
        if x.dtype != np.uint8 or x.shape != (32, 32, 3, len(y)):
            raise InputError(f"{path}: X is {x.dtype} {x.shape}, of {len(y)} labels.", hint=_HINT)
        pictures.append(x.transpose(3, 0, 1, 2))
        labels.append(y % 10)
        parts += [part] * len(y)
    rows = ScaledRows(np.concatenate(pictures), _WHITE)
    digits = tuple(str(digit) for digit in range(10))
    return Samples("classification", rows, np.concatenate(labels), digits, parts=np.array(parts, np.int64))


def _files(options: SvhnOptions, context: SourceContext) -> Iterable[Path]:
    return options.paths(context.root)


SOURCE = Source(
    name="svhn",
    summary="Street View House Numbers, the cropped digits: train_32x32.mat, test_32x32.mat",
    options=SvhnOptions,
    read=_read,
    hint=_HINT,
    files=_files,
)
