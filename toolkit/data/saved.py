# SPDX-License-Identifier: Apache-2.0
"""A Dataset as a file: .npz without pickle, the same bytes for the same data."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import SPLIT_NAMES, Dataset, Split
from toolkit.errors import InputError
from toolkit.files import write_atomic

_FORMAT = 1
_DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
_HINT = "Try: delete it, then: tinyml train"


def save_dataset(dataset: Dataset, path: Path) -> None:
    """Write dataset to path; equal datasets give equal bytes."""
    about = {
        "format": _FORMAT,
        "name": dataset.name,
        "task": dataset.task,
        "classes": list(dataset.classes),
    }
    arrays: dict[str, NDArray[Any]] = {}
    arrays["about"] = np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8)
    for name, split in dataset.splits().items():
        arrays[f"{name}_x"] = split.x
        arrays[f"{name}_y"] = split.y
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(entry, content.getvalue())
    write_atomic(path, stream.getvalue())


def load_saved_dataset(path: Path) -> Dataset:
    """Return the dataset that save_dataset wrote. Raises InputError if path holds anything else."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            splits = {name: Split(arrays[f"{name}_x"], arrays[f"{name}_y"]) for name in SPLIT_NAMES}
        if about["format"] != _FORMAT:
            raise ValueError(f"format {about['format']}")
        return Dataset(about["name"], about["task"], classes=tuple(about["classes"]), **splits)
    except FileNotFoundError as error:
        raise InputError(f"there is no dataset {path}.", hint="Try: tinyml train") from error
    except _DAMAGED as error:
        raise InputError(f"{path} is not a dataset of this version, or damaged.", hint=_HINT) from error
