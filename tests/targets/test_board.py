# SPDX-License-Identifier: Apache-2.0
"""Board files: what one that is like another has, and every board's page."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit import paths
from toolkit.errors import InputError
from toolkit.targets.board import board_names, load_board, use_boards_of

PAGE = Path(__file__).parents[2] / "docs" / "boards.md"
SECTIONS = ("Plug and pins", "First five minutes", "Flashing", "What was tried")


def board_file(folder: Path, name: str, text: str) -> None:
    original = (paths.data_dir("boards") / "nano33ble.toml").read_text(encoding="utf-8")
    (folder / "nano33ble.toml").write_text(original, encoding="utf-8")
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def test_a_board_that_is_like_another_has_all_that_it_does_not_say_itself(tmp_path: Path) -> None:
    board_file(tmp_path, "mine", 'like = "nano33ble"\nname = "mine"\ntitle = "Mine"\n[led]\npin = "P0.01"\n')
    mine, nano = load_board("mine", tmp_path), load_board("nano33ble", tmp_path)
    led = dataclasses.replace(nano.led, pin="P0.01") if nano.led else None
    assert mine == dataclasses.replace(nano, name="mine", title="Mine", led=led)


@pytest.mark.parametrize("like", ['"nano34ble"', '"../boards/nano33ble"', "3", '"mine"'])
def test_a_board_like_none_is_refused_with_its_line(tmp_path: Path, like: str) -> None:
    board_file(tmp_path, "mine", f'like = {like}\nname = "mine"\ntitle = "Mine"\n')
    with pytest.raises(InputError, match=r"mine\.toml.*(no board|itself like another)"):
        load_board("mine", tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project with a board of its own, which is at hand."""
    (tmp_path / "boards").mkdir()
    text = 'like = "nano33ble"\nname = "mine"\ntitle = "Mine"\n[memory]\nstack_bytes = 16384\n'
    (tmp_path / "boards" / "mine.toml").write_text(text, encoding="utf-8")
    use_boards_of(tmp_path)
    yield tmp_path
    use_boards_of(None)


def test_a_project_has_boards_of_its_own_which_may_be_like_the_toolkit_s(project: Path) -> None:
    mine, nano = load_board("mine"), load_board("nano33ble")
    assert mine.memory and nano.memory
    assert mine.memory == dataclasses.replace(nano.memory, stack_bytes=16384)
    assert "mine" in board_names() and "host" in board_names()
    use_boards_of(project / "another")
    with pytest.raises(InputError, match="there is no board 'mine'"):
        load_board("mine")


def test_a_project_s_board_never_hides_one_of_the_toolkit_s(project: Path) -> None:
    (project / "boards" / "mine.toml").rename(project / "boards" / "nano33ble.toml")
    with pytest.raises(InputError, match=r"nano33ble\.toml: the toolkit has a board nano33ble") as error:
        load_board("sparkfun_edge")
    assert 'like = "nano33ble"' in (error.value.hint or "")


@pytest.mark.parametrize("name", [name for name in board_names() if name != "host"])
def test_every_board_has_its_page_with_each_section(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    title = load_board(name).title
    parts = re.split(r"(?m)^## ", text)
    (page,) = [part for part in parts if part.startswith(f"{title}\n")]
    assert f"`{name}`" in page
    titles = [title for title in re.findall(r"(?m)^\*\*([^*]+)\.\*\*", page) if title != "Sensors"]
    assert titles == list(SECTIONS)
