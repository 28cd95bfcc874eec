# SPDX-License-Identifier: Apache-2.0
"""How long emulated inferences take this computer: MLPerf Tiny's runner waits 30 s for a window of them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.real_models import MODELS

from toolkit.firmware.loose import build_loose
from toolkit.mlperf.talk import Talk
from toolkit.project.benchmarks import BENCHMARKS
from toolkit.runners.link import open_link
from toolkit.targets.board import load_board

pytestmark = pytest.mark.bench
INFERENCES = 40


@pytest.mark.parametrize("name", ["nano33ble", "stm32f746g_disco"])
def test_a_window_of_ten_seconds_is_over_before_the_runner_gives_up(name: str, tmp_path: Path) -> None:
    model = MODELS / "kws.tflite"
    if not model.is_file():
        pytest.skip(f"no {model}: set TINYML_SHARED_MODELS")
    board = load_board(name)
    built = build_loose(model, board, tmp_path / name, BENCHMARKS["kws"])
    link = open_link(built.firmware.elf, board, counts="cycles")
    talk = Talk(link, 100)
    talk.hello()
    talk.load(bytes(490))
    talk.infer(1, 0)
    before = time.process_time()
    board_s = talk.infer(INFERENCES, 0)[0]
    taken_s = time.process_time() - before
    link.close()
    print(f"\n{name}: {board_s / taken_s:.2f} s of the board in a second of the processor")
    assert 10 * taken_s / board_s < 30
