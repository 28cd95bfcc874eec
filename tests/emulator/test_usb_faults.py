# SPDX-License-Identifier: Apache-2.0
"""USB when something goes wrong: what is lost, resets, suspends, readers that are slow or gone.

The firmware of tests/runtime answers each command by its own words, so that what is lost or doubled is seen.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.firmware_image import build_image
from support.usb import BOARD, Desk, desk_of

from toolkit.emulator.error import EmulationError
from toolkit.emulator.peripherals.nrf52_power import PowerClock
from toolkit.emulator.peripherals.nrf52_usbd import Hand, Setup
from toolkit.emulator.usb_host import (
    GET_DESCRIPTOR,
    GET_LINE_CODING,
    IN,
    SET_CONTROL_LINE_STATE,
    SET_FEATURE,
    SET_LINE_CODING,
    Fault,
)
from toolkit.targets.board import load_board

READY = b"m-ready\r\n"
NAME = b"m-name-dut-[nano33ble]\r\n" + READY
BULK_IN, BULK_OUT = 0x81, 0x01
TRANSFERS = 100_000 if "TINYML_FUZZ" in os.environ else 1_000
FAULTY = Path(__file__).parents[1] / "ports" / "faulty_model.c"


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(load_board(BOARD), "gcc", tmp_path_factory.mktemp("usb"))


@pytest.fixture
def desk(elf: Path) -> Desk:
    desk = desk_of(elf)
    desk.plug()
    return desk


def answers_on(desk: Desk) -> None:
    """The port is there again, and answers; what the last program left in it is over."""
    desk.settle()
    desk.host.write(b"%%zz%")
    desk.run(lambda: b": zz]\r\nm-ready\r\n" in desk.host.received)
    desk.host.collect()


def test_a_reset_in_the_middle_of_everything_leaves_a_device_that_works(desk: Desk) -> None:
    for wait_us in (0, 20, 60, 110, 200, 450, 900):
        desk.host.write(b"name%help%" * 3)
        desk.host.request(Setup(IN, GET_DESCRIPTOR, 2 << 8, 0, 255))
        desk.pass_time(wait_us / 1e6)
        desk.host.reset()
        answers_on(desk)
        assert desk.say(b"name%") == NAME


def test_a_cable_that_is_pulled_and_put_back_is_one_that_was_put_in(desk: Desk) -> None:
    for wait_us in (0, 50, 300):
        desk.host.write(b"name%" * 5)
        desk.pass_time(wait_us / 1e6)
        desk.host.unplug()
        assert desk.say_by_uart(b"%%name%").endswith(NAME)
        desk.plug()
        answers_on(desk)


def test_a_suspended_host_is_not_waited_for_and_gets_its_answers_later(desk: Desk) -> None:
    desk.host.read(False)
    desk.host.write(b"name%")
    desk.pass_time(0.001)
    desk.host.suspend()
    desk.pass_time(0.01)
    assert desk.say_by_uart(b"name%") == NAME
    desk.host.read(True)
    desk.host.resume()
    desk.run(lambda: NAME in desk.host.received)
    assert desk.host.collect() == NAME
    assert desk.say(b"name%") == NAME


def test_a_slow_reader_gets_everything(desk: Desk) -> None:
    fast = desk.say(b"help%")
    desk.host.read_gap_s = 0.03
    assert desk.say(b"help%") == fast


def test_who_does_not_read_costs_half_a_second_once_and_the_uart_answers(desk: Desk) -> None:
    desk.host.read(False)
    desk.host.write(b"help%help%")
    for most_s in (1.0, 0.02):
        before = desk.machine.time
        assert desk.say_by_uart(b"name%") == NAME
        assert desk.machine.time - before < most_s * desk.machine.board.clock.hz
    desk.host.read(True)
    answers_on(desk)


def test_nobody_who_has_the_port_open_costs_no_time_at_all(elf: Path) -> None:
    desk = desk_of(elf)
    desk.plug()
    desk.host.close()
    desk.pass_time(0.05)
    took = []
    for plugged in (True, False):
        if not plugged:
            desk.host.unplug()
        before = desk.machine.time
        desk.say_by_uart(b"help%")
        took.append(desk.machine.time - before)
    assert abs(took[0] - took[1]) < 0.01 * took[1]
    assert desk.host.collect() == b""


def test_requests_that_are_given_up_leave_the_next_one_its_own_answer(desk: Desk) -> None:
    for wait_us in range(0, 200, 17):
        desk.host.request(Setup(IN, GET_DESCRIPTOR, 2 << 8, 0, 255))
        desk.pass_time(wait_us / 1e6)
        desk.host.give_up()
        desk.pass_time(0.0002)
        assert desk.accepted(Setup(0xA1, GET_LINE_CODING, 0, 0, 7)) == bytes.fromhex("00c20100000008")
    assert desk.say(b"name%") == NAME


@pytest.mark.parametrize(("is_idle", "comes"), [(False, 2), (True, 1)])
def test_what_a_halt_finds_unacknowledged_is_not_lost_but_comes_again(desk: Desk, is_idle, comes) -> None:
    answer = b"e-[Unknown command: x]\r\n"
    desk.host.read(False)
    desk.host.write(b"x%")
    desk.pass_time(0.002)  # the answer is in USBD by now, one packet
    faults: list[Fault | None] = ["ack"]
    desk.host.faults = lambda: faults.pop() if faults else None
    desk.host.read(True)
    desk.run(lambda: desk.host.received == answer)
    if is_idle:
        desk.settle()
    desk.accepted(Setup(0x02, SET_FEATURE, 0, BULK_IN, 0))
    cleared = desk.host.clear_halt(BULK_IN)
    desk.run(lambda: cleared.is_done)
    desk.settle()
    assert desk.host.collect() == answer * comes + READY


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(load_board(BOARD), "gcc", tmp_path_factory.mktemp("faulty"), model=FAULTY)


def test_enumeration_and_requests_go_on_while_an_inference_takes_long(faulty: Path) -> None:
    desk = desk_of(faulty)
    desk.run(lambda: b"m-ready" in desk.uart)
    desk.machine.line.offer(b"db load 1%db 09%infer 1 0%")  # 0.65 s
    desk.run(lambda: b"m-warmup-done" in desk.uart)
    desk.host.plug()
    desk.run(lambda: desk.host.reads)
    before = desk.machine.time
    assert desk.accepted(Setup(IN, GET_DESCRIPTOR, 1 << 8, 0, 18)) == desk.host.device
    assert desk.machine.time - before < 0.05 * desk.machine.board.clock.hz
    assert b"m-infer-done" not in desk.uart, "it still computes"


def test_a_fault_is_told_on_the_plug_too_and_the_bootloader_can_still_be_started(faulty: Path) -> None:
    desk = desk_of(faulty)
    desk.plug()
    desk.accepted(Setup(0x21, SET_LINE_CODING, 0, 0, 7), (1200).to_bytes(4, "little") + bytes([0, 0, 8]))
    desk.host.write(b"db load 1%db 01%infer 1 0%")
    with pytest.raises(EmulationError, match=r"e-\[fault"):
        desk.run(lambda: re.search(rb"e-\[fault[^]]*\]\r\n", desk.host.received) is not None)
        desk.host.request(Setup(0x21, SET_CONTROL_LINE_STATE, 0, 0, 0))
        desk.run(lambda: False)
    assert desk.machine.models.one(PowerClock).gpregret.value == 0xB0


class Bad:
    """Loses packets and answers, at most two in a row: after three a host gives the device up."""

    def __init__(self, rng: random.Random, chance: float) -> None:
        self._rng, self._chance, self._in_a_row = rng, chance, 0

    def __call__(self) -> Fault | None:
        if self._in_a_row == 2 or self._rng.random() >= self._chance:
            self._in_a_row = 0
            return None
        self._in_a_row += 1
        return self._rng.choice(("data", "ack"))


class Talk:
    """Commands with numbers, whose answers have them; each number is answered once, or not at all."""

    def __init__(self, desk: Desk, rng: random.Random) -> None:
        self.desk, self._rng = desk, rng
        self._next = self.answered = 0

    def ask(self) -> None:
        """Send some commands in packets of any size."""
        words = b""
        for _ in range(self._rng.randint(1, 12)):
            words += b"q%07d%%" % self._next
            self._next += 1
        self.desk.host.write(words, self._rng.randint(1, 64))
        if self._rng.random() < 0.1:
            self.desk.host.write(b"")

    def hear(self) -> list[int]:
        """Return the numbers of the answers that came whole."""
        text = self.desk.host.received.decode("ascii")
        end = text.rfind("\n") + 1
        del self.desk.host.received[:end]
        return [int(number) for number in re.findall(r"\[Unknown command: q(\d{7})\]\r\n", text[:end])]

    def require_all(self) -> None:
        """Every number up to the last one is answered, in its order, once; not a byte more comes."""
        asked = range(self.answered, self._next)
        self.desk.run(lambda: self.desk.host.received.count(READY) >= len(asked))
        text = self.desk.host.collect()
        assert text == b"".join(b"e-[Unknown command: q%07d]\r\n" % number + READY for number in asked)
        self.answered = self._next

    def require_none_twice(self) -> None:
        """After a break: what was answered until now came in its order, and the port works again."""
        heard = self.hear()
        assert heard == sorted(set(heard)) and all(self.answered <= number < self._next for number in heard)
        last = max(heard, default=self.answered - 1)
        self.desk.settle()
        self.desk.host.write(b"%%name%")
        self.desk.run(lambda: NAME in self.desk.host.received)
        heard = self.hear()
        assert heard == sorted(set(heard)) and all(last < number < self._next for number in heard)
        self.answered = self._next


def halt(desk: Desk, endpoint: int) -> None:
    """Halt an endpoint and end that, once no packet is to be repeated: a repetition would be taken as new."""
    desk.settle()
    desk.accepted(Setup(0x02, SET_FEATURE, 0, endpoint, 0))
    desk.pass_time(0.0002)
    cleared = desk.host.clear_halt(endpoint)
    desk.run(lambda: cleared.is_done)
    assert cleared.hand is Hand.ACK


def sleep(desk: Desk) -> None:
    desk.host.suspend()
    desk.pass_time(0.005)
    desk.host.resume()


def be_slow(desk: Desk) -> None:
    desk.host.read_gap_s = 0.002
    desk.pass_time(0.01)
    desk.host.read_gap_s = 0.0


def ask_much(desk: Desk) -> None:
    for length in (3, 18, 75, 255):
        desk.host.request(Setup(IN, GET_DESCRIPTOR, 2 << 8, 0, length))


def replug(desk: Desk) -> None:
    desk.host.unplug()
    desk.pass_time(0.002)
    desk.host.plug()


def reopen(desk: Desk) -> None:
    desk.host.close()
    desk.pass_time(0.002)
    desk.host.open()


HARMLESS: tuple[Callable[[Desk], None], ...] = (sleep, be_slow, ask_much)
BREAKS: tuple[Callable[[Desk], None], ...] = (lambda desk: desk.host.reset(), replug, reopen)


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_transfers_under_faults_are_neither_lost_nor_doubled(desk: Desk) -> None:
    rng = random.Random(13)
    talk = Talk(desk, rng)
    desk.host.faults = Bad(rng, 0.05)
    while desk.host.transfers < TRANSFERS:
        talk.ask()
        desk.pass_time(rng.random() * 0.002)
        event = rng.random()
        if event < 0.03:
            rng.choice(BREAKS)(desk)
            talk.require_none_twice()
        elif event < 0.25:
            rng.choice(HARMLESS)(desk)
            talk.require_all()
        else:
            talk.require_all()
        if event > 0.97:
            halt(desk, rng.choice((BULK_IN, BULK_OUT)))
    assert desk.say(b"%").endswith(b"m-ready\r\n")
