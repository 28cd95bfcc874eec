# SPDX-License-Identifier: Apache-2.0
"""What a pruning's costs look like to a person."""

from __future__ import annotations

from typing import Any

import pytest

from toolkit.report.pruning import cost_rows, doubt_text


def found(latency: str) -> dict[str, Any]:
    usual = {"parameters": 100, "macs": 1000, "arena_bytes": 64, "flash_bytes": 4096, "cycles": 9}
    before, after = ({**usual, "latency_ms": ms} for ms in (6.94, 1.9))
    return {"board": "nano33ble", "config": {"latency": latency}, "before": before, "after": after}


def test_milliseconds_of_a_pruned_model_have_their_error_and_clock() -> None:
    row = ("ms (modelled, 64 MHz)", "6.94 +- 9 %", "1.9 +- 9 %", "27 %")
    assert cost_rows(found("2ms"))[-1] == row


@pytest.mark.parametrize(
    ("latency", "is_doubtful"), [("2ms", True), ("2.5ms", False), ("30%", False), ("", False)]
)
def test_a_target_within_the_error_is_said_to_be(latency: str, is_doubtful: bool) -> None:
    text = doubt_text(found(latency))
    assert bool(text) == is_doubtful
    assert not text or "1.9 ms +- 9 % may be up to 2.07 ms" in text
