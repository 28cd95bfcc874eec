# SPDX-License-Identifier: Apache-2.0
"""Performance and accuracy of a firmware, as MLPerf Tiny defines them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.errors import DeviceError, InputError
from toolkit.metrics import area_under_roc
from toolkit.mlperf.files import LabelledFile
from toolkit.mlperf.talk import Talk
from toolkit.project.benchmarks import Benchmark
from toolkit.ui import OnProgress

LEAST_S, WINDOWS = 10.0, 5
"""What a window of a valid run takes at the least, and how many windows there are (runner/script.py)."""
_MOST_INFERENCES = 100_000
_MARGIN = 1.01
_WARMUPS = 2


@dataclass(frozen=True)
class Window:
    """So many inferences one after the other, and the seconds that they took by the board's clock."""

    inferences: int
    seconds: float

    @property
    def throughput(self) -> float:
        """Inferences per second."""
        return self.inferences / self.seconds


@dataclass(frozen=True)
class Performance:
    """The windows of a run."""

    windows: tuple[Window, ...]

    @property
    def throughput(self) -> float:
        """The median of the windows' throughputs, in inferences per second."""
        return statistics.median(window.throughput for window in self.windows)

    @property
    def is_valid(self) -> bool:
        """Whether there are as many windows, and of such a length, as the benchmark asks for."""
        return len(self.windows) == WINDOWS and all(each.seconds >= LEAST_S for each in self.windows)


def measure_performance(
    talk: Talk,
    inputs: Sequence[bytes],
    seconds: float = LEAST_S,
    windows: int = WINDOWS,
    on_progress: OnProgress | None = None,
) -> Performance:
    """Run windows of inferences that take so many seconds each; the inputs go in by turns.

    Raises DeviceError where a window of the most inferences that one command may ask for is no longer than
    the clock's step.
    """
    talk.load(inputs[0])
    took, _ = talk.infer(1, 1)
    count, found = 1, list[Window]()
    while len(found) < windows:
        if took < seconds:
            count = min(math.ceil(count * _MARGIN * seconds / max(took, 1e-6)), _MOST_INFERENCES)
        if on_progress:
            on_progress(len(found), windows, f"{count:,} inferences")
        talk.load(inputs[len(found) % len(inputs)])
        took, _ = talk.infer(count, _WARMUPS)
        if took <= 0:
            raise DeviceError(f"the board's clock did not move in {count:,} inferences.")
        if took >= seconds or count == _MOST_INFERENCES:
            found.append(Window(count, took))
    return Performance(tuple(found))


@dataclass(frozen=True)
class Quality:
    """What the results of so many files are worth by the benchmark's metric: value is a share, or the AUC."""

    value: float
    files: int
    inferences: int


def measure_quality(
    talk: Talk, files: Sequence[LabelledFile], benchmark: Benchmark, on_progress: OnProgress | None = None
) -> Quality:
    """Run every window of every file once, and compare what comes with what is right.

    The answer to a file is the mean of its windows'. Raises InputError for files that are no input of the
    firmware's model, or of one class only where the metric needs two.
    """
    answers, inferences = [], 0
    for number, file in enumerate(files):
        if on_progress:
            on_progress(number, len(files), file.path.name)
        outputs = [_answer(talk, data, file) for data in file.inputs()]
        inferences += len(outputs)
        answers.append(np.mean(outputs, axis=0))
    labels, scores = np.array([file.label for file in files]), np.array(answers)
    if benchmark.metric == "auc":
        area = area_under_roc(labels, scores[:, 0])
        if area is None:
            raise InputError("the files are all of one class: the area under a curve needs both, 0 and 1.")
        return Quality(area, len(files), inferences)
    right = float(np.mean(np.argmax(scores, axis=1) == labels))
    return Quality(right, len(files), inferences)


def _answer(talk: Talk, data: bytes, file: LabelledFile) -> tuple[float, ...]:
    try:
        talk.load(data)
    except DeviceError as error:
        if "db load" not in error.message:
            raise
        raise InputError(
            f"{file.path} is no input of this firmware: {error.message}",
            hint="Check: the benchmark, and the model behind it",
        ) from error
    return talk.infer(1, 0)[1]
