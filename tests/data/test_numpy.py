# SPDX-License-Identifier: Apache-2.0
"""Arrays from .npz and .npy files, also damaged and hostile ones."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.data import Dataset, data_state, load_dataset
from toolkit.errors import InputError
from toolkit.project.config import load_project

X = np.arange(40 * 6, dtype=np.uint8).reshape(40, 2, 3)
Y = np.arange(40) % 2


def load(folder: Path, options: str = 'file = "d.npz"') -> Dataset:
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "numpy"\n'
        f'[data.options]\n{options}\n[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder))


def save(folder: Path, **arrays: Any) -> None:
    np.savez(folder / "d.npz", **{"x": X, "y": Y, **arrays})


def test_an_npz_is_divided_and_scaled(tmp_path: Path) -> None:
    save(tmp_path)
    dataset = load(tmp_path, 'file = "d.npz"\ndivisor = 255\nclasses = ["even", "odd"]')
    assert (dataset.classes, dataset.input_shape) == (("even", "odd"), (2, 3))
    for part in dataset.splits().values():
        rows = np.rint(part.x[:, 0, 0] * 255).astype(int) // 6
        assert np.array_equal(part.x, X[rows].astype(np.float32) / np.float32(255))
        assert np.array_equal(part.y, Y[rows])


def test_a_test_split_of_its_own_stays_one(tmp_path: Path) -> None:
    save(tmp_path, x_new=X[:10] + 1, y_new=Y[:10])
    dataset = load(tmp_path, 'file = "d.npz"\nx_test = "x_new"\ny_test = "y_new"')
    assert len(dataset.test) == 10 and len(dataset.train) + len(dataset.validation) == 40
    assert sorted(dataset.test.x[:, 0, 0].tolist()) == sorted((X[:10, 0, 0] + 1).tolist())


def test_targets_may_be_numbers(tmp_path: Path) -> None:
    save(tmp_path, y=np.linspace(0, 1, 80).reshape(40, 2), x=np.arange(40.0))
    dataset = load(tmp_path, 'file = "d.npz"\ntask = "regression"')
    assert (dataset.task, dataset.outputs, dataset.input_shape) == ("regression", 2, (1,))


NAMES = np.array(["no", "yes"])
FORMS: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "one-hot": (np.eye(2, dtype=int)[Y], "", ("0", "1")),
    "one-hot floats": (np.eye(2)[Y], "", ("0", "1")),
    "texts": (NAMES[Y], "", ("no", "yes")),
    "bytes": (NAMES[Y].astype("S"), "", ("no", "yes")),
    "booleans": (Y == 1, "", ("False", "True")),
    "floats": (Y.astype(np.float32), 'task = "classification"', ("0", "1")),
    "floats with names": (Y.astype(np.float32), 'classes = ["a", "b"]', ("a", "b")),
    "a column": (Y[:, None], "", ("0", "1")),
    "from 1": (Y + 1, "", ("1", "2")),
    "from 1 with names": (Y + 1, 'classes = ["a", "b"]', ("a", "b")),
    "with gaps": (Y * 70000, "", ("0", "70000")),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("has_test", [False, True])
def test_labels_may_have_any_usual_form(tmp_path: Path, form: str, has_test: bool) -> None:
    y, options, classes = FORMS[form]
    numbered = np.arange(40.0)[:, None]
    save(tmp_path, x=numbered, y=y, u=numbered[:8], v=y[:8])
    test = 'x_test = "u"\ny_test = "v"' if has_test else ""
    dataset = load(tmp_path, f'file = "d.npz"\n{options}\n{test}')
    assert (dataset.task, dataset.classes) == ("classification", classes)
    for part in dataset.splits().values():
        assert part.y.tolist() == (part.x[:, 0] % 2).tolist()


@pytest.mark.parametrize("y", [Y, Y == 1, Y * 7.0, Y[:, None], np.array(["normal", "odd"])[Y]])
def test_labels_of_an_anomaly_detector_may_have_any_usual_form(tmp_path: Path, y: Any) -> None:
    save(tmp_path, x=np.arange(40.0)[:, None], y=y)
    dataset = load(tmp_path, 'file = "d.npz"\ntask = "anomaly"')
    assert dataset.classes == ("normal", "anomalous")
    assert dataset.test.y.tolist() == (dataset.test.x[:, 0] % 2).tolist() and dataset.test.y.any()


def test_several_labels_and_targets_are_seen_without_a_task(tmp_path: Path) -> None:
    save(tmp_path, y=np.stack([Y, np.arange(40) % 3 == 0, np.ones(40, int) - Y], axis=1))
    assert load(tmp_path).task == "multilabel"
    save(tmp_path, y=np.linspace(0, 1, 40))
    assert load(tmp_path).task == "regression"


def test_npy_files_are_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", X.astype(np.float32))
    np.save(tmp_path / "b.npy", Y.reshape(-1, 1))
    dataset = load(tmp_path, 'x = "a.npy"\ny = "b.npy"')
    assert sum(len(part) for part in dataset.splits().values()) == 40
    before = data_state(load_project(tmp_path))
    np.save(tmp_path / "a.npy", X.astype(np.float32) + 1)
    assert data_state(load_project(tmp_path)) != before


def test_pickles_are_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "owned",))

    save(tmp_path, x=np.array([Evil()] * 40, dtype=object))
    with pytest.raises(InputError, match=r"x of .* is an array of Python objects"):
        load(tmp_path)
    np.save(tmp_path / "a.npy", np.array([Evil()] * 40, dtype=object))
    with pytest.raises(InputError, match=r"a.npy is an array of Python objects"):
        load(tmp_path, 'x = "a.npy"\ny = "a.npy"')
    assert not (tmp_path / "owned").exists()


def test_an_npz_that_unpacks_to_too_much_is_refused_before(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "d.npz", x=np.zeros((3, 1 << 22), np.uint8), y=Y)
    assert (tmp_path / "d.npz").stat().st_size < 1 << 16
    with pytest.raises(InputError, match=r"take 12,583,\d+ bytes; max_bytes allows 1,000,000"):
        load(tmp_path, 'file = "d.npz"\nmax_bytes = 1_000_000')


@pytest.mark.parametrize(
    ("arrays", "options", "said"),
    [
        ({}, 'x = "z"', "has no array 'z'"),
        ({"y": Y[:9]}, "", "40 inputs, 9 labels"),
        ({"y": Y * 0}, "", "one class only"),
        ({"y": Y + 0.5}, 'task = "classification"', r"y of d.npz gives the label 0.5; classes are whole"),
        ({"y": Y * 1.0}, "", r"labels 0.0, 1.0 as float64: are they classes, or numbers to learn\?"),
        ({"y": np.array(["no", "yes"])[Y]}, 'task = "regression"', "a target that is no number"),
        ({"y": np.array(["no", "yes"])[Y]}, 'task = "anomaly"', "no label in y of d.npz is 'normal'"),
        ({"y": np.eye(2)[Y]}, 'task = "anomaly"', "needs one label a row"),
        ({"y": np.where(Y, np.nan, 0)}, 'task = "anomaly"', "NaN"),
        ({"y": np.datetime64("2026-01-01") + Y}, "", "rows of numbers or texts are needed"),
        ({"y": np.int64(3), "v": Y}, 'x_test = "x"\ny_test = "v"', "rows of numbers or texts are needed"),
        ({"x": np.array(["a"] * 40)}, "", "rows of numbers are needed"),
        ({"x": np.float32(3)}, "", "rows of numbers are needed"),
        ({"x": X * 1j}, "", "complex"),
        ({"x": np.where(X == 7, np.nan, X)}, "", "an input that is NaN or infinite in row 1 "),
        ({"x": X[:0], "y": Y[:0]}, "", "are empty"),
        ({"u": X[:, :1], "v": Y}, 'x_test = "u"\ny_test = "v"', r"rows of shape \(1, 3\)"),
        ({}, 'x_test = "u"', "go together"),
        ({}, "divisor = 0.0", "divisor must not be 0"),
    ],
)
def test_what_is_wrong_with_arrays_is_said(
    tmp_path: Path, arrays: dict[str, Any], options: str, said: str
) -> None:
    save(tmp_path, **arrays)
    with pytest.raises(InputError, match=said):
        load(tmp_path, f'file = "d.npz"\n{options}')


@pytest.mark.parametrize("options", ['file = "none.npz"', 'x = "a.npy"\ny = "b.npy"', 'x = "a"', ""])
def test_a_missing_file_is_an_error(tmp_path: Path, options: str) -> None:
    with pytest.raises(InputError, match=r"cannot read|must be paths"):
        load(tmp_path, options)


def test_damaged_files_are_input_errors_or_load(tmp_path: Path) -> None:
    save(tmp_path)
    content = (tmp_path / "d.npz").read_bytes()
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), random.integers(1, 6)):
            damaged[place] = random.integers(256)
        (tmp_path / "d.npz").write_bytes(damaged)
        try:
            load(tmp_path)
        except InputError:
            refused += 1
    assert refused > 200
    for length in (0, 1, 100, len(content) - 30):
        (tmp_path / "d.npz").write_bytes(content[:length])
        with pytest.raises(InputError, match=r"no \.npz file"):
            load(tmp_path)


def test_a_header_that_lies_about_its_shape_is_an_error(tmp_path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000000), }"
    npy = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + header.ljust(117) + b"\n" + bytes(64)
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("x.npy", npy)
        archive.writestr("y.npy", npy)
    (tmp_path / "a.npy").write_bytes(npy)
    for options in ('file = "d.npz"', 'x = "a.npy"\ny = "a.npy"'):
        with pytest.raises(InputError):
            load(tmp_path, options)


def test_columns_are_standardized_by_the_training_split_if_that_is_asked_for(tmp_path: Path) -> None:
    wild = np.random.default_rng(1).normal([5, 1e6], [0.1, 1e4], (40, 7, 2))
    save(tmp_path, x=wild)
    assert load(tmp_path).standard is None
    dataset = load(tmp_path, 'file = "d.npz"\nstandardize = true')
    assert dataset.train.x.mean(axis=(0, 1)) == pytest.approx([0, 0], abs=1e-3)
    assert dataset.train.x.std(axis=(0, 1)) == pytest.approx([1, 1], abs=1e-3)
    assert dataset.standard is not None
    assert dataset.standard.mean == pytest.approx([5, 1e6], rel=0.01)
