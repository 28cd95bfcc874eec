# SPDX-License-Identifier: Apache-2.0
"""Oxford 102 Flowers: pictures by number, labels and splits in files of MATLAB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.data.mat import read_mat
from toolkit.data.published import TEST, TRAIN, VALIDATION, Layout, picture_source, whole_numbers

_HINT = (
    "Try: the folder that has jpg, imagelabels.mat and setid.mat, from "
    "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"
)
_CLASSES = 102
_PARTS = {"trnid": TRAIN, "valid": VALIDATION, "tstid": TEST}


def layout(options: Any, folder: Path) -> Layout:
    """Return jpg/image_00001.jpg ...: labels has a class, 1 to 102, a picture, setid the numbers of a split.

    The classes have no names in the published files: they are their numbers.
    """
    found = Layout(lists=[folder / "imagelabels.mat", folder / "setid.mat"])
    named, ids = found.lists
    labels = whole_numbers(
        read_mat(named, _HINT, ["labels"])["labels"], f"{named}: labels", _HINT, 1, _CLASSES
    )
    parts = read_mat(ids, _HINT, list(_PARTS))
    for name, part in _PARTS.items():
        for number in whole_numbers(parts[name], f"{ids}: {name}", _HINT, 1, len(labels)).tolist():
            found.add(folder / "jpg" / f"image_{number:05}.jpg", str(labels[number - 1]), part)
    found.classes = tuple(map(str, sorted({int(label) for label in found.labels})))
    return found


SOURCE = picture_source(
    "flowers102", "Oxford 102 Flowers as unpacked: jpg/, imagelabels.mat, setid.mat", layout, _HINT
)
