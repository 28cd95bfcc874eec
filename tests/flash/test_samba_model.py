# SPDX-License-Identifier: Apache-2.0
"""The model of the bootloader against a program that was not written here: Debian's bossac flashes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.samba_bootloader import Chip, Faults, SambaBootloader

ZERO = Chip(
    version="v2.0 [Arduino:XYZ] Mar 10 2017 12:20:17",
    flash_bytes=0x4_0000,
    words={0: 0x2000_7FFC, 0xE000_ED00: 0x410C_C601, 0x4100_2018: 0x1001_0305},
)
"""An Arduino Zero as bossac knows it by its words. Source: log in shumatech/BOSSA issue 55."""
IMAGE = bytes(range(7, 256)) * 40


@pytest.fixture
def bossac() -> str:
    """The program."""
    found = shutil.which("bossac")
    if found is None:
        pytest.skip("needs bossac: apt-get install bossa-cli")
    return found


def run_bossac(bossac: str, folder: Path, model: SambaBootloader, *options: str) -> tuple[int, str]:
    """Return the exit code and the messages of bossac, which writes IMAGE to the model."""
    (folder / "image.bin").write_bytes(IMAGE)
    port = f"--port={model.port.removeprefix('/dev/')}"
    words = [bossac, port, "-U", "-e", "-w", "-v", "-o", "0x2000", *options, "image.bin"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_bossac_erases_writes_verifies_and_resets_the_model(bossac: str, tmp_path: Path) -> None:
    with SambaBootloader(ZERO) as model:
        code, said = run_bossac(bossac, tmp_path, model, "-R")
        assert code == 0, said
        model.wait_for_reset()
    assert "Verify successful" in said
    assert model.flash[0x2000 : 0x2000 + len(IMAGE)] == IMAGE
    first = next(place for place, words in enumerate(model.seen) if words.startswith("Z"))
    assert not model.seen[first + 1].startswith("R"), "bossac did not believe the checksum, and read instead"


def test_bossac_sees_a_page_that_differs(bossac: str, tmp_path: Path) -> None:
    with SambaBootloader(ZERO, Faults(flip_pages=1)) as model:
        code, said = run_bossac(bossac, tmp_path, model)
    assert code != 0 and "Verify failed" in said
