# SPDX-License-Identifier: Apache-2.0
"""Arrays: an .npz file, or .npy files that are mapped and so may be larger than memory. Never a pickle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.data.arrays import DAMAGED, MOST_BYTES, ObjectsError, load_array, load_entry, objects_hint
from toolkit.data.dataset import Rows, Samples
from toolkit.data.decode import BrokenFileError, file_content
from toolkit.data.labels import read_labels
from toolkit.data.places import printable
from toolkit.data.precision import require_precision
from toolkit.data.rows import ScaledRows, scaled
from toolkit.data.source import Source, SourceContext
from toolkit.data.targets import KINDS
from toolkit.errors import InputError
from toolkit.metrics import Task
from toolkit.reading import require_file
from toolkit.suggest import did_you_mean

_NPY = ".npy"
X_NAMES = ("x", "x_train", "inputs", "data", "images")
Y_NAMES = ("y", "y_train", "labels", "targets", "target")
"""What people call arrays of inputs and of what they stand for, in lower case."""
_NUMBERS, _TEXTS = "biuf", "US"


@dataclass(frozen=True)
class NumpyOptions:
    """[data.options]: x and y are names of arrays in the .npz file, or without file paths of .npy files.

    x_test and y_test are a test split of their own. task says what y is for; "" looks at it (labels.py), and
    asks where it could be for more. classes are the names of the classes, in order. For anomaly y is 0,
    False or the text "normal" for what is normal, anything else for what is not. x is divided by divisor
    (255 for bytes of pixels); standardize then gives each column, the last axis of x, a mean of 0 and a
    deviation of 1. max_bytes limits what the arrays of an .npz file may take in memory.
    """

    file: str = ""
    x: str = "x"
    y: str = "y"
    x_test: str = ""
    y_test: str = ""
    task: Literal["", "classification", "multilabel", "regression", "anomaly"] = ""
    classes: tuple[str, ...] = ()
    divisor: float = 1.0
    standardize: bool = False
    max_bytes: int = MOST_BYTES

    def __post_init__(self) -> None:
        if bool(self.x_test) != bool(self.y_test):
            raise ValueError("x_test and y_test go together.")
        if not self.file and not all(name.endswith(_NPY) for name in self.names):
            raise ValueError("without file, x and y must be paths of .npy files.")
        if self.divisor == 0:
            raise ValueError("divisor must not be 0.")

    @property
    def names(self) -> list[str]:
        """The arrays that are asked for."""
        return [name for name in (self.x, self.y, self.x_test, self.y_test) if name]

    def place(self, name: str) -> str:
        """Where the array of this name is, for messages."""
        return f"{name} of {printable(Path(self.file).name)}" if self.file else name


def _read(options: NumpyOptions, context: SourceContext) -> Samples:
    arrays = _archive(options, context.root) if options.file else _mapped(options, context.root)
    x, y = _inputs(arrays, options.x, options), _targets(arrays, options.y, options)
    parts = None
    if options.x_test:
        x_test = _inputs(arrays, options.x_test, options)
        y_test = _targets(arrays, options.y_test, options)
        parts = np.repeat(np.array([-1, 2], np.int64), [len(x), len(x_test)])
        x, y = _joined(x, x_test, "x_test"), _joined(y, y_test, "y_test")
    task, labels, classes = _learned(y, options)
    rows = _rows(x, options.divisor)
    notes = channels_first(x.shape, options.place(options.x))
    return Samples(
        task, rows, labels, classes, parts=parts, standardize=options.standardize, notes=tuple(notes)
    )


def channels_first(shape: tuple[int, ...], what: str) -> list[str]:
    """Say it where pictures (n, channels, height, width) may be meant, as PyTorch has them."""
    few = (1, 3, 4)
    if len(shape) != 4 or shape[1] not in few or shape[3] in few or min(shape[2:]) <= shape[1]:
        return []
    height, width, channels = shape[1:]
    return [
        f"{what} is read as {height} x {width} with {channels} channels: are the channels first? They have "
        "to be last: x.transpose(0, 2, 3, 1)"
    ]


def _archive(options: NumpyOptions, root: Path) -> dict[str, NDArray[Any]]:
    path = root / options.file
    require_file(path, hint=SOURCE.hint)
    try:
        with zipfile.ZipFile(path) as archive:
            found = {entry.filename.removesuffix(_NPY): entry for entry in archive.infolist()}
            _require_known(options, found, path)
            total = sum(found[name].file_size for name in options.names)
            if total > options.max_bytes:
                raise InputError(
                    f"the arrays of {path} take {total:,} bytes; max_bytes allows {options.max_bytes:,}.",
                    hint="Try: .npy files as x and y, which need not fit into memory",
                )
            return {name: load_entry(archive, found[name]) for name in options.names}
    except DAMAGED as error:
        raise InputError(f"{path} is no .npz file, or damaged: {error}.", hint=SOURCE.hint) from error


def _require_known(options: NumpyOptions, found: Iterable[str], path: Path) -> None:
    for name in options.names:
        if name not in found:
            raise InputError(f"{path} has no array {name!r}. {did_you_mean(name, found)}", hint=SOURCE.hint)


def _mapped(options: NumpyOptions, root: Path) -> dict[str, NDArray[Any]]:
    arrays = {}
    for name in options.names:
        require_file(root / name, hint=SOURCE.hint)
        try:
            arrays[name] = load_array(root / name, mapped=True)
        except ObjectsError as error:
            raise InputError(f"{root / name} is {error}.", hint=objects_hint("x")) from error
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read {root / name}: {error}.", hint=SOURCE.hint) from error
    return arrays


def _inputs(arrays: Mapping[str, NDArray[Any]], name: str, options: NumpyOptions) -> NDArray[Any]:
    array = _plain(arrays[name], options.place(name))
    require_precision(array, options.place(name))
    return array


def _targets(arrays: Mapping[str, NDArray[Any]], name: str, options: NumpyOptions) -> NDArray[Any]:
    return _plain(arrays[name], options.place(name), kinds=_NUMBERS + _TEXTS)


def _plain(array: NDArray[Any], what: str, kinds: str = _NUMBERS) -> NDArray[Any]:
    if array.dtype.kind == "c":
        raise InputError(f"{what} is complex; real numbers are needed.")
    if array.ndim == 0 or array.dtype.kind not in kinds:
        needed = "numbers" if kinds == _NUMBERS else "numbers or texts"
        raise InputError(f"{what} is {array.dtype} of shape {array.shape}; rows of {needed} are needed.")
    return array


def _joined(first: NDArray[Any], second: NDArray[Any], what: str) -> NDArray[Any]:
    if first.shape[1:] != second.shape[1:]:
        raise InputError(f"{what} has rows of shape {second.shape[1:]}; the others have {first.shape[1:]}.")
    return np.concatenate([first, second])


def _learned(y: NDArray[Any], options: NumpyOptions) -> tuple[Task, NDArray[Any], tuple[str, ...]]:
    where = options.place(options.y)
    if options.task == "anomaly":
        return options.task, _is_unusual(y, where).astype(np.int64), KINDS
    return read_labels(y, options.classes or None, options.task or None, where)


def _is_unusual(y: NDArray[Any], where: str) -> NDArray[np.bool_]:
    if y.size != len(y):
        raise InputError(
            f"{where} is {y.dtype} of shape {y.shape}; an anomaly detector needs one label a row.",
            hint="Try: 0 for normal and 1 for anomalous, such as y.argmax(axis=1) if column 0 is normal",
        )
    labels = y.reshape(len(y))
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise InputError(f"{where} has labels that are NaN or infinite.")
    normal: Any = {"U": KINDS[0], "S": KINDS[0].encode()}.get(labels.dtype.kind, 0)
    if labels.dtype.kind in _TEXTS and not (labels == normal).any():
        raise InputError(
            f"nothing is normal: no label in {where} is {KINDS[0]!r}.",
            hint='Try: numbers, 0 for normal, such as (y != "good").astype(int)',
        )
    return np.asarray(labels != normal)


def _rows(x: NDArray[Any], divisor: float) -> Rows:
    return ScaledRows(x if x.ndim > 1 else x[:, np.newaxis], divisor)


def _portable(options: NumpyOptions, context: SourceContext) -> NumpyOptions:
    file, x, y = (Path(name).name for name in (options.file, options.x, options.y))
    x_test, y_test = (Path(name).name for name in (options.x_test, options.y_test))
    return replace(options, file=file, x=x, y=y, x_test=x_test, y_test=y_test)


def _decode(options: NumpyOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    return scaled(array_of_samples(path), options.divisor)


def array_of_samples(path: Path) -> NDArray[Any]:
    """Return the samples (n, ...) in an .npy file. Raises BrokenFileError if there are none."""
    content = file_content(path, (_NPY,))
    try:
        array = _plain(load_array(io.BytesIO(content)), "it")
    except ValueError as error:
        raise BrokenFileError(f"is {error}") from error
    except InputError as error:
        raise BrokenFileError(f"cannot be used: {error.message.rstrip('.')}") from error
    return array if array.ndim > 1 else array[:, np.newaxis]


def _files(options: NumpyOptions, context: SourceContext) -> Iterable[Path]:
    names = [options.file] if options.file else options.names
    return [context.root / name for name in names]


SOURCE = Source(
    name="numpy",
    summary="arrays of an .npz file, or of .npy files that may be larger than memory",
    options=NumpyOptions,
    read=_read,
    hint='Try: file = "data.npz" with x and y in the section [data.options]; numpy.savez writes such',
    files=_files,
    decode=_decode,
    portable=_portable,
)
