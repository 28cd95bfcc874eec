# SPDX-License-Identifier: Apache-2.0
"""SUN397: scenes in folders such as a/abbey and c/church/outdoor, with ten published partitions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.data.picture import ENDINGS
from toolkit.data.published import ANY, TEST, Layout, PublishedPictures, files_in, folders_in, picture_source

_CLASSES = "ClassName.txt"
_HINT = (
    "Try: the folder that has ClassName.txt and a/abbey, from https://vision.princeton.edu/projects/2010/SUN/,\n"
    "with the partitions' Training_01.txt and Testing_01.txt beside ClassName.txt"
)


@dataclass(frozen=True)
class Sun397Options(PublishedPictures):
    """[data.options]: partition is 1 to 10, whose training and test lists are read; 0: none, all is split."""

    partition: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.partition <= 10:
            raise ValueError(f"partition {self.partition} must be from 1 to 10, or 0 for none.")


def layout(options: Sun397Options, folder: Path) -> Layout:
    """Return the files that the partition's lists name, /a/abbey/sun_x.jpg a line; or all in the folders."""
    found = Layout()
    if options.partition:
        for name, part in (("Training", ANY), ("Testing", TEST)):
            for line in found.lines(folder / f"{name}_{options.partition:02}.txt"):
                place = line.lstrip("/")
                found.add(folder / place, place.rpartition("/")[0], part)
        return found
    for label in _labels(found, folder):
        for path in files_in(folder / label, ENDINGS):
            found.add(path, label, ANY)
    return found


def _labels(found: Layout, folder: Path) -> list[str]:
    """Return the classes of ClassName.txt, /a/abbey a line; without it all folders below the letters."""
    if (folder / _CLASSES).is_file():
        return [line.strip("/") for line in found.lines(folder / _CLASSES)]
    deep = [place for letter in folders_in(folder) for place in folders_in(letter)]
    deep += [inner for place in deep for inner in folders_in(place)]
    return [place.relative_to(folder).as_posix() for place in deep if files_in(place, ENDINGS)]


SOURCE = picture_source(
    "sun397", "SUN397 as unpacked: a/abbey, with its published partitions", layout, _HINT, Sun397Options
)
