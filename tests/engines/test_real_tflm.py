# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite Micro's own repository and generator: what is fetched is what the toolkit knows."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from toolkit.engines.fetch import fetch_tflm

GIT, THIRD_PARTY = "TINYML_TFLM_GIT", "TINYML_TFLM_THIRD_PARTY"


@pytest.mark.skipif(
    not os.environ.get(GIT),
    reason=f"needs TFLM's repository: {GIT}=FOLDER, and {THIRD_PARTY}=FOLDER with what it takes from others",
)
@pytest.mark.skipif(shutil.which("make") is None, reason="needs make: apt-get install make")
@pytest.mark.timeout(600)
def test_the_known_commit_gives_the_known_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path))
    given = os.environ.get(THIRD_PARTY)
    found = fetch_tflm(os.environ[GIT], third_party=Path(given) if given else None)
    assert found.is_checked and not found.damaged()
