# SPDX-License-Identifier: Apache-2.0
"""A step is current only when its inputs and outputs are those of last time."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.stamps import Stamps, digest_of_code


@pytest.fixture
def stamps(tmp_path: Path) -> Stamps:
    return Stamps(tmp_path / ".stamps")


def test_a_step_is_current_after_it_was_recorded(stamps: Stamps, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.write_text("1")
    assert not stamps.is_current("s", {"a": "1"})
    stamps.record("s", {"a": "1"}, [output])
    assert stamps.is_current("s", {"a": "1"})


@pytest.mark.parametrize("change", ["input", "output", "missing", "damaged"])
def test_whatever_changes_makes_it_out_of_date(stamps: Stamps, tmp_path: Path, change: str) -> None:
    output = tmp_path / "out"
    output.write_text("1")
    stamps.record("s", {"a": "1"}, [output])
    if change == "output":
        output.write_text("2")
    if change == "missing":
        output.unlink()
    if change == "damaged":
        (tmp_path / ".stamps" / "s.json").write_text("{")
    assert not stamps.is_current("s", {"a": "2" if change == "input" else "1"})


def test_code_digests_differ_by_room() -> None:
    assert digest_of_code("ir") != digest_of_code("errors")
