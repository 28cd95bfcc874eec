# SPDX-License-Identifier: Apache-2.0
"""The update of a SparkFun Edge, against a model of its bootloader on a pseudo terminal."""

from __future__ import annotations

import dataclasses
import os
import pty
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.apollo3_bootloader import DATA, HELLO, OTADESC, RESET, UPDATE, Apollo3, Fault
from support.raw_elf import write_raw_elf

from toolkit.errors import DeviceError, InputError
from toolkit.flash import Job, choose_way, flash_firmware
from toolkit.flash import Patience as FlashPatience
from toolkit.flash.apollo3.image import MOST_PROGRAM_BYTES
from toolkit.flash.apollo3.session import HOLD, Patience, update_board
from toolkit.flash.image import checked_image
from toolkit.runners.emulator import EmulatorLink

pytest.importorskip("pty", reason="needs pseudo terminals, which this system does not have")

BAUDS = (921600, 115200)
QUICK = Patience(bootloader_s=1.0, hello_s=0.1, reset_s=0.01, answer_s=0.2)
PROGRAM = struct.pack("<II", 0x1000_4000, 0xC101) + bytes(range(256)) * 80


@pytest.fixture
def plug_in(tmp_path: Path) -> Iterator[Callable[..., Apollo3]]:
    """Makes a board; all are unplugged at the end."""
    boards: list[Apollo3] = []

    def make(*faults: Fault, **settings: int) -> Apollo3:
        boards.append(Apollo3(tmp_path, *faults, **settings))
        return boards[-1]

    yield make
    for board in boards:
        board.close()


def update(board: Apollo3, program: bytes = PROGRAM, patience: Patience = QUICK) -> list[str]:
    """Update the board; return the steps that were said."""
    steps: list[str] = []
    update_board(board.port, program, bauds=BAUDS, on_step=steps.append, patience=patience)
    return steps


def test_the_firmware_that_the_bootloader_programmed_answers_to_its_name(plug_in, edge, tmp_path) -> None:
    program = (edge.folder / "firmware.bin").read_bytes()
    board = plug_in()
    heard: list[str] = []
    way = choose_way(edge.board, "ambiq")
    job = Job(checked_image(edge), edge.board, way.upload, board.port, heard.append, lambda *_: None)
    dataclasses.replace(way.method, patience=QUICK).flash(job)
    assert heard == [HOLD, "The bootloader answers at 921600 baud. Let go of button 14."]
    assert board.program(len(program)) == program
    assert board.installed and board.complaints == []
    flash = bytes(board.flash[0xC000 : 0xC000 + MOST_PROGRAM_BYTES])
    link = EmulatorLink(write_raw_elf(tmp_path / "flash.elf", 0xC000, flash), edge.board)
    link.write(b"%name%")
    said = b"".join(link.read(5) for _ in range(4))
    link.close()
    assert b"m-name-dut-[sparkfun_edge]\r\n" in said


def test_progress_is_told_from_the_first_piece_to_the_last_byte(plug_in) -> None:
    heard: list[tuple[int, int]] = []
    board = plug_in()
    update_board(
        board.port,
        PROGRAM,
        bauds=BAUDS,
        on_step=len,
        on_progress=lambda *at: heard.append(at),
        patience=QUICK,
    )
    total = len(PROGRAM) + 128 + 96
    assert heard == [(8180, total), (16360, total), (total, total)]


def test_a_long_program_goes_in_pieces_and_is_installed_over_where_it_waits(
    plug_in,
) -> None:
    program = PROGRAM + bytes(range(7, 107)) * 6000
    board = plug_in()
    update(board, program)
    assert board.complaints == []
    assert board.log.count(UPDATE) == 3
    assert board.program(len(program)) == program


def test_an_early_board_is_found_at_the_second_speed(plug_in) -> None:
    board = plug_in(baud=115200)
    steps = update(board)
    assert steps[-1] == "The bootloader answers at 115200 baud. Let go of button 14."
    assert board.program(len(PROGRAM)) == PROGRAM


def test_a_bootloader_that_is_still_starting_is_asked_again(plug_in) -> None:
    board = plug_in(Fault(HELLO, 0, "silence"))
    assert update(board)[-1] == "The bootloader answers at 921600 baud. Let go of button 14."
    assert board.log.count(HELLO) == 2
    assert board.program(len(PROGRAM)) == PROGRAM


def test_the_button_may_be_pressed_late(plug_in) -> None:
    board = plug_in(button=False)
    pressed = threading.Timer(0.4, lambda: (setattr(board, "button", True), board.reset_button()))
    pressed.start()
    update(board, patience=dataclasses.replace(QUICK, bootloader_s=10))
    pressed.join()
    assert board.program(len(PROGRAM)) == PROGRAM


def test_the_step_is_said_before_the_port_is_opened(plug_in) -> None:
    board = plug_in(button=False)
    opened: list[int] = []

    def step(words: str) -> None:
        if words == HOLD:
            opened.append(board.resets)
            board.button = True
            board.reset_button()

    update_board(board.port, PROGRAM, bauds=BAUDS, on_step=step, patience=QUICK)
    assert opened == [1]


@pytest.mark.parametrize("kind", [OTADESC, UPDATE, DATA, RESET])
def test_a_message_that_came_with_a_wrong_crc_is_sent_again(plug_in, kind: int) -> None:
    board = plug_in(Fault(kind, 0, "refuse"))
    steps = update(board)
    assert len(steps) == 2
    assert board.program(len(PROGRAM)) == PROGRAM


@pytest.mark.parametrize(
    ("kind", "what", "why"),
    [
        (DATA, "lose", "no longer answers (to DATA)"),
        (UPDATE, "lose", "no longer answers (to DATA)"),
        (UPDATE, "silence", "no longer answers (to UPDATE)"),
        (DATA, "noise", "answer is garbled"),
    ],
)
def test_after_lost_bytes_it_begins_again_and_says_to_hold_the_button(plug_in, kind, what, why) -> None:
    board = plug_in(Fault(kind, 0, what))
    steps = update(board)
    assert len(steps) == 4
    assert why in steps[2] and steps[2].endswith(HOLD)
    assert board.log.count(HELLO) >= 2
    assert board.program(len(PROGRAM)) == PROGRAM


def test_a_line_that_always_loses_bytes_is_given_up_with_the_reason(plug_in) -> None:
    board = plug_in(*(Fault(DATA, nth, "silence") for nth in range(3)))
    with pytest.raises(DeviceError, match=r"ttyEdge: the bootloader no longer answers \(to DATA\)") as caught:
        update(board)
    assert "short cables" in str(caught.value.hint)
    assert not board.installed


def test_a_line_that_always_changes_bytes_is_given_up_with_the_reason(plug_in) -> None:
    board = plug_in(*(Fault(DATA, nth, "refuse") for nth in range(12)))
    with pytest.raises(DeviceError, match="loses or changes bytes: DATA never came whole"):
        update(board)


def test_a_cable_that_is_pulled_is_said(plug_in) -> None:
    board = plug_in(Fault(DATA, 1, "unplug"))
    with pytest.raises(DeviceError, match=r"ttyEdge is gone: .* The firmware is not on the board"):
        update(board)


@pytest.mark.parametrize(
    ("kind", "status", "why"),
    [
        (OTADESC, 7, "refused DESCRIPTOR: the address is not allowed"),
        (UPDATE, 5, "refused UPDATE: the message is too long"),
        (DATA, 10, "refused DATA: data is missing or came twice"),
        (DATA, 1, "refused DATA: it failed"),
        (DATA, 99, "refused DATA: status 99"),
    ],
)
def test_a_refusal_is_said_in_words_and_not_tried_again(plug_in, kind, status, why) -> None:
    board = plug_in(Fault(kind, 0, "refuse", status))
    with pytest.raises(DeviceError, match=why):
        update(board)
    assert board.log.count(HELLO) == 1
    assert not board.installed


def test_a_restart_that_is_not_answered_asks_for_the_reset_button(plug_in) -> None:
    board = plug_in(Fault(RESET, 0, "silence"))
    assert update(board)[-1].startswith("The board did not say that it restarts. Press its reset button")


def test_silence_names_what_to_look_at(plug_in) -> None:
    board = plug_in(button=False)
    began = time.monotonic()
    with pytest.raises(
        DeviceError, match=r"no answer from the bootloader within 1 s, at 921600 and 115200"
    ) as caught:
        update(board)
    assert time.monotonic() - began < 5
    assert "button 14 held" in str(caught.value.hint) and "its TX to the board's RX" in str(caught.value.hint)


def test_firmware_that_talks_instead_of_the_bootloader_is_told_from_silence(plug_in) -> None:
    board = plug_in(button=False)
    board.program_says = b"m-ready\r\n"
    with pytest.raises(DeviceError, match=r"something answers .* but not the bootloader") as caught:
        update(board)
    assert "without it the firmware runs" in str(caught.value.hint)


def test_another_bootloader_is_refused(plug_in) -> None:
    board = plug_in()
    board.version, board.max_storage = 0x41, 4096
    with pytest.raises(DeviceError, match=r"\(version 65\) takes no more than 4,096 bytes .* not the one of"):
        update(board)
    assert board.log == [HELLO]


def test_a_program_for_another_board_is_refused_before_the_port_is_opened(plug_in) -> None:
    board = plug_in()
    with pytest.raises(InputError, match="no program for 0xc000"):
        update(board, struct.pack("<II", 0x2000_4000, 0x1_0101) + bytes(1000))
    assert board.resets == 1 and board.log == []


@pytest.mark.parametrize("reset_s", [0.6, 0.01], ids=["at the reset", "at an answer"])
def test_a_port_that_goes_away_while_the_button_is_waited_for_is_gone(reset_s: float) -> None:
    near, far = pty.openpty()
    name = os.ttyname(far)
    os.close(far)
    pulled = threading.Timer(0.3, os.close, (near,))
    pulled.start()
    patience = dataclasses.replace(QUICK, bootloader_s=10, reset_s=reset_s)
    with pytest.raises(DeviceError, match=f"{name} is gone"):
        update_board(name, PROGRAM, bauds=BAUDS, on_step=len, patience=patience)
    pulled.join(10)


@pytest.mark.parametrize("wait_s", [0, 0.5])
def test_the_bootloader_is_waited_for_as_long_as_the_person_said(plug_in, edge, wait_s: float) -> None:
    board = plug_in(button=False)
    began = time.monotonic()
    with pytest.raises(DeviceError, match=f"no answer from the bootloader within {wait_s:g} s"):
        flash_firmware(edge, port=board.port, method="ambiq", patience=FlashPatience(reset_s=wait_s))
    assert time.monotonic() - began < 8


def test_a_port_that_is_not_there_is_said(tmp_path) -> None:
    with pytest.raises(DeviceError, match="there is no port"):
        update_board(str(tmp_path / "none"), PROGRAM, bauds=BAUDS, on_step=len, patience=QUICK)
