# SPDX-License-Identifier: Apache-2.0
"""A firmware that faults says what faulted and where, then blinks: it does not hang silently."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.boards import own_boards
from support.firmware_image import build_image

from toolkit.emulator.error import EmulationError
from toolkit.emulator.machine import Machine
from toolkit.runners.protocol import fault_in
from toolkit.targets.board import load_board
from toolkit.targets.cores import find_core

MODEL = Path(__file__).with_name("faulty_model.c")
UNDEFINED, NOWHERE, OVERFLOW, INTERRUPT = 1, 2, 3, 4
BUDGET = 100_000_000


@pytest.fixture(scope="module", params=own_boards(emulated=True))
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("faulty")
    return request.param, build_image(load_board(request.param), "gcc", folder, model=MODEL)


def provoke(image: tuple[str, Path], fault: int) -> tuple[str, Machine, EmulationError]:
    """Return what the firmware said, the machine, and how the emulator ended."""
    machine = Machine(image[1], load_board(image[0]))
    machine.line.offer(f"db load 1%db {fault:02x}%infer 1 0%".encode())
    with pytest.raises(EmulationError) as caught:
        for _ in range(100):
            machine.run(BUDGET, timeout_s=60)
    return machine.line.collect().decode(), machine, caught.value


def is_armv6m(board: str) -> bool:
    """Return whether a board's core calls every fault a HardFault, and has no register that says more."""
    return find_core(load_board(board).core).isa == "armv6m"


@pytest.mark.parametrize(
    ("fault", "kind", "cfsr", "address"),
    [(UNDEFINED, "UsageFault", "00010000", "00000000"), (NOWHERE, "BusFault", "00008200", "60000010")],
)
def test_fault_is_told_with_its_place_and_address(
    image: tuple[str, Path], fault: int, kind: str, cfsr: str, address: str
) -> None:
    if is_armv6m(image[0]):
        kind, cfsr, address = "HardFault", "0" * 8, "0" * 8
    said, machine, _ = provoke(image, fault)
    line = said.rstrip().split("\r\n")[-1]
    found = re.fullmatch(
        rf"e-\[fault {kind} pc=0x(\w{{8}}) lr=0x(\w{{8}}) cfsr=0x{cfsr} addr=0x{address} crc=0x\w{{8}}\]",
        line,
    )
    assert found is not None, said
    assert fault_in(line) == line.removeprefix("e-[").rpartition(" crc=")[0]
    where, caller = (machine.image.symbol_at(int(found[n], 16)).partition("+")[0] for n in (1, 2))
    assert where == "tm_model_invoke"
    assert caller.startswith("tm_command_infer")


def test_an_interrupt_that_nobody_handles_is_told_with_its_number(image: tuple[str, Path]) -> None:
    machine = Machine(image[1], load_board(image[0]))
    machine.line.offer(f"db load 1%db {INTERRUPT:02x}%infer 1 0%".encode())
    said = b""
    while b"e-[fault" not in said or not said.endswith(b"]\r\n"):
        machine.run(2_000_000, timeout_s=60)
        said += machine.line.collect()
    machine.run(100_000, timeout_s=60)
    found = re.search(r"e-\[fault Interrupt 21 pc=0x(\w{8}) .*\]", said.decode())
    assert found is not None, said
    assert machine.image.symbol_at(int(found[1], 16)).startswith("tm_model_invoke")
    assert fault_in(found[0]).startswith("fault Interrupt 21 ")
    assert machine.led.changes


def test_led_shows_a_fault(image: tuple[str, Path]) -> None:
    assert provoke(image, UNDEFINED)[1].led.changes


def test_a_stack_that_overflows_is_told_from_a_stack_of_its_own(image: tuple[str, Path]) -> None:
    said, _, error = provoke(image, OVERFLOW)
    if is_armv6m(image[0]):  # which has no stack for its HardFault
        assert re.search(r"faulted \(HardFault.*\) and locked up: the stack pointer", str(error))
        return
    cfsr = re.search(
        r"e-\[fault BusFault pc=0x00000000 lr=0x00000000 cfsr=0x(\w{8}) addr=0x(\w{8}) crc", said
    )
    assert cfsr is not None, said
    stkerr, impreciserr = 1 << 12, 1 << 10
    assert int(cfsr[1], 16) & (stkerr | impreciserr) == stkerr | impreciserr
    assert int(cfsr[2], 16) == 0, "a write to nowhere is reported without its address"
    memory = load_board(image[0]).memory
    assert memory is not None
    # dig's frames, of which a compiler may join some, have 256 bytes and a little
    assert error.address is not None and memory.ram.origin - 1024 < error.address < memory.ram.origin
    assert "dig" in str(error)
