# SPDX-License-Identifier: Apache-2.0
"""What an inference takes before any firmware is built, and when nobody knows it."""

from __future__ import annotations

import pytest
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.inspection.board_fit import BoardFit
from toolkit.targets.board import load_board
from toolkit.targets.target import target_of
from toolkit.verify import estimate as estimating
from toolkit.verify.estimate import estimate_on, estimate_where_it_fits


def test_without_a_compiler_there_is_a_reason_and_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    board = load_board("nano33ble")
    compiled = compile_model(write_tflite(small_graph()), "small", target_of(board))
    known = estimate_on(compiled, board)
    assert known.latency_ms is not None
    assert known.latency_error == 0.09
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("TINYML_TOOLCHAIN", "gcc")
    found = estimate_on(compiled, board)
    assert (found.latency_ms, found.instructions) == (None, None)
    assert "no C compiler for cortex-m4f" in found.text()


def test_a_board_whose_flash_is_not_described_has_no_error_either() -> None:
    board = load_board("sparkfun_edge")
    found = estimate_on(compile_model(write_tflite(small_graph()), "small", target_of(board)), board)
    assert found.latency_ms is not None
    assert found.text().endswith("(modelled, 48 MHz, error not known)")


def test_what_does_not_fit_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "estimate_on", None)
    (found,) = estimate_where_it_fits(b"", "x", [BoardFit("nano33ble", 2, 1, 0, 1)])
    assert found.text() == "not known: it does not fit."
