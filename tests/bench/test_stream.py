# SPDX-License-Identifier: Apache-2.0
"""The streaming wake word on an emulated Cortex-M4: what a hop takes, and what a whole window takes."""

from __future__ import annotations

import pytest
from support.real_models import PUBLIC

from toolkit.compiler.compile import compile_model
from toolkit.reference.oracle import Rows
from toolkit.targets.board import load_board
from toolkit.targets.target import target_of
from toolkit.tflite.reader import read_graph
from toolkit.verify.any_model import try_samples
from toolkit.verify.generated_c import random_rows
from toolkit.verify.on_device import Place, Samples
from toolkit.verify.verdict import Verdict

pytestmark = pytest.mark.bench
BAR_INSTRUCTIONS = 150_000


def verdict_of(data: bytes, rows: Rows, hop: int | None) -> Verdict:
    board = load_board("nano33ble")
    compiled = compile_model(data, "sww", target_of(board), hop=hop)
    return try_samples(compiled, data, Samples(rows), board, Place()).checked.verdict


def test_a_hop_of_the_wake_word_takes_a_tenth_of_a_window() -> None:
    path = PUBLIC / "sww.tflite"
    if not path.is_file():
        pytest.skip(f"no {path}: set TINYML_SHARED_MODELS")
    data = path.read_bytes()
    rows = random_rows(read_graph(data, "sww"), 4)[2:]

    hop, window = (verdict_of(data, rows, hop) for hop in (1, None))

    for name, verdict in (("hop", hop), ("window", window)):
        print(f"{name}: {verdict.instructions:,} instructions, {verdict.cycles:,} cycles (modelled)")
    assert hop.passed and window.passed
    assert hop.samples == 31
    assert hop.instructions is not None and hop.instructions <= BAR_INSTRUCTIONS
