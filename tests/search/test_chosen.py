# SPDX-License-Identifier: Apache-2.0
"""The chosen project file: its values are the candidate's, and the user's comments stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from toolkit import paths
from toolkit.search.changes import changed
from toolkit.search.chosen import with_changes, write_chosen

TEXT = """\
# Mine.
[project]
name = "p"  # its name

[model]
# Why this one:
family = "cnn"

[model.options]  # of cnn
filters = [
  8,
]

[training]
epochs = 3

# Others
[[model.compare]]
family = "mlp"

[model.compare.options]
units = [16]
"""
KEYS = st.sampled_from(
    ["model.family", "model.options", "model.options.width", "training.epochs", "training.search.method"]
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(0.001, 1e6), st.text(max_size=5),
    st.lists(st.integers(0, 9), max_size=3),
)  # fmt: skip


def test_lines_that_are_not_changed_stay_with_their_comments() -> None:
    text = TEXT.replace("[\n  8,\n]", "[8]")
    changes = {"model.family": "mlp", "model.options": None, "model.options.width": 0.5, "training.epochs": 9}
    edited = with_changes(text, changes)
    assert "# Mine." in edited
    assert "# Why this one:" in edited
    assert "# its name" in edited
    table = tomli.loads(edited)
    assert table["model"]["family"] == "mlp"
    assert table["model"]["options"] == {"width": 0.5}
    assert table["model"]["compare"] == [{"family": "mlp", "options": {"units": [16]}}]
    assert table["training"] == {"epochs": 9}


def test_a_list_over_several_lines_is_written_anew_with_the_same_values() -> None:
    edited = with_changes(TEXT, {"model.options.filters": [4, 6]})
    assert tomli.loads(edited) == changed(tomli.loads(TEXT), {"model.options.filters": [4, 6]})


@given(st.lists(st.tuples(KEYS, VALUES), max_size=6))
def test_the_file_has_the_changed_values_whatever_they_are(pairs: list[tuple[str, Any]]) -> None:
    changes: dict[str, Any] = {}
    for key, value in pairs:
        is_section = key == "model.options"
        changes.pop(key, None)
        changes[key] = None if is_section else value
    text = TEXT.replace("[\n  8,\n]", "[8]")
    assert tomli.loads(with_changes(text, changes)) == changed(tomli.loads(text), changes)


@pytest.mark.parametrize(
    "example", sorted(p.parent.name for p in paths.data_dir("examples").glob("*/tinyml.toml"))
)
def test_every_examples_file_can_be_changed_line_by_line(example: str) -> None:
    text = (paths.data_dir("examples") / example / "tinyml.toml").read_text(encoding="utf-8")
    changes = {
        "model.options": None,
        "model.family": "mlp",
        "model.options.units": [8],
        "firmware.board": "b",
    }
    edited = with_changes(text, changes)
    assert tomli.loads(edited) == changed(tomli.loads(text), changes)
    assert edited.splitlines()[0] == text.splitlines()[0]


def test_each_write_keeps_what_stood_there_before(tmp_path: Path) -> None:
    file = tmp_path / "tinyml.toml"
    file.write_text("a = 1\n")
    assert write_chosen(file, "a = 2\n").read_text() == "a = 1\n"
    assert write_chosen(file, "a = 3\n").read_text() == "a = 2\n"
    assert file.read_text() == "a = 3\n"
    assert (tmp_path / "tinyml.toml.before-search").read_text() == "a = 1\n"
