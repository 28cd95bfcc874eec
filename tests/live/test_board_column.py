# SPDX-License-Identifier: Apache-2.0
"""The firmware that stays: closed while it is opened, it does not stay."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.errors import InputError
from toolkit.live import board_column
from toolkit.live.board_column import BoardColumn, FromBoard, Time
from toolkit.targets.board import load_board


def test_a_firmware_that_was_opened_while_its_model_closed_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = BoardColumn(tmp_path / "model.tflite", load_board("host"), None, None, lambda _: None)
    opening, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    rows = np.zeros((1, 1), np.int8)

    class Opened:
        close = ExitStack()

    def open_slowly(_: BoardColumn) -> Any:
        opening.set()
        assert go_on.wait(30)
        Opened.close.callback(ended.set)
        return Opened

    monkeypatch.setattr(board_column, "_CLOSE_S", 0.01)
    monkeypatch.setattr(BoardColumn, "_opened", open_slowly)
    monkeypatch.setattr(BoardColumn, "_ask", lambda *_: FromBoard(rows, Time(None)))
    asking = threading.Thread(target=column.ask, args=(rows,))
    asking.start()
    assert opening.wait(30)
    column.close()
    go_on.set()
    asking.join(30)
    assert ended.is_set()
    with pytest.raises(InputError, match="no longer open"):
        column.ask(rows)
