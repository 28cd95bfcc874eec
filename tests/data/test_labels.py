# SPDX-License-Identifier: Apache-2.0
"""Labels in every form in which people have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.data.labels import read_labels
from toolkit.errors import InputError

NUMBERS = np.arange(12) % 3
NAMES = np.array(["ant", "bee", "cow"])

CLASSES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "numbers": (NUMBERS, ("0", "1", "2")),
    "bytes": (NUMBERS.astype(np.uint8), ("0", "1", "2")),
    "a list": (NUMBERS.tolist(), ("0", "1", "2")),
    "a column": (NUMBERS[:, None], ("0", "1", "2")),
    "from 1": (NUMBERS + 1, ("1", "2", "3")),
    "below 0": (NUMBERS - 1, ("-1", "0", "1")),
    "with gaps": (NUMBERS * 50, ("0", "50", "100")),
    "texts": (NAMES[NUMBERS], ("ant", "bee", "cow")),
    "texts in a column": (NAMES[NUMBERS][:, None], ("ant", "bee", "cow")),
    "texts as objects": (NAMES[NUMBERS].astype(object), ("ant", "bee", "cow")),
    "bytes of texts": (NAMES[NUMBERS].astype("S"), ("ant", "bee", "cow")),
    "one-hot": (np.eye(3, dtype=int)[NUMBERS], ("0", "1", "2")),
    "one-hot floats": (np.eye(3, dtype=np.float32)[NUMBERS], ("0", "1", "2")),
    "one-hot booleans": (np.eye(3, dtype=bool)[NUMBERS], ("0", "1", "2")),
}


@pytest.mark.parametrize("form", CLASSES)
def test_every_usual_form_becomes_classes(form: str) -> None:
    labels, classes = CLASSES[form]
    task, y, names = read_labels(labels, None, None, "f")
    assert (task, names) == ("classification", classes)
    assert y.dtype == np.int64 and y.tolist() == NUMBERS.tolist()


def test_booleans_become_two_classes() -> None:
    task, y, names = read_labels(NUMBERS == 1, None, None, "f")
    assert (task, names, y.tolist()) == ("classification", ("False", "True"), (NUMBERS == 1).tolist())


@pytest.mark.parametrize("labels", [NUMBERS, NUMBERS + 1, NUMBERS.astype(float), np.eye(3)[NUMBERS]])
def test_names_of_classes_are_those_of_the_numbers(labels: Any) -> None:
    assert read_labels(labels, list(NAMES), None, "f")[1:][0].tolist() == NUMBERS.tolist()
    assert read_labels(labels, list(NAMES), None, "f")[2] == tuple(NAMES)


def test_texts_keep_the_order_of_the_names_that_are_given() -> None:
    _, y, names = read_labels(NAMES[NUMBERS], ["cow", "bee", "ant"], None, "f")
    assert names == ("cow", "bee", "ant") and y.tolist() == (2 - NUMBERS).tolist()


@pytest.mark.parametrize("labels", [NUMBERS.astype(float), (NUMBERS + 1.0)[:, None], np.float32([0, 1] * 9)])
def test_whole_numbers_kept_as_floats_are_asked_for_and_one_option_decides(labels: Any) -> None:
    with pytest.raises(InputError, match="are they classes, or numbers to learn") as caught:
        read_labels(labels, None, None, "f")
    assert 'task = "classification" or task = "regression"' in str(caught.value.hint)
    assert read_labels(labels, None, "classification", "f")[1].dtype == np.int64
    assert read_labels(labels, None, "regression", "f")[1].shape == (len(labels), 1)


def test_whole_numbers_that_hardly_repeat_are_asked_for() -> None:
    with pytest.raises(InputError, match=r"60 different labels in 60 rows .* are they classes"):
        read_labels(np.arange(60), None, None, "f")


def test_rows_with_several_ones_are_several_labels() -> None:
    rows = np.array([[1, 1, 0], [0, 0, 0], [1, 0, 1]])
    assert read_labels(rows, None, None, "f")[0] == "multilabel"
    assert read_labels(rows.astype(float), list(NAMES), None, "f")[2] == tuple(NAMES)
    with pytest.raises(InputError, match="are they labels"):
        read_labels(rows.astype(float), None, None, "f")


@pytest.mark.parametrize("targets", [np.linspace(0, 1, 9), np.ones((4, 2)) / 3, np.array([[3, 4], [5, 6]])])
def test_fractions_and_several_numbers_are_targets(targets: Any) -> None:
    task, y, names = read_labels(targets, None, None, "f")
    assert (task, names, y.dtype) == ("regression", (), np.float32)


@pytest.mark.parametrize(
    ("labels", "names", "task", "said"),
    [
        (["a", None, "b"], None, None, "of the type NoneType, str"),
        ([10**400, 1, 2], None, None, "no array: int too large"),
        ([1 << 80, 1, 2], None, "classification", "classes are whole numbers"),
        ([1 + 2j, 3, 4], None, None, "type complex"),
        (3, None, None, "one label, not one for each row"),
        ([["a"], ["b", "c"]], None, None, "no array"),
        (NAMES[NUMBERS], ["ant", "be", "cow"], None, "'bee', which is no class. Did you mean be"),
        (NUMBERS, "abc", None, "as classes; their names"),
        (NUMBERS, ["a", "a", "b"], None, "two classes that are called 'a'"),
        (np.eye(3)[NUMBERS], ["a", "b"], None, "3 columns of labels and 2 classes"),
        (NAMES[NUMBERS], None, "regression", "a target that is no number"),
        (np.array([0.5, 1, 2]), None, "classification", "the label 0.5; classes are whole"),
        (np.array([[1, 1], [0, 1]]), None, "classification", "not one-hot"),
        (np.array([f"id{i}" for i in range(30)]), None, None, "a class needs 3 samples"),
    ],
)
def test_what_cannot_be_labels_is_an_error(labels: Any, names: Any, task: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_labels(labels, names, task, "f")


ONE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)


@given(st.lists(ONE, max_size=8), st.sampled_from([None, "classification", "multilabel", "regression"]))
def test_whatever_is_returned_gives_targets_or_an_input_error(labels: list[Any], task: Any) -> None:
    try:
        made, y, names = read_labels(labels, None, task, "f")
    except InputError:
        return
    assert len(y) == len(labels)
    assert made != "classification" or all(0 <= label < len(names) for label in y)


def test_texts_that_stand_for_a_missing_value_are_an_error_unless_they_are_named() -> None:
    labels = np.array(["a", "b", "nan"])[NUMBERS]
    with pytest.raises(InputError, match="for a missing value, in 4 of 12 rows, first in row 2"):
        read_labels(labels, None, None, "f")
    assert read_labels(labels, ["a", "b", "nan"], None, "f")[2] == ("a", "b", "nan")


def test_labels_that_look_the_same_are_one() -> None:
    labels = np.array(["caf\u00e9", "cafe\u0301", "tea"])[NUMBERS]
    assert read_labels(labels, None, None, "f")[2] == ("caf\u00e9", "tea")
    assert read_labels(labels, ["tea", "cafe\u0301"], None, "f")[2] == ("tea", "caf\u00e9")
