# SPDX-License-Identifier: Apache-2.0
"""Only Arduino's fork of bossac knows the Nano's bootloader: another one does not count as installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit.flash import choose_way, ways
from toolkit.targets.board import load_board


def usable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what bossac lacks if it is looked for in a folder alone."""
    monkeypatch.setenv("PATH", str(folder))
    way = next(way for way in ways(load_board("nano33ble")) if way.upload.tool == "bossac")
    return way.usable.lacks


def test_a_bossac_without_the_nanos_microcontroller_is_not_the_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bossac"
    assert usable(tmp_path, monkeypatch) == "bossac is not installed"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert usable(tmp_path, monkeypatch).endswith("is not Arduino's fork: it does not know the nRF52840")
    program.write_text("#!/bin/sh\n# nRF52840-QIAA\n")
    assert usable(tmp_path, monkeypatch) == ""


def test_debians_bossac_is_not_the_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    found = shutil.which("bossac")
    if found is None:
        pytest.skip("needs bossac: apt-get install bossa-cli")
    assert "is not Arduino's fork" in usable(Path(found).parent, monkeypatch)


def test_the_nano_is_flashed_by_what_is_built_in_unless_another_way_is_named() -> None:
    assert choose_way(load_board("nano33ble")).upload.tool == "samba"
