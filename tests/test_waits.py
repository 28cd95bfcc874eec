# SPDX-License-Identifier: Apache-2.0
"""What waits for `make fuzz` is there, and says what sees the same in `make test`."""

from __future__ import annotations

from pathlib import Path

from support.waits import WAITS, waits

TESTS = Path(__file__).parent


def test_each_names_a_test_that_is_there_and_what_stands_for_it() -> None:
    for start, reason in WAITS.items():
        file, _, test = start.partition("::")
        name = test.partition("[")[0].rpartition("::")[2]
        assert f"def {name}" in (TESTS / file).read_text(encoding="utf-8"), start
        assert reason, start


def test_a_test_waits_by_the_beginning_of_its_name() -> None:
    assert waits("tests/verify/test_tuning.py::test_tuning_measures_every_variant_once_and_more")
    assert not waits("tests/verify/test_tuning.py::test_points")
