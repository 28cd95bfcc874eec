# SPDX-License-Identifier: Apache-2.0
"""Waiting for flash, read by read, against what the caches must hold by hand."""

from __future__ import annotations

import pytest

from toolkit.timing.flash import Cache, FlashTiming, Reads


def _timing(cache: Cache | None) -> FlashTiming:
    return FlashTiming(wait_states=5, read_bytes=8, source="a test", data_cache=cache)


def _waits(cache: Cache | None, reads: list[tuple[int, int]]) -> list[int]:
    each = Reads(_timing(cache), cache)
    return [each.waits(address, size) for address, size in reads]


def test_without_a_cache_every_read_waits() -> None:
    assert _waits(None, [(0, 4), (0, 4), (6, 4)]) == [5, 5, 10]


def test_a_miss_brings_one_read_not_the_whole_line() -> None:
    cache = Cache(lines=2, line_bytes=16, ways=2)
    assert _waits(cache, [(0, 4), (4, 4), (8, 1), (12, 4), (7, 2)]) == [5, 0, 5, 0, 0]


def test_the_line_that_was_not_used_for_longest_makes_room() -> None:
    cache = Cache(lines=2, line_bytes=8, ways=2)
    assert _waits(cache, [(0, 4), (8, 4), (0, 4), (16, 4), (0, 4), (8, 4)]) == [5, 5, 0, 5, 0, 5]


def test_a_line_has_its_place_in_one_set() -> None:
    cache = Cache(lines=2, line_bytes=8, ways=1)
    assert _waits(cache, [(0, 4), (8, 4), (0, 4), (16, 4), (0, 4), (8, 4)]) == [5, 5, 0, 5, 5, 0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"wait_states": 256}, "wait_states 256"),
        ({"read_bytes": 6}, "read_bytes 6"),
        ({"read_bytes": 16, "data_cache": Cache(8, 8, 8)}, "do not fit into 8"),
    ],
)
def test_a_timing_that_cannot_be_is_refused(changed: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {"wait_states": 5, "read_bytes": 8, "source": "a test"}
    with pytest.raises(ValueError, match=message):
        FlashTiming(**{**fields, **changed})  # type: ignore[arg-type]


def test_ways_divide_the_lines() -> None:
    with pytest.raises(ValueError, match="ways 3"):
        Cache(lines=8, line_bytes=32, ways=3)
