# SPDX-License-Identifier: Apache-2.0
"""The data sets that ship in the wheels of aeon and scikit-learn, and what classical methods make of them.

Run by a Python of its own that has aeon, whose versions of NumPy are not the toolkit's:
  small_data.py data FOLDER          writes FOLDER/<set>.npz: x, y, and x_test, y_test if it has any
  small_data.py pictures FOLDER      the same of scikit-image's pictures: faces, textures
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
PICTURES = ("faces", "textures")
_TEXTURES = ("brick", "grass", "gravel")
_PATCH = 32


def write_all(folder: Path) -> None:
    from sklearn import datasets

    for name in SERIES:
        np.savez(folder / f"{name}.npz", **_series(name))
    for name in TABLES:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        np.savez(folder / f"{name}.npz", x=x.astype(np.float32), y=y.astype(np.int64))


def write_pictures(folder: Path) -> None:
    """Write 200 pictures of faces and of what is none, and patches of three textures.

    faces: skimage.data.lfw_subset, 100 of Labeled Faces in the Wild and 100 of their backgrounds, grey.
    textures: patches of 16x16 pixels, each the mean of four, of pictures of 512x512; those of the lower half
    of a picture are the test split, so that no neighbours are in two.
    """
    from skimage import data

    np.savez(
        folder / "faces.npz",
        x=data.lfw_subset()[..., None].astype(np.float32),
        y=(np.arange(200) < 100).astype(np.int64),
    )
    parts: dict[str, list[Any]] = {"x": [], "y": [], "x_test": [], "y_test": []}
    for label, name in enumerate(_TEXTURES):
        picture = getattr(data, name)().astype(np.float32) / 255
        half = len(picture) // 2
        for end, rows in (("", picture[:half]), ("_test", picture[half:])):
            patches = _patches(rows)
            parts[f"x{end}"].append(patches)
            parts[f"y{end}"].append(np.full(len(patches), label, np.int64))
    np.savez(folder / "textures.npz", **{name: np.concatenate(each) for name, each in parts.items()})


def _patches(rows: Any) -> Any:
    """Return the patches (n, 16, 16, 1) of a picture (height, width)."""
    down, across, size = len(rows) // _PATCH, rows.shape[1] // _PATCH, _PATCH // 2
    fine = rows.reshape(down, size, 2, across, size, 2).mean(axis=(2, 5))
    return fine.transpose(0, 2, 1, 3).reshape(-1, size, size, 1)


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
    elif sys.argv[1] == "pictures":
        write_pictures(Path(sys.argv[2]))
    else:
        print(score(Path(sys.argv[2]), sys.argv[3]))
