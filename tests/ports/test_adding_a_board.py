# SPDX-License-Identifier: Apache-2.0
"""docs/adding-a-board.md is followed to the letter: its board files, and its port to copy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like, skip_without
from support.firmware_image import ROOT, build_image, port_folders
from support.tflm import run_tflm
from support.variants_that_wait import all_but

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.machine import Machine, Stop
from toolkit.emulator.peripherals import template
from toolkit.emulator.peripherals.peripheral import Settling
from toolkit.errors import InputError
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.runners.link import open_link
from toolkit.runners.session import run_samples
from toolkit.targets.board import board_names, load_board

PAGE = ROOT / "docs" / "adding-a-board.md"
PAGE_BOARDS = ["nrf52840dk", "template"]
BOARDS = [*(name for name in board_names() if not load_board(name).is_host), *PAGE_BOARDS]
BOOT = b"m-init-done\r\nm-ready\r\n"


def page_boards() -> dict[str, str]:
    """Return the board files on the page by the boards' names."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return {re.findall(r'^name = "(.*)"$', block, re.MULTILINE)[0]: block for block in blocks}


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    """A boards folder with the page's files added."""
    folder = tmp_path / "boards"
    shutil.copytree(ROOT / "boards", folder)
    for name, text in page_boards().items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_new_boards_are_listed_with_the_others(boards: Path) -> None:
    assert set(board_names(boards)) == {*board_names(), *PAGE_BOARDS}


@pytest.mark.parametrize(
    ("name", "toolchain"),
    all_but(
        [("nrf52840dk", "gcc"), ("template", "gcc"), ("template", "zig")],
        [("nrf52840dk", "gcc"), ("template", "gcc")],
    ),
)
def test_a_new_board_builds_and_computes_what_tflm_does(
    name: str, toolchain: str, boards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without(name, toolchain)
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TINYML_TOOLCHAIN", toolchain)
    board = load_board(name, boards)
    data, model = digits_like()
    application = Application("samples", tuple("0123456789"), SAMPLES, tuple(range(len(SAMPLES))))
    firmware = build_firmware(render_project(model, board, application, tmp_path / "build" / "firmware"))
    link = open_link(firmware.elf, board, runner="emulator")
    transcript = run_samples(link, [sample.tobytes() for sample in SAMPLES])
    expected = run_tflm(data, [[sample.reshape(1, 8, 8, 1)] for sample in SAMPLES])
    assert transcript.info.name == name
    assert [each.outputs for each in transcript.inferences] == [
        np.asarray(row[0]).tobytes() for row in expected
    ]


@pytest.fixture
def machine(boards: Path, tmp_path: Path) -> Machine:
    """The template's board before its first instruction."""
    board = load_board("template", boards)
    return Machine(build_image(board, "gcc", tmp_path), board)


def until_quiet(machine: Machine) -> bytes:
    """Run until the firmware waits for input, and return what it said."""
    while machine.run(20_000_000, timeout_s=60) is Stop.OUTPUT:
        pass
    return machine.line.collect()


def test_the_template_starts_without_its_crystal(machine: Machine) -> None:
    machine._models.one(template.Clock).crystal = Settling(reads=10**9)
    said = b"e-[The crystal did not start: the clock is less exact]\r\n"
    assert until_quiet(machine) == said + BOOT
    assert machine.instructions > machine.board.clock.hz // 100


def test_the_template_tells_what_its_line_lost_and_receives_again(machine: Machine) -> None:
    assert until_quiet(machine) == BOOT
    machine.line.offer(b"na")
    machine.line.offer_bad(ord("m"))
    machine.line.offer(b"e%name%")
    assert until_quiet(machine).split(b"\r\n") == [
        b"e-[Lost 1 byte: 1 framing]",
        b"e-[Command has bytes that are not text, or were lost]",
        b"m-ready",
        b"m-name-dut-[template]",
        b"m-ready",
        b"",
    ]


@pytest.mark.parametrize(
    ("kind", "offset", "value", "words"),
    [
        (template.Uart, 0x08, 0, "set to 0 baud"),
        (template.Gpio, 0x0C, 1 << 4, "pin 5 is not set to the UART's RX"),
        (template.Uart, 0x04, ord("a"), "before STATUS says TX_EMPTY"),
    ],
)
def test_the_templates_uart_refuses_to_send_what_nobody_could_read(
    machine: Machine, kind: type[template.Uart | template.Gpio], offset: int, value: int, words: str
) -> None:
    assert until_quiet(machine) == BOOT
    machine._models.one(kind).write(offset, 4, value)
    if offset == 0x04:  # the first byte is on the wire, this one waits
        machine._models.one(kind).write(offset, 4, value)
    with pytest.raises(WrongUseError, match=words):
        machine._models.one(template.Uart).write(0x04, 4, ord("b"))


def test_a_wrong_key_is_named_with_the_nearest_right_one(boards: Path) -> None:
    file = boards / "nrf52840dk.toml"
    file.write_text(file.read_text().replace("active_low", "activ_low"))
    with pytest.raises(InputError, match=r"nrf52840dk.toml:\d+: led.activ_low.*active_low"):
        load_board("nrf52840dk", boards)


def defines_of(port: str) -> set[str]:
    """Return the macros of [defines] that a port's source uses."""
    common = {"TM_CLOCK_HZ", "TM_UART_BASE", "TM_UART_BAUD", "TM_LED_ACTIVE_LOW"}
    source = "".join(path.read_text() for folder in port_folders(port) for path in folder.glob("*.[ch]"))
    names = set(re.findall(r"\bTM_(?:UART|LED|HSE)_[A-Z0-9_]+\b", source)) - common
    return {name.removeprefix("TM_").lower() for name in names}


@pytest.mark.parametrize("name", BOARDS)
def test_the_pages_table_lists_what_a_port_asks_for(name: str, boards: Path) -> None:
    board = load_board(name, boards)
    row = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{board.port}` |"))
    for define in defines_of(board.port):
        assert define in board.defines
        assert f"`{define}`" in row


@pytest.mark.parametrize("name", BOARDS)
def test_every_address_of_a_board_says_where_it_was_read(name: str, boards: Path) -> None:
    board = load_board(name, boards)
    assert board.memory is not None and board.uart is not None and board.led is not None
    for source in (board.clock, board.memory.flash, board.memory.ram, board.uart, board.led):
        assert len(source.source) > 5
    assert "Not yet tried on hardware" in board.notes
    assert board.upload
