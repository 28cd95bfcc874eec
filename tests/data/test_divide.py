# SPDX-License-Identifier: Apache-2.0
"""What goes to which split: by ratio, by group, by list; leaks; balance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.data import Dataset, Samples, Split, class_weights, imbalance
from toolkit.data.leakage import check_leakage, with_duplicates_together
from toolkit.data.lists import with_lists
from toolkit.data.split import split_indices
from toolkit.errors import InputError
from toolkit.project.config import SplitLists

RATIOS = (0.6, 0.2, 0.2)


def _samples(
    y: list[int],
    groups: list[str] | None = None,
    parts: list[int] | None = None,
    names: list[str] | None = None,
    digests: list[str] | None = None,
) -> Samples:
    classes = tuple("abcdefgh"[: max(y) + 1])
    return Samples(
        "classification",
        np.zeros((len(y), 2), np.float32),
        np.array(y, np.int64),
        classes,
        names=tuple(names or ()),
        digests=tuple(digests or ()),
        groups=tuple(groups or ()),
        parts=None if parts is None else np.array(parts, np.int64),
    )


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.lists(st.integers(1, 9), min_size=4, max_size=12), min_size=2, max_size=4),
    seed=st.integers(0, 99),
)
def test_a_group_is_never_divided_and_every_part_has_every_class(sizes: list[list[int]], seed: int) -> None:
    y = [label for label, counts in enumerate(sizes) for count in counts for _ in range(count)]
    groups = [
        f"{label}/{i}"
        for label, counts in enumerate(sizes)
        for i, count in enumerate(counts)
        for _ in range(count)
    ]
    samples = _samples(y, groups)
    parts = split_indices(samples, RATIOS, seed, "")
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(y)))
    homes = [{groups[row] for row in part} for part in parts]
    assert not (homes[0] & homes[1] or homes[0] & homes[2] or homes[1] & homes[2])
    assert all(set(samples.y[part].tolist()) == set(range(len(sizes))) for part in parts)
    check_leakage(samples, parts)


def test_groups_of_equal_size_are_divided_as_asked() -> None:
    y = [label for label in (0, 1) for _ in range(100)]
    groups = [f"{label}/{i // 10}" for label in (0, 1) for i in range(100)]
    parts = split_indices(_samples(y, groups), RATIOS, 1, "")
    assert [len(part) for part in parts] == [120, 40, 40]


def test_persons_who_did_everything_are_divided_as_asked() -> None:
    y = [i % 4 for i in range(400)]
    groups = [f"person {i // 40}" for i in range(400)]
    parts = split_indices(_samples(y, groups), RATIOS, 1, "")
    assert [len(part) for part in parts] == [240, 80, 80]


def test_the_seed_decides_where_a_group_goes() -> None:
    y, groups = [i % 2 for i in range(80)], [str(i // 4) for i in range(80)]
    one, again, other = (split_indices(_samples(y, groups), RATIOS, seed, "")[2] for seed in (1, 1, 2))
    assert np.array_equal(one, again) and set(one) != set(other)


def test_two_recordings_of_a_class_are_too_few() -> None:
    samples = _samples([0] * 6 + [1] * 6, ["r1"] * 3 + ["r2"] * 3 + ["s1", "s2", "s3"] * 2)
    with pytest.raises(InputError, match=r"without the class 'a': 5 groups .* cannot be divided"):
        split_indices(samples, RATIOS, 1, "Try: more recordings")


def test_a_given_test_split_stays_and_the_rest_is_dealt_out() -> None:
    y = [i % 2 for i in range(100)]
    samples = _samples(y, parts=[2 if i >= 90 else -1 for i in range(100)])
    train, validation, test = split_indices(samples, (0.6, 0.2, 0.2), 1, "")
    assert sorted(test.tolist()) == list(range(90, 100))
    assert (len(train), len(validation)) == (68, 22)
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(90))


def test_a_given_test_split_may_lack_a_class_but_training_may_not() -> None:
    y = [0] * 8 + [1] * 8
    only_a = _samples(y, parts=[2] * 3 + [-1] * 13)
    assert sorted(split_indices(only_a, RATIOS, 1, "")[2].tolist()) == [0, 1, 2]
    with pytest.raises(InputError, match="train would be left without the class 'b'"):
        split_indices(_samples(y, parts=[0] * 5 + [1] * 3 + [2] * 8), RATIOS, 1, "")


def test_with_all_parts_given_nothing_else_is_used() -> None:
    samples = _samples([0, 1] * 5, parts=[0, 0, 0, 0, 1, 1, 2, 2, -1, -1])
    parts = split_indices(samples, RATIOS, 1, "")
    assert [sorted(part.tolist()) for part in parts] == [[0, 1, 2, 3], [4, 5], [6, 7]]


def test_a_part_that_gets_nothing_is_named() -> None:
    with pytest.raises(InputError, match="validation would be left without any"):
        split_indices(_samples([0, 1] * 4, parts=[0] * 4 + [2] * 4), RATIOS, 1, "")


def test_lists_say_what_goes_where(tmp_path: Path) -> None:
    names = [f"{i % 2}/{i}.png" for i in range(12)]
    (tmp_path / "test.txt").write_text("0/0.png\n./1/1.png\n\n1\\3.png\n")
    samples = with_lists(
        _samples([i % 2 for i in range(12)], names=names), SplitLists(test="test.txt"), tmp_path
    )
    assert samples.parts is not None
    assert np.flatnonzero(samples.parts == 2).tolist() == [0, 1, 3]
    assert set(samples.parts.tolist()) == {2, -1}


def test_a_name_in_two_lists_is_an_error(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("x.png\n")
    with pytest.raises(InputError, match=r"x\.png is in two lists: train and test"):
        with_lists(_samples([0], names=["x.png"]), SplitLists(train="a.txt", test="b.txt"), tmp_path)


@pytest.mark.parametrize("name", ["y.png", "../x.png", "/etc/passwd"])
def test_a_name_that_is_not_among_the_data_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text(f"{name}\n")
    with pytest.raises(InputError, match=r"a\.txt names what is not among the data"):
        with_lists(_samples([0], names=["x.png"]), SplitLists(test="a.txt"), tmp_path)


def test_a_missing_list_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none\.txt"):
        with_lists(_samples([0], names=["x.png"]), SplitLists(test="none.txt"), tmp_path)


def test_the_same_bytes_in_two_splits_are_named() -> None:
    samples = _samples([0] * 4, names=["a/1.png", "a/2.png", "a/3.png", "a/copy.png"], digests=list("xyzx"))
    with pytest.raises(InputError, match="same bytes in two splits, 1 times") as caught:
        check_leakage(samples, (np.array([0, 1]), np.array([2]), np.array([3])))
    assert "a/1.png (train) and a/copy.png (test)" in caught.value.message
    check_leakage(samples, (np.array([0, 3]), np.array([2]), np.array([1])))


def test_the_same_file_in_two_splits_is_named() -> None:
    samples = _samples([0] * 3, names=["r.csv", "r.csv", "s.csv"])
    with pytest.raises(InputError, match=r"same file in two splits[^']*r\.csv \(train\) and r\.csv \(test\)"):
        check_leakage(samples, (np.array([0]), np.array([2]), np.array([1])))


def test_many_leaks_are_counted_and_all_in_the_facts() -> None:
    samples = _samples(
        [0] * 20, names=[f"{i}.png" for i in range(20)], digests=[str(i % 10) for i in range(20)]
    )
    with pytest.raises(InputError, match=r"10 times(?s:.*)and 5 more") as caught:
        check_leakage(samples, (np.arange(10), np.arange(10, 20), np.array([], np.int64)))
    assert len(caught.value.facts["leaks"]) == 10  # type: ignore[arg-type]


def test_duplicates_can_be_kept_together() -> None:
    random = np.random.default_rng(2)
    digests = [str(digest) for digest in random.integers(0, 30, 90)]
    samples = _samples([i % 2 for i in range(90)], names=[f"{i}.png" for i in range(90)], digests=digests)
    with pytest.raises(InputError, match="same bytes"):
        check_leakage(samples, split_indices(samples, RATIOS, 1, ""))
    together = with_duplicates_together(samples)
    check_leakage(together, split_indices(together, RATIOS, 1, ""))


def test_duplicates_of_different_recordings_hold_these_together() -> None:
    samples = with_duplicates_together(_samples([0] * 5, groups=list("rrsst"), digests=list("12234")))
    assert len(set(samples.groups[:4])) == 1 and samples.groups[4] not in samples.groups[:4]


def test_weights_make_every_class_count_the_same() -> None:
    y = np.array([0] * 90 + [1] * 10, np.int64)
    split = Split(np.zeros((100, 1), np.float32), y)
    dataset = Dataset("d", "classification", split, split, split, ("a", "b"))
    weights = class_weights(dataset)
    assert weights[0] * 90 == pytest.approx(weights[1] * 10) == pytest.approx(50)
    assert imbalance(dataset) == 9


def test_validation_may_be_left_out() -> None:
    samples = _samples([i % 2 for i in range(100)])
    assert [len(part) for part in split_indices(samples, (0.7, 0.0, 0.3), 1, "")] == [70, 0, 30]
    grouped = _samples([i % 2 for i in range(100)], groups=[str(i // 5) for i in range(100)])
    assert [len(part) for part in split_indices(grouped, (0.7, 0.0, 0.3), 1, "")] == [70, 0, 30]


def test_an_anomaly_detector_needs_validation() -> None:
    y = np.array([0] * 30 + [1] * 10, np.int64)
    samples = Samples("anomaly", np.zeros((40, 2), np.float32), y, ("normal", "anomalous"))
    with pytest.raises(InputError, match="validation is empty; an anomaly detector"):
        split_indices(samples, (0.7, 0.0, 0.3), 1, "")
