# SPDX-License-Identifier: Apache-2.0
"""docs/adding-a-board.md is followed to the letter: its one file is all that a new board takes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like, skip_without
from support.firmware_image import ROOT, TEMPLATES
from support.tflm import run_tflm

from toolkit.errors import InputError
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.runners.link import open_link
from toolkit.runners.session import run_samples
from toolkit.targets.board import Board, board_names, load_board

PAGE = ROOT / "docs" / "adding-a-board.md"


def page_block(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    """A boards folder with the page's file added."""
    folder = tmp_path / "boards"
    shutil.copytree(ROOT / "boards", folder)
    (folder / "nrf52840dk.toml").write_text(page_block("toml"), encoding="utf-8")
    return folder


def test_the_new_board_is_listed_with_the_others(boards: Path) -> None:
    assert set(board_names(boards)) == {*board_names(), "nrf52840dk"}


def test_the_new_board_builds_and_computes_what_tflm_does(
    boards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without("nrf52840dk", "gcc")
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    board = load_board("nrf52840dk", boards)
    data, model = digits_like()
    application = Application("samples", tuple("0123456789"), SAMPLES, tuple(range(len(SAMPLES))))
    firmware = build_firmware(render_project(model, board, application, tmp_path / "build" / "firmware"))
    link = open_link(firmware.elf, board, runner="emulator")
    transcript = run_samples(link, [sample.tobytes() for sample in SAMPLES])
    expected = run_tflm(data, [[sample.reshape(1, 8, 8, 1)] for sample in SAMPLES])
    assert transcript.info.name == "nrf52840dk"
    assert [each.outputs for each in transcript.inferences] == [
        np.asarray(row[0]).tobytes() for row in expected
    ]


def test_a_wrong_key_is_named_with_the_nearest_right_one(boards: Path) -> None:
    file = boards / "nrf52840dk.toml"
    file.write_text(file.read_text().replace("active_low", "activ_low"))
    with pytest.raises(InputError, match=r"nrf52840dk.toml:\d+: led.activ_low.*active_low"):
        load_board("nrf52840dk", boards)


def defines_of(port: str) -> set[str]:
    """Return the macros of [defines] that a port's source uses."""
    common = {"TM_CLOCK_HZ", "TM_UART_BASE", "TM_UART_BAUD", "TM_LED_ACTIVE_LOW"}
    source = (TEMPLATES / "ports" / port / "port.c").read_text()
    names = set(re.findall(r"\bTM_(?:UART|LED|HSE)_[A-Z0-9_]+\b", source)) - common
    return {name.removeprefix("TM_").lower() for name in names}


@pytest.mark.parametrize("name", [name for name in board_names() if not load_board(name).is_host])
def test_the_pages_table_lists_what_a_port_asks_for(name: str) -> None:
    board: Board = load_board(name)
    row = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{board.port}` |"))
    for define in defines_of(board.port):
        assert define in board.defines
        assert f"`{define}`" in row


@pytest.mark.parametrize("name", [name for name in board_names() if not load_board(name).is_host])
def test_every_address_of_a_board_says_where_it_was_read(name: str) -> None:
    board = load_board(name)
    assert board.memory is not None and board.uart is not None and board.led is not None
    for source in (board.clock, board.memory.flash, board.memory.ram, board.uart, board.led):
        assert len(source.source) > 5
    assert "Not yet tried on hardware" in board.notes
    assert board.upload
