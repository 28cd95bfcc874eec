# SPDX-License-Identifier: Apache-2.0
"""A conversation with a whole firmware takes the same time, whatever the slices and whoever counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.boards import own_boards
from support.firmware_image import build_image
from support.variants_that_wait import all_but

from toolkit.emulator.machine import Machine, Stop
from toolkit.targets.board import load_board

ASKED = (b"", b"name%", b"db load 3%db 010203%infer 2 1%tm raw%timestamp%")


def talk(machine: Machine, budget: int, asked: tuple[bytes, ...] = ASKED) -> tuple[bytes, int, int]:
    said = b""
    for words in asked:
        machine.line.offer(words)
        stop = Stop.OUTPUT
        while stop is not Stop.IDLE:
            stop = machine.run(budget, timeout_s=60)
            said += machine.line.collect()
    return said, machine.instructions, machine.time


@pytest.mark.parametrize("name", all_but(["nano33ble", "sparkfun_edge", "stm32f746g_disco"], ["nano33ble"]))
def test_a_conversation_is_the_same_in_all_slices_and_with_both_hooks(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    elf = build_image(board, "gcc", tmp_path)
    found = {
        talk(Machine(elf, board, native_counter=native), budget)
        for native, budget in ((True, 10**8), (True, 20_011), (name != "nano33ble", 10**8))
    }
    ((said, instructions, time),) = found
    assert said.endswith(b"m-ready\r\n")
    assert time > instructions


def test_the_clock_of_the_board_goes_on_while_bytes_are_on_the_line(tmp_path: Path) -> None:
    board = load_board("nano33ble")
    machine = Machine(build_image(board, "gcc", tmp_path), board)
    talk(machine, 10**8)
    start = machine.time
    machine.line.offer(b"name%")
    while machine.run(10**8, timeout_s=60) is not Stop.IDLE:
        pass
    frames = len("name%") + len(machine.line.collect())
    needed = frames * 10 * board.clock.hz / 115200
    assert needed < machine.time - start < 1.1 * needed + 60_000


@pytest.mark.parametrize("name", all_but(own_boards(emulated=True), ["nano33ble", "raspberry_pi_pico"]))
def test_in_bursts_a_conversation_is_shorter_and_loses_nothing(name: str, tmp_path: Path) -> None:
    """Nor do 3,000 bytes without an answer between them, which are more than a port keeps."""
    board = load_board(name)
    elf = build_image(board, "gcc", tmp_path)
    at_the_lines_time, in_bursts = Machine(elf, board), Machine(elf, board)
    in_bursts.line.burst_bytes = 256
    words = (*ASKED, b"a" * 3000 + b"%name%")
    said = [talk(machine, 10**8, words)[0] for machine in (at_the_lines_time, in_bursts)]
    slow, fast = ([line for line in each.splitlines() if b"m-lap-us" not in line] for each in said)
    assert slow == fast and slow[-2].startswith(b"m-name") and b"Lost" not in said[1]
    assert in_bursts.time < at_the_lines_time.time / 2
