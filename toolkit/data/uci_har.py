# SPDX-License-Identifier: Apache-2.0
"""UCI HAR: windows of a phone's accelerometer and gyroscope, 30 people, six activities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.places import data_folder, read_text
from toolkit.data.published import ANY, TEST
from toolkit.data.rows import ScaledRows
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError
from toolkit.reading import require_file

_HINT = (
    "Try: the folder 'UCI HAR Dataset', which has train, test and activity_labels.txt, from "
    "https://archive.ics.uci.edu/dataset/240"
)
_KINDS = ("body_acc", "body_gyro", "total_acc")
SIGNALS = tuple(f"{kind}_{axis}" for kind in _KINDS for axis in "xyz")
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
        plain = {name: folder / part / f"{name}_{part}.txt" for name in ("y", "subject")}
        return plain | {signal: inside / f"{signal}_{part}.txt" for signal in self.used}


def _read(options: UciHarOptions, context: SourceContext) -> Samples:
    folder = data_folder(context.root, options.folder)
    names = dict(line.split(maxsplit=1) for line in _lines(folder / "activity_labels.txt"))
    x, labels, people, parts = [], [], [], []
    for part, number in _PARTS.items():
        found = {name: _numbers(path) for name, path in options.paths(folder, part).items()}
        if len({len(each) for each in found.values()}) > 1:
            sizes = ", ".join(f"{name} {len(each)}" for name, each in found.items())
            raise InputError(f"the files of {folder / part} have unequal rows: {sizes}.", hint=_HINT)
        x.append(np.stack([found[signal] for signal in options.used], axis=2))
        labels += [int(label) for label in found["y"][:, 0]]
        people += [f"subject {int(one)}" for one in found["subject"][:, 0]]
        parts += [number] * len(found["y"])
    order = sorted(map(int, names))
    unknown = set(labels) - set(order)
    if unknown:
        raise InputError(f"activity {min(unknown)} is not in {folder / 'activity_labels.txt'}.", hint=_HINT)
    y = np.array([order.index(label) for label in labels], np.int64)
    return Samples(
        "classification",
        ScaledRows(np.concatenate(x), 1.0),
        y,
        tuple(names[str(number)] for number in order),
        groups=tuple(people),
        parts=np.array(parts, np.int64),
        standardize=options.standardize,
        columns=options.used,
    )


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in read_text(path).splitlines() if len(line.split()) > 1]


def _numbers(path: Path) -> NDArray[np.float32]:
    """Return the rows of numbers between blanks of a file, (n, columns)."""
    require_file(path, _MOST_BYTES, _HINT)
    try:
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
