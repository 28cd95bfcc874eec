# SPDX-License-Identifier: Apache-2.0
"""Figures do not become worse unnoticed: small models against the record, and the page that shows it.

`make bench` measures real ones (tests/bench/test_record.py). TINYML_RECORD=worse takes worse figures too.
"""

from __future__ import annotations

import os

import pytest
from support.benchmarks import (
    BASELINE,
    DOCUMENT,
    RECORD,
    compiler,
    document,
    measure,
    read,
    record_text,
    worse,
)
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.targets.board import load_board

_BEFORE = {name: 1000 for name in ("instructions", "cycles", "flash_wait_cycles")}
_SIZES = {"arena_bytes": 100, "flash_beyond_weights_bytes": 2000}


def test_a_small_model_is_not_worse_than_the_record() -> None:
    record = read(RECORD)
    if compiler() != record["compiler"]:
        pytest.skip(f"the record is by {record['compiler']}. Try: apt-get install gcc-arm-none-eabi")
    found = measure(write_tflite(small_graph()), "small", "balanced", load_board("nano33ble"))
    complaints = worse(found, record.get("small"))
    if os.environ.get("TINYML_RECORD") == "worse" or "small" not in record:
        RECORD.write_text(record_text({**record, "small": found}), encoding="utf-8")
    else:
        assert not complaints, "look why, or TINYML_RECORD=worse"


def test_a_percent_is_no_change_and_more_is() -> None:
    before = {**_BEFORE, **_SIZES}
    assert worse({**before, "instructions": 1010}, before) == []
    assert worse({**before, "instructions": 500, "cycles": 1011}, before) == ["cycles 1,000 -> 1,011"]
    assert worse({**before, "arena_bytes": 10_000}, None) == []


def test_the_page_shows_the_record() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(read(RECORD), read(BASELINE))
