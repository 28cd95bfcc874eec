# SPDX-License-Identifier: Apache-2.0
"""Several labels a sample, and what is normal: from files, tables and arrays to splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.data import Dataset, Samples, describe, load_dataset
from toolkit.data.contact_sheet import contact_sheet
from toolkit.data.split import split_indices
from toolkit.data.targets import targets_of
from toolkit.errors import InputError
from toolkit.metrics import Task
from toolkit.project.config import load_project

RATIOS = (0.6, 0.2, 0.2)


def load(folder: Path, source: str, options: str) -> Dataset:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "{source}"\n[data.options]\n{options}\n'
        '[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder))


def samples(task: Task, y: np.ndarray, **more: object) -> Samples:
    classes = ("normal", "anomalous") if task == "anomaly" else tuple("abcdef"[: y.shape[-1]])
    return Samples(task, np.zeros((len(y), 1), np.float32), y, classes, **more)  # type: ignore[arg-type]


def test_names_with_separators_between_them_are_labels() -> None:
    y, classes = targets_of(["wet;cold", "cold", "", "hot| wet", "hot;hot"], "multilabel")
    assert classes == ("cold", "hot", "wet")
    assert y.tolist() == [[1, 0, 1], [1, 0, 0], [0, 0, 0], [0, 1, 1], [0, 1, 0]]


def test_a_table_of_labels_and_one_of_zeros_and_ones_are_the_same_data(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    y = random.integers(0, 2, (60, 2))
    texts = [" | ".join(name for name, has in zip(("hot", "wet"), row, strict=True) if has) for row in y]
    (tmp_path / "names.csv").write_text("x,is\n" + "".join(f"{i},{t}\n" for i, t in enumerate(texts)))
    (tmp_path / "ones.csv").write_text(
        "x,hot,wet\n" + "".join(f"{i},{a},{b}\n" for i, (a, b) in enumerate(y))
    )
    task = 'task = "multilabel"\nstandardize = false\ncolumns = ["x"]\n'
    names = load(tmp_path, "csv", f'file = "names.csv"\ntarget = ["is"]\n{task}')
    ones = load(tmp_path, "csv", f'file = "ones.csv"\ntarget = ["hot", "wet"]\n{task}')
    assert names.classes == ones.classes == ("hot", "wet")
    assert (names.outputs, names.train.y.dtype) == (2, np.float32)
    for a, b in zip(names.splits().values(), ones.splits().values(), strict=True):
        assert np.array_equal(a.x, b.x) and np.array_equal(a.y, b.y)
        assert np.array_equal(a.y, y[a.x[:, 0].astype(int)])


def test_arrays_may_have_labels(tmp_path: Path) -> None:
    y = np.random.default_rng(2).integers(0, 2, (40, 3))
    np.savez(tmp_path / "d.npz", x=np.arange(40.0), y=y)
    dataset = load(tmp_path, "numpy", 'file = "d.npz"\ntask = "multilabel"\nclasses = ["a", "b", "c"]')
    assert np.array_equal(dataset.test.y, y[dataset.test.x[:, 0].astype(int)])
    table = describe(dataset)
    assert (table.headings[0], [row[0] for row in table.rows]) == ("label", ["a", "b", "c"])
    assert [int(row[1]) for row in table.rows] == dataset.train.y.sum(axis=0).tolist()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(40, 120), grouped=st.booleans())
def test_every_split_has_its_share_of_every_label_also_of_a_rare_one(
    seed: int, count: int, grouped: bool
) -> None:
    random = np.random.default_rng(seed)
    y = (random.random((count, 3)) < [0.5, 0.3, 0.0]).astype(np.float32)
    y[random.choice(count, 5, replace=False), 2] = 1
    groups = tuple(f"{i // 2}" for i in range(count)) if grouped else ()
    parts = split_indices(samples("multilabel", y, groups=groups), RATIOS, seed, "")
    assert sorted(np.concatenate(parts).tolist()) == list(range(count))
    for part, ratio in zip(parts, RATIOS, strict=True):
        assert abs(len(part) - ratio * count) <= 6
        assert np.all(np.abs(y[part].sum(axis=0)[:2] - ratio * y.sum(axis=0)[:2]) <= 4)
        assert y[part, 2].any() or grouped


def test_labels_that_are_none_are_named(tmp_path: Path) -> None:
    rows = "".join(f"{i % 5},{i % 3},1\n" for i in range(12))
    (tmp_path / "t.csv").write_text("x,hot,wet\n" + rows)
    with pytest.raises(InputError, match=r"have 2\.0 for the label 'hot' in row 2; 0 or 1 is needed"):
        load(tmp_path, "csv", 'file = "t.csv"\ntarget = ["hot", "wet"]\ntask = "multilabel"')
    (tmp_path / "t.csv").write_text("x,is\n" + "1,hot\n" * 9 + "1,wet\n" * 2)
    with pytest.raises(InputError, match="have 2 samples with the label 'wet'"):
        load(tmp_path, "csv", 'file = "t.csv"\ntarget = ["is"]\ntask = "multilabel"')
    with pytest.raises(InputError, match="multilabel needs labels, a table"):
        load(tmp_path, "image_folder", 'folder = "d"\ntask = "multilabel"')


def write_recordings(folder: Path, counts: dict[str, int]) -> None:
    for number, (kind, count) in enumerate(counts.items()):
        (folder / kind).mkdir(parents=True)
        for i in range(count):
            (folder / kind / f"{i}.csv").write_text("x\n" + f"{100 * number + i}\n{i}\n" * 4)


WINDOWS = 'folder = "d"\nwindow = 4\ntask = "anomaly"\n'


def test_what_is_anomalous_is_never_trained_on_and_is_shared_by_the_others(tmp_path: Path) -> None:
    write_recordings(tmp_path / "d", {"normal": 20, "broken": 6, "worn": 6})
    dataset = load(tmp_path, "windows", WINDOWS)
    assert (dataset.task, dataset.classes) == ("anomaly", ("normal", "anomalous"))
    found = {name: set(part.names) for name, part in dataset.splits().items()}
    kinds = {name: sum(not each.startswith("normal/") for each in names) for name, names in found.items()}
    assert kinds == {"train": 0, "validation": 6, "test": 6}
    assert [len(names) - kinds[name] for name, names in found.items()] == [12, 4, 4]
    for part in dataset.splits().values():
        assert [name.startswith("normal/") for name in part.names] == (part.y == 0).tolist()
    assert describe(dataset).rows[1][:2] == ("anomalous", "0")
    assert contact_sheet(dataset).startswith(b"\x89PNG")


def test_all_may_be_normal(tmp_path: Path) -> None:
    write_recordings(tmp_path / "d", {"a": 5, "b": 5})
    dataset = load(tmp_path, "windows", WINDOWS + 'normal = ""')
    assert not any(part.y.any() for part in dataset.splits().values())
    with pytest.raises(InputError, match="nothing is normal: no class or target is 'normal'"):
        load(tmp_path, "windows", WINDOWS)


def test_arrays_may_say_what_is_normal(tmp_path: Path) -> None:
    y = np.repeat([0, 1, 2], [30, 4, 4])
    np.savez(tmp_path / "d.npz", x=np.arange(38.0), y=y)
    dataset = load(tmp_path, "numpy", 'file = "d.npz"\ntask = "anomaly"')
    assert [int(part.y.sum()) for part in dataset.splits().values()] == [0, 4, 4]
    assert np.array_equal(dataset.test.y, y[dataset.test.x[:, 0].astype(int)] > 0)


def test_a_group_with_an_anomaly_is_not_trained_on() -> None:
    y = np.array([0, 0, 0, 1] * 4 + [0] * 40)
    groups = tuple(f"broke {i // 4}" if i < 16 else f"ran {i // 4}" for i in range(56))
    parts = split_indices(samples("anomaly", y, groups=groups), RATIOS, 1, "")
    assert all(groups[row].startswith("ran") for row in parts[0])
    assert [int(y[part].sum()) for part in parts] == [0, 2, 2]


@pytest.mark.parametrize(
    ("y", "parts", "said"),
    [
        ([0, 1, 0, 0, 1], [0, 0, 1, 2, 2], "train has 1 anomalous samples, such as row 1"),
        ([0, 0, 0, 0, 1], None, "test would be left without the class 'anomalous'"),
    ],
)
def test_a_split_that_cannot_be_is_said(y: list[int], parts: list[int] | None, said: str) -> None:
    given = None if parts is None else np.array(parts)
    with pytest.raises(InputError, match=said):
        split_indices(samples("anomaly", np.array(y), parts=given), RATIOS, 1, "")


def test_too_little_of_a_kind_is_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.arange(9.0), y=np.array([0] * 2 + [1] * 7))
    with pytest.raises(InputError, match="have 2 normal samples"):
        load(tmp_path, "numpy", 'file = "d.npz"\ntask = "anomaly"')
    np.savez(tmp_path / "d.npz", x=np.arange(9.0), y=np.array([0] * 8 + [1]))
    with pytest.raises(InputError, match="have one anomalous sample"):
        load(tmp_path, "numpy", 'file = "d.npz"\ntask = "anomaly"')
