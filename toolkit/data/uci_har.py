# SPDX-License-Identifier: Apache-2.0
"""UCI HAR: windows of a phone's accelerometer and gyroscope, 30 people, six activities."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.places import data_folder, read_text
from toolkit.data.published import ANY, TEST, whole_numbers
from toolkit.data.rows import ScaledRows
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError
from toolkit.reading import require_file
from toolkit.suggest import shorten

_HINT = (
    "Try: the folder 'UCI HAR Dataset', which has train, test and activity_labels.txt, from "
    "https://archive.ics.uci.edu/dataset/240"
)
_KINDS = ("body_acc", "body_gyro", "total_acc")
SIGNALS = tuple(f"{kind}_{axis}" for kind in _KINDS for axis in "xyz")
_PLAIN = ("y", "subject")
_ROWS = 128  # a window, 2.56 s at 50 Hz
_PARTS = {"train": ANY, "test": TEST}
_MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class UciHarOptions:
    """[data.options]: signals are which of the nine, in this order, all if empty; standardize as in csv.

    The published test split is the test split; the others' people stay in one split each.
    """

    folder: str
    signals: tuple[str, ...] = ()
    standardize: bool = True

    def __post_init__(self) -> None:
        if not set(self.signals) <= set(SIGNALS) or len(set(self.signals)) < len(self.signals):
            raise ValueError(f"signals {list(self.signals)} must be different ones of {', '.join(SIGNALS)}.")

    @property
    def used(self) -> tuple[str, ...]:
        """The signals that are columns."""
        return self.signals or SIGNALS

    def paths(self, folder: Path, part: str) -> dict[str, Path]:
        """Return the files of a half by what they are: y, subject, and the signals."""
        inside = folder / part / "Inertial Signals"
        plain = {name: folder / part / f"{name}_{part}.txt" for name in _PLAIN}
        return plain | {signal: inside / f"{signal}_{part}.txt" for signal in self.used}


def _read(options: UciHarOptions, context: SourceContext) -> Samples:
    folder = data_folder(context.root, options.folder)
    names = _activities(folder / "activity_labels.txt")
    x, labels, people, parts = [], [], [], []
    for part, number in _PARTS.items():
        found = {name: _numbers(path) for name, path in options.paths(folder, part).items()}
        if len({len(each) for each in found.values()}) > 1:
            sizes = ", ".join(f"{name} {len(each)}" for name, each in found.items())
            raise InputError(f"the files of {folder / part} have unequal rows: {sizes}.", hint=_HINT)
        paths = options.paths(folder, part)
        for name, each in found.items():
            wanted = 1 if name in _PLAIN else _ROWS
            if each.shape[1] != wanted:
                raise InputError(
                    f"{paths[name]} has {each.shape[1]} numbers a line; {wanted} are right.", hint=_HINT
                )
        x.append(np.stack([found[signal] for signal in options.used], axis=2))
        y, who = (whole_numbers(found[name][:, 0], str(paths[name]), _HINT) for name in _PLAIN)
        labels += y.tolist()
        people += [f"subject {one}" for one in who.tolist()]
        parts += [number] * len(y)
    order = sorted(names)
    unknown = set(labels) - set(order)
    if unknown:
        raise InputError(f"activity {min(unknown)} is not in {folder / 'activity_labels.txt'}.", hint=_HINT)
    return Samples(
        "classification",
        ScaledRows(np.concatenate(x), 1.0),
        np.array([order.index(label) for label in labels], np.int64),
        tuple(names[number] for number in order),
        groups=tuple(people),
        parts=np.array(parts, np.int64),
        standardize=options.standardize,
        columns=options.used,
    )


def _activities(path: Path) -> dict[int, str]:
    """Return the names of the activities by their numbers, "1 WALKING" a line."""
    names: dict[int, str] = {}
    for line in read_text(path).splitlines():
        if not line.strip():
            continue
        found = re.fullmatch(r"(\d{1,9})\s+(\S.*)", line.strip())
        if not found or int(found[1]) in names or found[2] in names.values():
            raise InputError(f"{path}: {shorten(line.strip())} is no number and name of its own.", hint=_HINT)
        names[int(found[1])] = found[2]
    return names


def _numbers(path: Path) -> NDArray[np.float32]:
    """Return the rows of numbers between blanks of a file, (n, columns)."""
    require_file(path, _MOST_BYTES, _HINT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an empty file
            return np.loadtxt(path, np.float32, ndmin=2)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} is no table of numbers: {error}.", hint=_HINT) from error


def _files(options: UciHarOptions, context: SourceContext) -> Iterable[Path]:
    folder = data_folder(context.root, options.folder)
    found = [folder / "activity_labels.txt"]
    for part in _PARTS:
        found += options.paths(folder, part).values()
    return found


SOURCE = Source(
    name="uci_har",
    summary="UCI HAR as unpacked: windows of 128 rows of a phone's sensors, people apart",
    options=UciHarOptions,
    read=_read,
    hint=_HINT,
    files=_files,
)
