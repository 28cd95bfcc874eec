# SPDX-License-Identifier: Apache-2.0
"""What the firmware does when no command comes, as data for app_data.c."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.codegen import literals
from toolkit.errors import InputError

_ROW = 32


def _no_samples() -> NDArray[np.int8]:
    return np.zeros((0, 0), np.int8)


@dataclass(frozen=True, eq=False)
class Application:
    """The application mode.

    labels name the outputs, or, of "anomalies", what is below and above threshold; samples is int8
    (n, bytes of all inputs); expected has each sample's right label as an index, -1 where it has none,
    or is empty where none is known. input_header is model_input.h, "" for none: for who goes on to feed
    a sensor's numbers.
    """

    kind: Literal["sine", "samples", "anomalies", "none"] = "none"
    labels: tuple[str, ...] = ()
    samples: NDArray[np.int8] = field(default_factory=_no_samples)
    expected: tuple[int, ...] = ()
    threshold: float = 0.0
    input_header: str = ""

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.int8:
            found = f"{self.samples.dtype} {self.samples.shape}"
            raise InputError(f"the application's samples must be int8 (n, bytes), not {found}.")
        if self.expected and len(self.expected) != len(self.samples):
            raise InputError(
                f"the application has {len(self.samples)} samples and {len(self.expected)} expected labels."
            )
        if self.kind in ("samples", "anomalies") and not self.samples.size:
            raise InputError("the application shows samples, but there are none.")


@dataclass(frozen=True)
class AppData:
    """The context of app_data.c.j2."""

    kind: str
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
        kind=f"TM_APP_{application.kind.upper()}",
        labels=tuple(literals.string(label) for label in application.labels),
        samples=rows,
        sample_bytes=row_bytes,
        sample_rows=tuple(", ".join(map(str, flat[i : i + _ROW])) + "," for i in range(0, len(flat), _ROW)),
        expected=", ".join(map(str, application.expected)),
        threshold=literals.real(float(np.float32(application.threshold))),
    )
