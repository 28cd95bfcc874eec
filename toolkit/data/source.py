# SPDX-License-Identifier: Apache-2.0
"""What every data source's file gives: its options, and a way to its samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.cache import Cache
from toolkit.data.dataset import Samples
from toolkit.ui import OnProgress

OnBroken = Callable[[str], None]


def _unheard(done: float, total: int, text: str = "") -> None:
    """Take progress that nobody asked for."""


@dataclass(frozen=True)
class SourceContext:
    """What a source may depend on beside its options.

    root is the project's folder, outside whether names in lists and links may lead out of the data
    folder; cache keeps what is slow to decode. has_lists says that lists of files divide the data. on_broken
    hears of rows of a file that decode leaves out; None: they are errors.
    """

    root: Path
    seed: int
    cache: Cache
    outside: bool = False
    has_lists: bool = False
    on_progress: OnProgress = _unheard
    on_broken: OnBroken | None = None


def _as_they_are(options: Any, context: SourceContext) -> Any:
    return options


def _no_files(options: Any, context: SourceContext) -> Iterable[Path]:
    return ()


@dataclass(frozen=True)
class Source:
    """A data source. Its module is toolkit/data/<name>.py and defines SOURCE.

    options is a frozen dataclass: the keys of [data.options]. A ValueError in its __post_init__
    becomes an error with the file's line. read is given an instance of it and returns all samples;
    it must not split, shuffle or scale by statistics of the data. hint is what to try when the
    data are at fault. files names all that read looks at: when one of them changes, the data are
    read again. decode returns the samples (n, *shape of one) of a file that is none of the data, as
    read would; it raises BrokenFileError. None for a source whose data are no files of samples. portable
    returns options with which decode needs no other file, and that name no folder of this computer.
    """

    name: str
    summary: str
    options: type[Any]
    read: Callable[[Any, SourceContext], Samples]
    hint: str
    files: Callable[[Any, SourceContext], Iterable[Path]] = field(default=_no_files)
    decode: Callable[[Any, SourceContext, Path], NDArray[np.float32]] | None = None
    portable: Callable[[Any, SourceContext], Any] = field(default=_as_they_are)
