# SPDX-License-Identifier: Apache-2.0
"""The data of a benchmark as its runner has them: files of bytes, and y_labels.csv that says what is right.

Source: mlcommons/tiny, benchmark/evaluation/datasets/README.md, "Ground Truth Format".
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import InputError
from toolkit.project.benchmarks import Benchmark
from toolkit.reading import read_file

LABELS = "y_labels.csv"
_MOST_BYTES = 1 << 28
_NEEDED, _WINDOWED = 3, 5


@dataclass(frozen=True)
class LabelledFile:
    """One line of y_labels.csv: a file, of how many classes, which is right.

    width_bytes and stride_bytes are those of the windows that slide over it; 0: it is one input.
    """

    path: Path
    classes: int
    label: int
    width_bytes: int = 0
    stride_bytes: int = 0

    def inputs(self) -> Iterator[bytes]:
        """Return the file's inputs, one after the other. Raises InputError if it has none."""
        data = read_file(self.path, _MOST_BYTES)
        if not self.width_bytes:
            yield data
            return
        last = len(data) - self.width_bytes
        if last < 0:
            raise InputError(
                f"{self.path} has {len(data):,} bytes; a window of {self.width_bytes:,} is due by {LABELS}."
            )
        for start in range(0, last + 1, self.stride_bytes):
            yield data[start : start + self.width_bytes]


def labelled_files(folder: Path, benchmark: Benchmark) -> list[LabelledFile]:
    """Return what the y_labels.csv in folder, or in its folder of the benchmark's model, names.

    Raises InputError that says which folder and file is missing, or which line is wrong.
    """
    found = _folder_of(folder, benchmark)
    file = found / LABELS
    lines = read_file(file, _MOST_BYTES).decode("utf-8", "replace").splitlines()
    rows = [
        (number, row) for number, row in enumerate(csv.reader(lines), 1) if any(cell.strip() for cell in row)
    ]
    files = [_labelled(file, number, [cell.strip() for cell in row], benchmark) for number, row in rows]
    if not files:
        raise InputError(f"{file} names no file.")
    missing = [each.path.name for each in files if not each.path.is_file()]
    if missing:
        raise InputError(
            f"{len(missing):,} of the {len(files):,} files in {file} are not there, such as {missing[0]}.",
            hint=f"Try: the benchmark's own files beside it, in {found}",
        )
    return files


def _folder_of(folder: Path, benchmark: Benchmark) -> Path:
    places = (folder / benchmark.model_id, folder)
    for place in places:
        if (place / LABELS).is_file():
            return place
    what = f"has no {LABELS}, nor has {places[0]}" if folder.is_dir() else "is no folder"
    raise InputError(
        f"{folder} {what}.",
        hint=f"Try: --data FOLDER, laid out as MLPerf Tiny's runner has it: FOLDER/{benchmark.model_id}/"
        f"{LABELS} with the files that it names",
    )


def _labelled(file: Path, number: int, row: list[str], benchmark: Benchmark) -> LabelledFile:
    wanted = _WINDOWED if benchmark.coding == "features" else _NEEDED
    names = ("file name", "number of classes", "class", "window's bytes", "stride's bytes")[:wanted]
    try:
        numbers = [int(cell) for cell in row[1:wanted]]
    except ValueError:
        numbers = []
    if len(numbers) != wanted - 1 or min(numbers) < 0 or (wanted == _WINDOWED and min(numbers[2:]) == 0):
        raise InputError(f"{file}, line {number}: {', '.join(row)!r} is not {', '.join(names)}.")
    if numbers[1] >= numbers[0]:
        raise InputError(f"{file}, line {number}: there is no class {numbers[1]} of {numbers[0]}.")
    return LabelledFile(file.parent / row[0], *numbers)
