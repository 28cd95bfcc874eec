# SPDX-License-Identifier: Apache-2.0
"""The options of sensor recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.data.form import TableOptions
from toolkit.data.listing import FolderOptions
from toolkit.data.recordings import Cut

ENDINGS = (".csv", ".tsv", ".txt")
RECORDING = "recording"
_MOST_RATE = 1e6


@dataclass(frozen=True)
class WindowsOptions(TableOptions, FolderOptions):
    """[data.options]: a folder whose files are recordings, or one file with all of them.

    In one file the column recording says which rows belong together (all, if there is none), the column
    target what they are; a window in which the class changes is left out, a number is that of its last row.
    columns are the channels, all others when empty; standardize gives each a mean of 0 and a deviation of 1.
    window is in rows, overlap the share that two neighbours have in common. No recording is in two splits.

    time is the column of the time, time_unit its unit; no window crosses a gap of it. rate resamples to so
    many rows a second. broken_rows "gap" takes what cannot be read as a gap.
    """

    folder: str = ""
    file: str = ""
    recording: str = RECORDING
    target: str = "target"
    columns: tuple[str, ...] = ()
    window: int = 128
    overlap: float = 0.5
    time: str = ""
    time_unit: Literal["", "s", "ms", "us", "ns"] = ""
    rate: float = 0.0
    broken_rows: Literal["error", "gap"] = "error"
    standardize: bool = True

    def __post_init__(self) -> None:
        if self.folder:
            super().__post_init__()
        if bool(self.folder) == bool(self.file):
            raise ValueError("either folder or file must be given.")
        if not 1 <= self.window <= 1 << 20:
            raise ValueError(f"window {self.window} must be from 1 to {1 << 20} rows.")
        if not 0 <= self.overlap < 1:
            raise ValueError(f"overlap {self.overlap:g} must be at least 0 and less than 1.")
        if not 0 <= self.rate <= _MOST_RATE:
            raise ValueError(
                f"rate {self.rate:g} must be 0, for as it is, or at most {_MOST_RATE:g} rows a second."
            )
        if self.rate and not self.time:
            raise ValueError("rate needs time, the column of the time.")
        if self.time and self.time in self.columns:
            raise ValueError(f"{self.time!r} is the time; it cannot be one of columns too.")
        self.check_form()

    @property
    def cut(self) -> Cut:
        """How recordings are cut."""
        return Cut(self.window, max(round(self.window * (1 - self.overlap)), 1))

    @property
    def known(self) -> tuple[str, ...]:
        """The names that options give to columns."""
        named = (*self.columns, self.time, self.recording, self.target)
        return tuple(name for name in named if name)
