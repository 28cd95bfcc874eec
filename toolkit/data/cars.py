# SPDX-License-Identifier: Apache-2.0
"""Stanford Cars: 196 models of cars, what is where in files of MATLAB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from toolkit.data.mat import read_mat
from toolkit.data.published import ANY, TEST, Layout, picture_source, plain_name, whole_numbers
from toolkit.errors import InputError

_HINT = (
    "Try: the folder that has cars_train, cars_test and devkit, whose test labels are "
    "cars_test_annos_withlabels.mat"
)
_TEST_LABELS = "cars_test_annos_withlabels.mat"


def layout(options: Any, folder: Path) -> Layout:
    """Return cars_train/00001.jpg and cars_test/00001.jpg with the classes of devkit/cars_meta.mat."""
    kit = folder / "devkit"
    beside = folder / _TEST_LABELS
    labels = {
        "cars_train": (kit / "cars_train_annos.mat", ANY),
        "cars_test": (beside if beside.is_file() else kit / _TEST_LABELS, TEST),
    }
    found = Layout(lists=[kit / "cars_meta.mat", *(path for path, _ in labels.values())])
    names = np.atleast_1d(read_mat(found.lists[0], _HINT, ["class_names"])["class_names"])
    found.classes = tuple(map(str, names))
    for place, (path, part) in labels.items():
        about = np.atleast_1d(read_mat(path, _HINT, ["annotations"])["annotations"])
        if not all(hasattr(each, "fname") and hasattr(each, "class") for each in about.flat):
            raise InputError(f"{path}: annotations are no structures with fname and class.", hint=_HINT)
        classes = [getattr(each, "class") for each in about.flat]
        numbers = whole_numbers(classes, f"{path}: class", _HINT, 1, len(found.classes))
        for each, number in zip(about.flat, numbers.tolist(), strict=True):
            found.add(folder / place / plain_name(path, str(each.fname)), found.classes[number - 1], part)
    return found


SOURCE = picture_source(
    "cars", "Stanford Cars as unpacked: cars_train/, cars_test/ and devkit/", layout, _HINT
)
