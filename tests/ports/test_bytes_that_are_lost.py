# SPDX-License-Identifier: Apache-2.0
"""A line that is too fast, noisy or broken: each command is answered, or it is told what was lost."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.effort import times
from support.firmware_image import build_image

from toolkit.emulator.machine import Machine, Stop
from toolkit.targets.board import load_board

PORTS = ["nano33ble", "sparkfun_edge", "stm32f746g_disco"]
RING_BYTES = 1024
REFUSED = "e-[Command has bytes that are not text, or were lost]"

Start = Callable[[str], Machine]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Return a function from a board's name to a machine that waits for commands."""

    @functools.cache
    def built(name: str) -> Path:
        return build_image(load_board(name), "gcc", tmp_path_factory.mktemp(name))

    def started(name: str) -> Machine:
        machine = Machine(built(name), load_board(name))
        assert heard(machine) == ["m-init-done", "m-ready"]
        return machine

    return started


def heard(machine: Machine, budget: int = 2_000_000_000) -> list[str]:
    """Run until the firmware waits for input, and return its lines."""
    end, stop, said = machine.instructions + budget, Stop.OUTPUT, b""
    while stop is not Stop.IDLE and machine.instructions < end:
        stop = machine.run(20_000_000, timeout_s=60)
        said += machine.line.collect()
    assert stop is Stop.IDLE
    return said.decode("ascii").split("\r\n")[:-1]


def named(name: str) -> list[str]:
    return [f"m-name-dut-[{name}]", "m-ready"]


def lost_in(lines: list[str]) -> int:
    """Return how many bytes the lines say were lost."""
    return sum(int(found[1]) for line in lines if (found := re.match(r"e-\[Lost (\d+) ", line)))


@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda line: line.offer_bad(ord("m")), "e-[Lost 1 byte: 1 framing]"),
        (lambda line: line.offer_break(), "e-[Lost 1 byte: 1 break]"),
    ],
    ids=["framing", "break"],
)
def test_a_command_with_a_bad_frame_is_refused_and_the_next_is_answered(
    start: Start, name: str, fault: Callable[..., None], said: str
) -> None:
    machine = start(name)
    machine.line.offer(b"na")
    fault(machine.line)
    machine.line.offer(b"me%")
    assert heard(machine) == [said, REFUSED, "m-ready"]
    machine.line.offer(b"name%")
    assert heard(machine) == named(name)


def test_noise_is_told_by_the_stm32_which_sees_it(start: Start) -> None:
    machine = start("stm32f746g_disco")
    for _ in range(50):
        machine.line.offer_bad(0x55, framing=False, noise=True)
    machine.line.offer(b"%name%")
    assert heard(machine) == ["e-[Lost 50 bytes: 50 noise]", REFUSED, "m-ready", *named(machine.board.name)]


@pytest.mark.parametrize("name", PORTS)
def test_a_percent_that_is_lost_costs_its_command_and_no_more(start: Start, name: str) -> None:
    machine = start(name)
    machine.line.offer(b"name")
    machine.line.offer_bad(ord("%"))
    assert heard(machine) == []
    machine.line.offer(b"%%name%")
    assert heard(machine) == ["e-[Lost 1 byte: 1 framing]", REFUSED, "m-ready", "m-ready", *named(name)]


@pytest.mark.parametrize("name", PORTS)
def test_digits_that_are_lost_in_db_are_noticed_there(start: Start, name: str) -> None:
    machine = start(name)
    machine.line.offer(b"db load 7%db 0102")
    machine.line.offer_bad(ord("0"))
    machine.line.offer_bad(ord("3"))
    machine.line.offer(b"04050607%db 01020304050607%")
    assert heard(machine) == [
        *("m-[Expecting 7 bytes]", "m-ready"),
        *("e-[Lost 2 bytes: 2 framing]", REFUSED, "m-ready"),
        *("m-load-done", "m-ready"),
    ]


def busy(machine: Machine, bytes_sent: int) -> None:
    """Let the firmware compute for longer than so many bytes take on the line."""
    machine.line.offer(b"infer %d %d%%" % (20 * bytes_sent, 20 * bytes_sent))
    while b"m-warmup-start" not in machine.line.collect():
        assert machine.run(20_000_000, timeout_s=60) is Stop.OUTPUT


@pytest.mark.parametrize(
    ("name", "bytes_sent"), [*((name, RING_BYTES + 1) for name in PORTS), ("nano33ble", 5000)]
)
def test_what_comes_while_it_computes_is_answered_or_told(start: Start, name: str, bytes_sent: int) -> None:
    machine = start(name)
    busy(machine, bytes_sent)
    commands = (b"name%" * RING_BYTES)[:bytes_sent]
    machine.line.offer(commands)
    lines = heard(machine)
    lines = lines[lines.index("m-infer-done") + 1 :]
    lost = max(0, bytes_sent - RING_BYTES)
    # The last name of the 1,024 bytes is cut: its rest and the next % end it.
    assert lines.count(f"m-name-dut-[{name}]") == min(bytes_sent, RING_BYTES) // 5
    machine.line.offer(b"%%name%")
    lines += heard(machine)
    assert lost_in(lines) == lost
    assert lines[-2:] == named(name)


@pytest.mark.parametrize("name", PORTS)
def test_five_thousand_bytes_at_once_are_answered_in_step(start: Start, name: str) -> None:
    machine = start(name)
    commands = 1000 if name == "nano33ble" else min(1000, times(50))  # the others take longer to emulate
    machine.line.offer(b"name%" * commands)
    lines = heard(machine)
    answered = lines.count(f"m-name-dut-[{name}]")
    refused = lines.count(REFUSED) + sum(line.startswith("e-[Unknown command") for line in lines)
    assert answered + refused <= commands
    # Each lost command is told in bytes; the two at the ends of a gap are refused.
    assert 5 * answered + lost_in(lines) >= 5 * commands - 10 * refused
    machine.line.offer(b"%%name%")
    assert heard(machine)[-2:] == named(name)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", PORTS)
def test_random_input_never_silences_a_board(start: Start, name: str) -> None:
    machine = start(name)
    random_bytes = random.Random(name)
    # With make fuzz a thousand million cycles of the nRF52840, at 5,556 a byte.
    for _ in range(max(3, times(6) - 3)):
        for _ in range(40):
            kind = random_bytes.random()
            if kind < 0.1:
                machine.line.offer_break()
            elif kind < 0.3:
                machine.line.offer_bad(random_bytes.randrange(256), noise=kind < 0.2)
            else:
                machine.line.offer(random_bytes.randbytes(random_bytes.randrange(60)))
        heard(machine)
        machine.line.offer(b"%%name%")
        assert heard(machine)[-2:] == named(name)
