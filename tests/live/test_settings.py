# SPDX-License-Identifier: Apache-2.0
"""tinyml.toml on the page: whatever stands in it is answered in words, and nobody's change is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.errors import InputError, TinymlError
from toolkit.live.settings import change_setting, check_settings, read_settings, write_settings
from toolkit.live.site import open_site

TEXT = """[project]
name = "p"
[data]
source = "sine"
[model]
family = "mlp"
[training]
learning_rate = 0.01
"""
LONG = "9" * 5000


def field(read: dict[str, object], name: str) -> object:
    form = json.loads(json.dumps(read["form"], allow_nan=False))
    return next(each["value"] for part in form for each in part["fields"] if each["name"] == name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tinyml.toml").write_text(TEXT)
    return tmp_path


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("nan", "nan"),
        ("-inf", "-inf"),
        ("1e999", "inf"),
        ("2020-01-01", "2020-01-01"),
        (f"0x{'f' * 4000}", "..."),
        ("[nan]", "[nan]"),
    ],
)
def test_a_value_that_json_has_not_is_shown_and_said_when_it_is_checked(
    root: Path, value: str, shown: str
) -> None:
    (root / "tinyml.toml").write_text(TEXT.replace("0.01", value))
    assert field(read_settings(root), "training.learning_rate") == shown
    with pytest.raises(InputError, match="learning_rate"):
        check_settings(root, (root / "tinyml.toml").read_bytes())


@pytest.mark.parametrize(
    "content",
    [
        b"project=3",
        b"data=[1]\n[project]\nname='x'",
        b"a=" + b"[" * 100_000,
        b"[data." + b"a." * 3_000 + b"b]\n",
        f"[project]\nseed={LONG}".encode(),
        b"\xff\xfe\0",
        b"[project]\nname='\xe9'\n",
        b"",
    ],
    ids=["number", "list", "deep", "deep tables", "long", "binary", "latin-1", "empty"],
)
def test_whatever_the_text_is_every_answer_is_in_words(root: Path, content: bytes) -> None:
    for answer in (
        lambda: check_settings(root, content),
        lambda: change_setting(root, content, "project.seed", "3"),
        lambda: change_setting(root, content, "data.source", "sine"),
        lambda: (root / "tinyml.toml").write_bytes(content) and read_settings(root),
    ):
        try:
            json.dumps(answer(), allow_nan=False)
        except TinymlError as error:
            assert "tinyml.toml" in error.message


def test_a_file_that_is_no_toml_can_be_mended_on_the_page(root: Path) -> None:
    (root / "tinyml.toml").write_text("[project\n")
    found = read_settings(root)
    assert found["text"] == "[project\n" and "tinyml.toml is not valid TOML" in found["problem"]
    assert write_settings(root, TEXT.encode(), found["digest"])["written"]


def test_a_file_that_is_gone_or_a_folder_is_said_and_a_project_that_is_gone_is_not_made_again(
    root: Path,
) -> None:
    digest = read_settings(root)["digest"]
    (root / "tinyml.toml").unlink()
    with pytest.raises(InputError, match="No such file"):
        read_settings(root)
    (root / "tinyml.toml").mkdir()
    with pytest.raises(InputError, match="a folder"):
        read_settings(root)
    with pytest.raises(InputError, match="a folder"):
        write_settings(root, TEXT.encode(), digest)
    with pytest.raises(InputError, match="there is no folder"):
        write_settings(root / "gone", TEXT.encode(), digest)
    assert not (root / "gone").exists()


def test_what_an_editor_wrote_meanwhile_is_not_written_over(root: Path) -> None:
    file, read = root / "tinyml.toml", read_settings(root)
    file.write_text(TEXT + "# mine\n")
    with pytest.raises(InputError, match="was changed by another program since the page read it"):
        write_settings(root, TEXT.encode(), read["digest"])
    assert file.read_text() == TEXT + "# mine\n"
    written = write_settings(root, TEXT.encode(), read_settings(root)["digest"])
    assert write_settings(root, TEXT.encode() + b"# again\n", written["digest"])["written"]


def test_ends_of_lines_and_the_mark_of_a_file_stay(root: Path) -> None:
    file = root / "tinyml.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    read = read_settings(root)
    assert field(read, "training.learning_rate") == 0.01
    changed = change_setting(root, read["text"].encode(), "training.epochs", "7")
    assert changed["text"] == TEXT.replace("\n", "\r\n") + "epochs = 7\r\n" and changed["problem"] == ""
    write_settings(root, (TEXT + "epochs = 8\n").encode(), read["digest"])  # as a browser's field has it
    expected = (TEXT + "epochs = 8\n").replace("\n", "\r\n").encode()
    assert file.read_bytes() == b"\xef\xbb\xbf" + expected


@pytest.mark.parametrize(("value", "wrong"), [("٣", True), ("1_0", True), ("1e3", True), ("10", False)])
def test_a_number_is_written_in_plain_digits(root: Path, value: str, wrong: bool) -> None:
    said = change_setting(root, TEXT.encode(), "training.epochs", value)
    assert ("must be a whole number" in said["problem"]) is wrong


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("firmware.board", "../../etc", "there is no board '../../etc'"),
        ("model.options.wdth", "3", "the form has no 'model.options.wdth'"),
        ("data.source", "sinus", "sinus"),
    ],
)
def test_what_commands_would_refuse_is_found_by_the_check(
    root: Path, name: str, value: str, said: str
) -> None:
    try:
        problem = change_setting(root, TEXT.encode(), name, value)["problem"]
    except InputError as error:
        problem = error.message
    assert said in problem


def test_an_option_that_nobody_has_is_found_by_the_check(root: Path) -> None:
    with pytest.raises(InputError, match=r"tinyml.toml:10: model\.options\.wdth"):
        check_settings(root, (TEXT + "[model.options]\nwdth = 3\n").encode())


def test_a_board_that_is_written_is_the_page_s_at_once_unless_the_command_named_one(root: Path) -> None:
    digest = read_settings(root)["digest"]
    follows, stays = open_site(None, root, None, None), open_site(None, root, "sparkfun_edge", None)
    assert (follows.state()["board"], stays.state()["board"]) == ("nano33ble", "sparkfun_edge")
    text = TEXT + '[firmware]\nboard = "raspberry_pi_pico"\n'
    follows.after_change(write_settings(root, text.encode(), digest))
    assert (follows.state()["board"], stays.state()["board"]) == ("raspberry_pi_pico", "sparkfun_edge")
    assert follows.desk.setting.made == root.resolve() / "build" / "raspberry_pi_pico"
    assert (follows.jobs.board, stays.jobs.board) == ("raspberry_pi_pico", "sparkfun_edge")
    (root / "tinyml.toml").write_text("[project\n")
    assert follows.state()["board"] == "raspberry_pi_pico"
