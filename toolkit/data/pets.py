# SPDX-License-Identifier: Apache-2.0
"""Oxford-IIIT Pets: 37 breeds of cats and dogs, in one folder, with lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.data.published import ANY, TEST, Layout, picture_source
from toolkit.errors import InputError

_HINT = "Try: the folder that has images and annotations, from https://www.robots.ox.ac.uk/~vgg/data/pets/"


def layout(options: Any, folder: Path) -> Layout:
    """Return images/<breed>_<number>.jpg: annotations/trainval.txt and test.txt have "name class species
    breed" a line.
    """
    found = Layout()
    for name, part in (("trainval", ANY), ("test", TEST)):
        path = folder / "annotations" / f"{name}.txt"
        for line in found.lines(path):
            if line.startswith("#"):
                continue
            picture = line.split()[0]
            breed, _, number = picture.rpartition("_")
            if not breed or not number.isdecimal():
                raise InputError(f"{path}: {picture!r} is not <breed>_<number>.", hint=_HINT)
            found.add(folder / "images" / f"{picture}.jpg", breed, part)
    return found


SOURCE = picture_source("pets", "Oxford-IIIT Pets as unpacked: images/ and annotations/", layout, _HINT)
