# SPDX-License-Identifier: Apache-2.0
"""Food-101: a folder a class, with lists of training and test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.data.published import ANY, TEST, Layout, picture_source


def layout(options: Any, folder: Path) -> Layout:
    """Return images/<class>/<number>.jpg: meta/train.txt and test.txt have <class>/<number> a line."""
    found = Layout()
    for name, part in (("train", ANY), ("test", TEST)):
        for line in found.lines(folder / "meta" / f"{name}.txt"):
            found.add(folder / "images" / f"{line}.jpg", line.partition("/")[0], part)
    return found


SOURCE = picture_source(
    "food101",
    "Food-101 as unpacked: images/ and meta/ with its lists",
    layout,
    "Try: the folder that has images and meta, from https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/",
)
