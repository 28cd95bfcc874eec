# SPDX-License-Identifier: Apache-2.0
"""What every data source's file gives: its options, and a way to its samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.data.dataset import Samples


@dataclass(frozen=True)
class SourceContext:
    """What a source may depend on beside its options: the project's folder and seed."""

    root: Path
    seed: int


@dataclass(frozen=True)
class Source:
    """A data source. Its module is toolkit/data/<name>.py and defines SOURCE.

    options is a frozen dataclass: the keys of [data.options]. A ValueError in its __post_init__
    becomes an error with the file's line. read is given an instance of it and returns all samples;
    it must not split, shuffle or scale by statistics of the data. hint is what to try when the
    data are at fault.
    """

    name: str
    summary: str
    options: type[Any]
    read: Callable[[Any, SourceContext], Samples]
    hint: str
