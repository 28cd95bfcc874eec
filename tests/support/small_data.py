# SPDX-License-Identifier: Apache-2.0
"""The data sets that ship in the wheels of aeon and scikit-learn, and what classical methods make of them.

Run by a Python of its own that has aeon, whose versions of NumPy are not the toolkit's:
  small_data.py data FOLDER          writes FOLDER/<set>.npz: x, y, and x_test, y_test if it has any
  small_data.py score FILE.npz KIND  prints the test accuracy; FILE has x, y, x_test, y_test, seed
KIND is series (MiniRocket: Dempster et al., arXiv 2012.08791) or table (random forest).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

SERIES = (
    "ArrowHead",
    "BasicMotions",
    "GunPoint",
    "ItalyPowerDemand",
    "JapaneseVowels",
    "OSULeaf",
    "PickupGestureWiimoteZ",
)
TABLES = ("breast_cancer", "iris", "wine")


def write_all(folder: Path) -> None:
    from sklearn import datasets

    for name in SERIES:
        np.savez(folder / f"{name}.npz", **_series(name))
    for name in TABLES:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        np.savez(folder / f"{name}.npz", x=x.astype(np.float32), y=y.astype(np.int64))


def _series(name: str) -> dict[str, Any]:
    """Return the parts as (n, time, channels); shorter series repeat their last value to the end."""
    from aeon import datasets

    folder = str(Path(datasets.__file__).parent / "data")
    parts = [datasets.load_classification(name, split=s, extract_path=folder) for s in ("train", "test")]
    length = max(one.shape[1] for x, _ in parts for one in x)
    labels, numbers = np.unique(np.concatenate([y for _, y in parts]), return_inverse=True)
    assert len(labels) > 1
    first = len(parts[0][1])
    x, x_test = (np.stack([_padded(one, length) for one in x]) for x, _ in parts)
    return {"x": x, "y": numbers[:first], "x_test": x_test, "y_test": numbers[first:]}


def _padded(one: Any, length: int) -> Any:
    """Return one (channels, time) as float32 (length, channels)."""
    known = np.asarray(one, np.float32)
    known = known[:, ~np.isnan(known).any(axis=0)]
    return np.pad(known, ((0, 0), (0, length - known.shape[1])), mode="edge").T


def score(file: Path, kind: str) -> float:
    data = np.load(file)
    seed = int(data["seed"])
    x, x_test = data["x"], data["x_test"]
    if kind == "series":
        from aeon.classification.convolution_based import MiniRocketClassifier

        model = MiniRocketClassifier(random_state=seed)
        x, x_test = (np.swapaxes(each, 1, 2).astype(np.float64) for each in (x, x_test))
    else:
        from sklearn.ensemble import RandomForestClassifier

        model = RandomForestClassifier(500, random_state=seed)
    model.fit(x, data["y"])
    return float(np.mean(model.predict(x_test) == data["y_test"]))


if __name__ == "__main__":
    if sys.argv[1] == "data":
        write_all(Path(sys.argv[2]))
    else:
        print(score(Path(sys.argv[2]), sys.argv[3]))
