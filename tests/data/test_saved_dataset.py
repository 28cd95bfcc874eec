# SPDX-License-Identifier: Apache-2.0
"""A Dataset as a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, Split, load_saved_dataset, save_dataset
from toolkit.errors import InputError


def _dataset() -> Dataset:
    random = np.random.default_rng(5)
    parts = [
        Split(random.random((n, 4, 4, 1), np.float32), random.integers(0, 2, n).astype(np.int64))
        for n in (6, 2, 3)
    ]
    return Dataset("näme", "classification", *parts, classes=('a"b', "ü\\n"))


def test_a_saved_dataset_comes_back_equal(tmp_path: Path) -> None:
    before = _dataset()
    save_dataset(before, tmp_path / "new folder" / "dataset.npz")
    after = load_saved_dataset(tmp_path / "new folder" / "dataset.npz")
    assert (after.name, after.task, after.classes) == (before.name, before.task, before.classes)
    for name, part in before.splits().items():
        assert np.array_equal(part.x, after.splits()[name].x)
        assert np.array_equal(part.y, after.splits()[name].y)


def test_equal_datasets_give_equal_bytes(tmp_path: Path) -> None:
    save_dataset(_dataset(), tmp_path / "a.npz")
    save_dataset(_dataset(), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_missing_dataset_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no dataset"):
        load_saved_dataset(tmp_path / "dataset.npz")


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", about=np.array([{"format": 1}], dtype=object))
    with pytest.raises(InputError, match="not a dataset"):
        load_saved_dataset(tmp_path / "evil.npz")


@pytest.mark.parametrize("length", [0, 1, 100, 700])
def test_a_truncated_dataset_is_an_input_error(tmp_path: Path, length: int) -> None:
    path = tmp_path / "dataset.npz"
    save_dataset(_dataset(), path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match="damaged"):
        load_saved_dataset(path)


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    about = np.frombuffer(b'{"format": 99}', dtype=np.uint8)
    parts = {f"{n}_{v}": np.zeros(1) for n in ("train", "validation", "test") for v in "xy"}
    np.savez(tmp_path / "new.npz", about=about, **parts)
    with pytest.raises(InputError, match="not a dataset of this version"):
        load_saved_dataset(tmp_path / "new.npz")


def test_a_dataset_with_flipped_bytes_is_an_input_error_or_loads(tmp_path: Path) -> None:
    path = tmp_path / "dataset.npz"
    save_dataset(_dataset(), path)
    content = path.read_bytes()
    random = np.random.default_rng(8)
    refused = 0
    for _ in range(500):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), random.integers(1, 6)):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        try:
            load_saved_dataset(path)
        except InputError:
            refused += 1
    assert refused > 400
