# SPDX-License-Identifier: Apache-2.0
"""What the firmware does when no command comes: which C, and as data for app_data.c."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit import paths
from toolkit.codegen import literals
from toolkit.errors import InputError
from toolkit.firmware.bmi270 import ChipConfig
from toolkit.project.benchmarks import Benchmark
from toolkit.project.owncode import OwnCode
from toolkit.suggest import did_you_mean

_ROW = 32
_SHOWN = 16
_SAMPLES_INSTEAD = 'Try: application = "samples" in the section [firmware]'
_INCLUDES_SAMPLES = re.compile(rb'^#include "(?:app_data|tm_app_samples)\.h"', re.MULTILINE)


def _no_samples() -> NDArray[np.int8]:
    return np.zeros((0, 0), np.int8)


@dataclass(frozen=True, eq=False)
class Application:
    """The application mode.

    kind is the name of a file in firmware_templates/runtime/apps/; own, where it is given, runs instead.
    labels name the outputs, or, of "anomalies", what is below and above threshold; samples is int8 (n, bytes
    of all inputs); expected has each sample's right label as an index, -1 where it has none, or is empty
    where none is known. input_header is model_input.h, "" for none: for who feeds a sensor's numbers.
    feed is the C that makes windows of a stream, by file name; none where the data are no stream.
    Without protocol the application runs alone, and no command is answered. With benchmark the firmware
    answers that benchmark's runner. With recorder_bytes it records what the sensors sense, in so much memory,
    and has no model. bmi270 is the configuration of that chip: without one, a firmware for a board that has
    the chip does without its sensors, which without_bmi270 says is wanted.
    """

    kind: str = "none"
    labels: tuple[str, ...] = ()
    samples: NDArray[np.int8] = field(default_factory=_no_samples)
    expected: tuple[int, ...] = ()
    threshold: float = 0.0
    input_header: str = ""
    feed: Mapping[str, str] = field(default_factory=dict)
    own: OwnCode | None = None
    protocol: bool = True
    benchmark: Benchmark | None = None
    recorder_bytes: int = 0
    bmi270: ChipConfig | None = None
    without_bmi270: bool = False

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.int8:
            found = f"{self.samples.dtype} {self.samples.shape}"
            raise InputError(f"the application's samples must be int8 (n, bytes), not {found}.")
        if self.expected and len(self.expected) != len(self.samples):
            raise InputError(
                f"the application has {len(self.samples)} samples and {len(self.expected)} expected labels."
            )

    def source(self, folder: Path) -> Path:
        """Return its C in folder, a firmware_templates/runtime/apps, where it is none of the user's own.

        Raises InputError for a kind that is not there, and for one that needs samples and has none.
        """
        source = find_application(self.kind, folder)
        if needs_samples(source.read_bytes()) and not self.samples.size:
            raise InputError("the application shows samples, but there are none.")
        return source

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what the firmware says of the user's own application: name, and the hash's first digits."""
        if self.own is None:
            return ()
        return (("app", self.own.name), ("app_sha256", self.own.sha256[:_SHOWN]))


def find_application(kind: str, folder: Path | None = None) -> Path:
    """Return the C of an application. Raises InputError with the nearest names.

    folder is firmware_templates/runtime/apps, another one in tests.
    """
    files = {path.stem: path for path in (folder or paths.templates("runtime", "apps")).glob("*.c")}
    if kind not in files:
        raise InputError(f"there is no application {kind!r}. {did_you_mean(kind, files)}")
    return files[kind]


def needs_samples(code: bytes) -> bool:
    """Return whether an application's C works on the labels and test samples: it includes their header."""
    return _INCLUDES_SAMPLES.search(code) is not None


# What is special of one application stands in the next two functions, and nowhere else.


def require_model_for(name: str, ends: Sequence[int]) -> None:
    """Raise InputError if the application is not for a model like this.

    ends are the numbers of elements of the model's inputs and outputs.
    """
    if name == "sine" and list(ends) != [1, 1]:
        raise InputError(
            'the application "sine" is for a model with one number in and one out.', hint=_SAMPLES_INSTEAD
        )


def kind_for(name: str, task: str) -> str:
    """Return the application that name stands for: for anomaly detection, "samples" are "anomalies".

    task is the dataset's. Raises InputError for an application that is for another task.
    """
    if name == "anomalies" and task != "anomaly":
        raise InputError(
            f'the application "anomalies" is for the task anomaly, not {task}.', hint=_SAMPLES_INSTEAD
        )
    return "anomalies" if (name, task) == ("samples", "anomaly") else name


@dataclass(frozen=True)
class AppData:
    """The context of app_data.c.j2."""

    labels: tuple[str, ...]
    samples: int
    sample_bytes: int
    sample_rows: tuple[str, ...]
    expected: str
    threshold: str


def app_data(application: Application) -> AppData:
    """Return the application as C text: names escaped, numbers in rows."""
    rows, row_bytes = application.samples.shape
    flat = application.samples.reshape(-1).tolist()
    return AppData(
        labels=tuple(literals.string(label) for label in application.labels),
        samples=rows,
        sample_bytes=row_bytes,
        sample_rows=tuple(", ".join(map(str, flat[i : i + _ROW])) + "," for i in range(0, len(flat), _ROW)),
        expected=", ".join(map(str, application.expected)),
        threshold=literals.real(float(np.float32(application.threshold))),
    )
