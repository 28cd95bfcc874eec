# SPDX-License-Identifier: Apache-2.0
"""tinyml inspect --untrained of a model that goes hop by hop: nothing of a trained one is looked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.listening import make_moves
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]


def test_a_stream_is_shown_by_hops_before_it_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_moves(tmp_path / "moves")
    assert run(["inspect", "--untrained", "--board", "nano33ble", "--json", "--project", str(folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["streaming"] and found["layers"][0]["kind"].startswith("STREAM_")
    assert not (folder / "build" / "model.tflite").exists()
