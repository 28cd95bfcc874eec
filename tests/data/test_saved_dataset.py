# SPDX-License-Identifier: Apache-2.0
"""A Dataset as a folder of .npy files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Broken, Divided, Part, load_saved_dataset, save_dataset
from toolkit.data.dataset import SPLIT_NAMES
from toolkit.errors import InputError


def _divided() -> Divided:
    random = np.random.default_rng(5)
    parts = {
        name: Part(
            random.random((n, 4, 4, 1), np.float32),
            random.integers(0, 2, n).astype(np.int64),
            tuple(f"ü{name}{i}.png" for i in range(n)),
        )
        for name, n in zip(SPLIT_NAMES, (6, 2, 3), strict=True)
    }
    skipped = (Broken("bad.png", "cut short"),)
    return Divided("näme", "classification", ('a"b', "ü\\n"), parts, skipped)


@pytest.mark.parametrize("in_memory_bytes", [1 << 20, 0])
def test_a_saved_dataset_comes_back_equal_in_memory_or_mapped(tmp_path: Path, in_memory_bytes: int) -> None:
    before = _divided()
    save_dataset(before, tmp_path / "new folder" / "data")
    after = load_saved_dataset(tmp_path / "new folder" / "data", in_memory_bytes=in_memory_bytes)
    assert (after.name, after.task, after.classes) == (before.name, before.task, before.classes)
    assert after.skipped == before.skipped
    for name, part in before.parts.items():
        split = after.splits()[name]
        assert np.array_equal(part.x, split.x) and np.array_equal(part.y, split.y)
        assert (split.names, split.is_mapped) == (part.names, in_memory_bytes == 0)


def test_equal_datasets_give_equal_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        save_dataset(_divided(), tmp_path / folder)
    first = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert len(first) == 8
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}


def test_one_changed_number_changes_the_hash_of_the_data(tmp_path: Path) -> None:
    save_dataset(_divided(), tmp_path / "a")
    other = _divided()
    other.parts["test"].x[0, 0, 0, 0] += 1  # type: ignore[index]
    save_dataset(other, tmp_path / "b")
    first, second = (load_saved_dataset(tmp_path / folder).sha256 for folder in "ab")
    assert len(first) == 64 and first != second


def test_a_missing_dataset_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no dataset"):
        load_saved_dataset(tmp_path / "data")


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    save_dataset(_divided(), tmp_path)
    np.save(tmp_path / "train_x.npy", np.array([{"format": 1}], dtype=object))
    with pytest.raises(InputError, match="not a dataset"):
        load_saved_dataset(tmp_path)


@pytest.mark.parametrize("file", ["dataset.json", "names.json", "train_x.npy", "test_y.npy"])
@pytest.mark.parametrize("keep", [0, 0.1, 0.9])
@pytest.mark.parametrize("in_memory_bytes", [1 << 20, 0])
def test_a_truncated_dataset_is_an_input_error(
    tmp_path: Path, file: str, keep: float, in_memory_bytes: int
) -> None:
    save_dataset(_divided(), tmp_path)
    path = tmp_path / file
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(InputError, match="damaged"):
        load_saved_dataset(tmp_path, in_memory_bytes=in_memory_bytes)


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    save_dataset(_divided(), tmp_path)
    about = json.loads((tmp_path / "dataset.json").read_text(encoding="utf-8"))
    (tmp_path / "dataset.json").write_text(json.dumps({**about, "format": 99}))
    with pytest.raises(InputError, match="not a dataset of this version"):
        load_saved_dataset(tmp_path)


def test_an_array_of_another_shape_is_refused(tmp_path: Path) -> None:
    save_dataset(_divided(), tmp_path)
    np.save(tmp_path / "test_x.npy", np.zeros((4, 4, 4, 1), np.float32))
    with pytest.raises(InputError, match="not a dataset of this version"):
        load_saved_dataset(tmp_path)


def test_a_dataset_with_flipped_bytes_is_an_input_error_or_loads(tmp_path: Path) -> None:
    save_dataset(_divided(), tmp_path)
    random = np.random.default_rng(8)
    refused = 0
    for file in ("dataset.json", "names.json", "train_x.npy"):
        content = (tmp_path / file).read_bytes()
        for _ in range(150):
            damaged = bytearray(content)
            for place in random.integers(0, min(len(content), 256), random.integers(1, 6)):
                damaged[place] = random.integers(256)
            (tmp_path / file).write_bytes(damaged)
            try:
                load_saved_dataset(tmp_path)
            except InputError:
                refused += 1
        (tmp_path / file).write_bytes(content)
    assert refused > 300
