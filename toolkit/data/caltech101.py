# SPDX-License-Identifier: Apache-2.0
"""Caltech-101: 101 classes of pictures and one of backgrounds, a folder each; no split is published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.data.picture import ENDINGS
from toolkit.data.published import ANY, Layout, PublishedPictures, files_in, folders_in, picture_source

_BACKGROUND = "BACKGROUND_Google"
_OBJECTS = "101_ObjectCategories"


@dataclass(frozen=True)
class Caltech101Options(PublishedPictures):
    """[data.options]: background_class says whether BACKGROUND_Google is a class too."""

    background_class: bool = False


def layout(options: Caltech101Options, folder: Path) -> Layout:
    """Return 101_ObjectCategories/<class>/image_0001.jpg, of this folder or the one around it."""
    found = Layout()
    home = folder / _OBJECTS if (folder / _OBJECTS).is_dir() else folder
    for place in folders_in(home):
        if options.background_class or place.name != _BACKGROUND:
            for path in files_in(place, ENDINGS):
                found.add(path, place.name, ANY)
    return found


SOURCE = picture_source(
    "caltech101",
    "Caltech-101 as unpacked: 101_ObjectCategories, a folder a class",
    layout,
    "Try: the folder that has 101_ObjectCategories, from https://data.caltech.edu/records/mzrjq-6wc02",
    Caltech101Options,
)
