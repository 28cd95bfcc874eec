# SPDX-License-Identifier: Apache-2.0
"""What is read from files that somebody may have tampered with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.flashing import pipe_at

from toolkit.errors import InputError
from toolkit.files import one_at_a_time
from toolkit.process import Companion
from toolkit.reading import parse_json


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 200_000, b"\xff"], ids=["nothing", "one brace", "many brackets", "no UTF-8"]
)
def test_text_that_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_json_is_what_it_says() -> None:
    assert parse_json(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}


def test_a_pipe_where_a_lock_or_a_log_goes_is_not_waited_for(tmp_path: Path) -> None:
    place, program = tmp_path / "pipe", [sys.executable, "-c", ""]
    with pipe_at(place):
        with pytest.raises(InputError, match="pipe is no regular file but a pipe"), one_at_a_time(place):
            pass
        with pytest.raises(InputError, match="pipe is no regular file but a pipe"):
            Companion(program, cwd=tmp_path, log=place)
        with pytest.raises(InputError, match="pipe is no regular file but a pipe"):
            Companion(program, cwd=tmp_path, errors=place)
