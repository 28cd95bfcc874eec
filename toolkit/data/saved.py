# SPDX-License-Identifier: Apache-2.0
"""A Dataset as a folder of plain .npy files, which may be larger than memory.

dataset.json says what they are and what each one's SHA-256 is, so that its own hash names the data;
names.json which file each sample is from. Equal data give equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.arrays import load_array
from toolkit.data.dataset import SPLIT_NAMES, Broken, Channel, Dataset, Rows, Split
from toolkit.data.rows import chunks
from toolkit.data.standard import Standard
from toolkit.errors import InputError
from toolkit.files import replacing, sha256_of, write_atomic
from toolkit.metrics import Task
from toolkit.reading import parse_json

ARRAYS = tuple(f"{name}_{axis}.npy" for name in SPLIT_NAMES for axis in "xy")
FILES = ("dataset.json", "names.json", *ARRAYS)
IN_MEMORY_BYTES = 512 << 20

_FORMAT = 4
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError)
_HINT = "Try: delete it, then: tinyml data"


@dataclass(frozen=True, eq=False)
class Part:
    """What becomes a Split: x may be read piece by piece."""

    x: Rows
    y: NDArray[Any]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Divided:
    """What becomes a Dataset; parts are train, validation and test."""

    name: str
    task: Task
    classes: tuple[str, ...]
    parts: Mapping[str, Part]
    skipped: tuple[Broken, ...] = ()
    standard: Standard | None = None
    channels: tuple[Channel, ...] = ()
    notes: tuple[str, ...] = ()


def save_dataset(data: Divided, folder: Path) -> None:
    """Write data to folder, with a few megabytes of x in memory at a time.

    dataset.json is written last, so that a folder which has one is whole.
    """
    (folder / "dataset.json").unlink(missing_ok=True)
    arrays = {}
    for name, part in data.parts.items():
        everything = np.arange(len(part.x), dtype=np.int64)
        for axis, shape, dtype, pieces in (
            ("x", part.x.shape, np.dtype("<f4"), chunks(part.x, everything)),
            ("y", part.y.shape, part.y.dtype.newbyteorder("<"), [part.y]),
        ):
            digest = _write_array(folder / f"{name}_{axis}.npy", shape, dtype, pieces)
            arrays[f"{name}_{axis}"] = {"shape": list(shape), "dtype": dtype.str, "sha256": digest}
    names = {name: list(part.names) for name, part in data.parts.items()}
    write_atomic(folder / "names.json", _json(names))
    about = {
        "format": _FORMAT,
        "name": data.name,
        "task": data.task,
        "classes": list(data.classes),
        "arrays": arrays,
        "skipped": [asdict(broken) for broken in data.skipped],
        "standard": asdict(data.standard) if data.standard else None,
        "channels": [asdict(channel) for channel in data.channels],
        "notes": list(data.notes),
    }
    write_atomic(folder / "dataset.json", _json(about))


def load_saved_dataset(folder: Path, *, in_memory_bytes: int = IN_MEMORY_BYTES) -> Dataset:
    """Return the dataset that save_dataset wrote; mapped from its files if all are larger than that.

    Raises InputError if folder holds anything else.
    """
    path = folder / "dataset.json"
    try:
        about = parse_json(path.read_text(encoding="utf-8"))
        if about["format"] != _FORMAT:
            raise ValueError(f"format {about['format']}")
        names = parse_json((folder / "names.json").read_text(encoding="utf-8"))
        total = sum((folder / name).stat().st_size for name in ARRAYS)
        mapped = total > in_memory_bytes
        splits = {name: _split(folder, name, about["arrays"], names, mapped) for name in SPLIT_NAMES}
        return Dataset(
            name=about["name"],
            task=about["task"],
            classes=tuple(about["classes"]),
            skipped=tuple(Broken(**broken) for broken in about["skipped"]),
            sha256=sha256_of(path),
            standard=_standard(about["standard"]),
            channels=tuple(Channel(**channel) for channel in about["channels"]),
            notes=tuple(map(str, about["notes"])),
            **splits,
        )
    except FileNotFoundError as error:
        raise InputError(f"there is no dataset in {folder}.", hint="Try: tinyml data") from error
    except _DAMAGED as error:
        raise InputError(f"{folder} is not a dataset of this version, or damaged.", hint=_HINT) from error


def _standard(about: dict[str, list[float]] | None) -> Standard | None:
    return Standard(*(tuple(map(float, about[name])) for name in ("mean", "deviation"))) if about else None


def _split(
    folder: Path, name: str, arrays: dict[str, Any], names: dict[str, list[str]], mapped: bool
) -> Split:
    x, y = (_load_array(folder / f"{name}_{axis}.npy", arrays[f"{name}_{axis}"], mapped) for axis in "xy")
    return Split(x, y if not mapped else np.array(y), tuple(names[name]))


def _load_array(path: Path, about: dict[str, Any], mapped: bool) -> NDArray[Any]:
    array = load_array(path, mapped=mapped and 0 not in about["shape"])  # nothing cannot be mapped
    if list(array.shape) != about["shape"] or array.dtype.str != about["dtype"]:
        raise ValueError(f"{path} is not the array that dataset.json tells of")
    return array


def _write_array(
    path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], pieces: Iterable[NDArray[Any]]
) -> str:
    """Write an .npy file piece by piece and return its SHA-256."""
    header = io.BytesIO()
    about = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, about)
    digest = hashlib.sha256()
    with replacing(path) as stream:
        for content in itertools.chain(
            [header.getvalue()], (np.ascontiguousarray(piece, dtype).tobytes() for piece in pieces)
        ):
            digest.update(content)
            stream.write(content)
    return digest.hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
