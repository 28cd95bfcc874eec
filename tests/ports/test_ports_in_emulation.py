# SPDX-License-Identifier: Apache-2.0
"""Every board's port, start-up to LED, in the emulator, as gcc builds it, and zig in make fuzz."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from support.boards import own_boards
from support.firmware_image import build_image
from support.variants_that_wait import single

from toolkit.emulator.machine import Machine, Stop
from toolkit.targets.board import load_board

EMULATED = own_boards(emulated=True)
BUILDS = [(name, kind) for name in EMULATED for kind in ("gcc", "zig")]
WAIT = [(name, kind) for name, kind in BUILDS if kind == "zig"]
BUDGET = 100_000_000
BOOT = "m-init-done\r\nm-ready\r\n"


@pytest.fixture(scope="module", params=single(BUILDS, WAIT), ids="-".join)
def silent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A board that has started and waits for commands."""
    name, kind = request.param
    board = load_board(name)
    machine = Machine(build_image(board, kind, tmp_path_factory.mktemp("silent")), board)
    assert until_quiet(machine) == BOOT
    return machine


def until_quiet(machine: Machine) -> str:
    """Run until the firmware waits for input, and return what it said."""
    said = b""
    stop = Stop.OUTPUT
    while stop is Stop.OUTPUT:
        stop = machine.run(BUDGET, timeout_s=60)
        said += machine.line.collect()
    assert stop is Stop.IDLE
    return said.decode("ascii")


def ask(machine: Machine, commands: str | bytes) -> list[str]:
    machine.line.offer(commands.encode() if isinstance(commands, str) else commands)
    return until_quiet(machine).split("\r\n")[:-1]


def test_board_tells_its_name_and_clock(silent: Machine) -> None:
    name, hz = silent.board.name, silent.board.clock.hz
    assert ask(silent, "name%") == [f"m-name-dut-[{name}]", "m-ready"]
    assert f",clock={hz},command=256,run=0]" in ask(silent, "tm info%")[0]


def test_inference_gives_the_same_bytes_as_on_every_other_board(silent: Machine) -> None:
    lines = ask(silent, "db load 7%db 0102804000FFFF%infer 2 1%tm raw%")
    values = bytes((0x01, 0x02, 0x80)[i % 3] ^ i for i in range(70)) + b"\0\0\x80\x41\0\0\x80\xbd"
    assert lines[-4:] == [
        f"m-tm-raw-[0,{values[:64].hex().upper()}]",
        f"m-tm-raw-[64,{values[64:].hex().upper()}]",
        f"m-tm-crc-[{zlib.crc32(values):08X}]",
        "m-ready",
    ]


def test_cycles_and_stack_are_measured(silent: Machine) -> None:
    lines = ask(silent, "infer 1 0%tm cycles%tm memory%")
    cycles = [int(found[1]) for line in lines if (found := re.fullmatch(r"m-tm-cycles-\[(\d+)\]", line))]
    assert 100 < cycles[0] < 10_000
    used = re.search(r"stack_used=(\d+),stack_size=4096\]", "".join(lines))
    assert used is not None
    assert 100 < int(used[1]) < 1024


def test_timestamps_count_microseconds_of_the_boards_clock(silent: Machine) -> None:
    def now() -> tuple[int, int]:
        before = silent.time
        return before, int(ask(silent, "timestamp%")[0].removeprefix("m-lap-us-"))

    first, second = now(), now()
    expected = (second[0] - first[0]) * 1_000_000 / silent.board.clock.hz
    assert abs((second[1] - first[1]) - expected) < 0.2 * expected + 50


def test_long_binary_and_broken_input_is_answered(silent: Machine) -> None:
    assert ask(silent, b"x" * 3000 + b"%") == ["e-[Command is longer than 256 bytes]", "m-ready"]
    assert ask(silent, bytes(range(256)) + b"%")[-1] == "m-ready"
    assert ask(silent, "%") == ["m-ready"]


@pytest.mark.parametrize("name", EMULATED)
def test_sine_lights_the_led_and_stops_at_a_byte(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    machine = Machine(build_image(board, "gcc", tmp_path, "sine"), board)
    said = ""
    while said.count("\n") < 6:
        machine.run(BUDGET, timeout_s=60)
        said += machine.line.collect().decode()
    x = [line.split(", ")[0] for line in said.removeprefix(BOOT).split("\r\n")]
    assert x[:4] == ["0.0000", "0.0628", "0.1257", "0.1885"]
    assert machine.led.changes
    assert ask(machine, "name%")[-2:] == [f"m-name-dut-[{name}]", "m-ready"]


@pytest.mark.parametrize("name", EMULATED)
def test_samples_are_shown_on_every_board(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    machine = Machine(build_image(board, "gcc", tmp_path, "samples"), board)
    said = ""
    while said.count("\n") < 3:
        machine.run(BUDGET, timeout_s=60)
        said += machine.line.collect().decode()
    assert re.search(r"sample 0: \d+ \(\d\.\d{3}\) expected été\r\n$", said)
