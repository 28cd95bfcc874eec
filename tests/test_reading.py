# SPDX-License-Identifier: Apache-2.0
"""What is read from files that somebody may have tampered with."""

from __future__ import annotations

import pytest

from toolkit.reading import parse_json


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, b"\xff"])
def test_text_that_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_json_is_what_it_says() -> None:
    assert parse_json(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}
