# SPDX-License-Identifier: Apache-2.0
"""The Describable Textures Dataset: 47 classes, with ten published splits in three."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.data.published import (
    TEST,
    TRAIN,
    VALIDATION,
    Layout,
    PublishedPictures,
    picture_source,
)


@dataclass(frozen=True)
class DtdOptions(PublishedPictures):
    """[data.options]: partition is which of the ten published splits, 1 to 10."""

    partition: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.partition <= 10:
            raise ValueError(f"partition {self.partition} must be from 1 to 10.")


def layout(options: DtdOptions, folder: Path) -> Layout:
    """Return what labels/train1.txt, val1.txt and test1.txt name: banded/banded_0002.jpg, below images/."""
    found = Layout()
    for name, part in (("train", TRAIN), ("val", VALIDATION), ("test", TEST)):
        for line in found.lines(folder / "labels" / f"{name}{options.partition}.txt"):
            found.add(folder / "images" / line, line.partition("/")[0], part)
    return found


SOURCE = picture_source(
    "dtd",
    "Describable Textures as unpacked: images/ and labels/ with its published splits",
    layout,
    "Try: the folder that has images and labels, from https://www.robots.ox.ac.uk/~vgg/data/dtd/",
    DtdOptions,
)
