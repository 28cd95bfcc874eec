# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in firmware: faults reach its handlers, and the emulator says where it ends."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from support.small_image import seen

from toolkit.emulator.error import EmulationError
from toolkit.emulator.machine import Machine, Stop
from toolkit.errors import DeviceError, DoesNotFitError, InputError
from toolkit.targets.board import Board, load_board

HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 3, 4, 5, 6
ENABLE_FAULTS = "R(0xE000ED24) = 7u << 16;"
FPU_ON = 'R(0xE000ED88) |= 0xFu << 20; __asm volatile("dsb\\n isb\\n");'
BOARDS = ["nano33ble", "stm32f746g_disco"]


def _start(body: str) -> str:
    return f"__attribute__((noinline)) void start(void) {{ {body} for (;;) {{}} }}"


def _fault(machine: Machine) -> EmulationError:
    with pytest.raises(EmulationError) as caught:
        machine.run(10_000_000)
    return caught.value


@pytest.mark.parametrize("board", BOARDS)
def test_an_undefined_instruction_is_a_usage_fault_with_its_address(make_machine, board) -> None:
    machine = make_machine(_start(ENABLE_FAULTS + '__asm volatile("udf #3");'), board)
    error = _fault(machine)
    number, pc, cfsr, _, hfsr = seen(machine, 5)
    assert (number, cfsr, hfsr) == (USAGE_FAULT, 1 << 16, 0)
    assert pc == error.pc
    assert machine.image.symbol_at(pc).startswith("start+")
    assert "UsageFault" in error.message and "reported nothing" in error.message


@pytest.mark.parametrize("board", BOARDS)
def test_a_read_of_a_hole_in_memory_is_a_bus_fault_with_its_address(make_machine, board) -> None:
    machine = make_machine(_start(ENABLE_FAULTS + "seen[7] = R(0x30000010);"), board)
    error = _fault(machine)
    number, pc, cfsr, bfar, _ = seen(machine, 5)
    assert (number, cfsr, bfar) == (BUS_FAULT, 1 << 9 | 1 << 15, 0x30000010)
    assert pc == error.pc
    assert error.address == 0x30000010


@pytest.mark.parametrize("board", BOARDS)
def test_a_fault_whose_handler_is_not_switched_on_becomes_a_hard_fault(make_machine, board) -> None:
    machine = make_machine(_start("seen[0] = R(0x30000010);"), board)
    _fault(machine)
    number, _, cfsr, bfar, hfsr = seen(machine, 5)
    assert (number, hfsr, bfar) == (HARD_FAULT, 1 << 30, 0x30000010)
    assert cfsr & 1 << 9


@pytest.mark.parametrize("board", BOARDS)
def test_a_write_to_nowhere_faults_some_instructions_later_without_its_address(make_machine, board) -> None:
    """As with a write buffer: BFAR is not valid, and what stands behind the write is done."""
    later = "R(0x30000010) = 1; seen[6] = 77; seen[7] = R(0xE000ED00);"
    machine = make_machine(_start(ENABLE_FAULTS + later), board)
    error = _fault(machine)
    number, pc, cfsr, _, _, _, done = seen(machine, 7)
    assert (number, cfsr) == (BUS_FAULT, 1 << 10)
    assert done == 77
    assert pc > error.pc, "the firmware's report names another place than the emulator's"
    assert error.address == 0x30000010


@pytest.mark.parametrize("board", BOARDS)
def test_with_interrupts_masked_a_fault_becomes_a_hard_fault(make_machine, board) -> None:
    machine = make_machine(_start(ENABLE_FAULTS + '__asm volatile("cpsid i\\n udf #0\\n");'), board)
    _fault(machine)
    assert seen(machine, 1) == [HARD_FAULT]


@pytest.mark.parametrize("board", BOARDS)
def test_the_fpu_faults_until_cpacr_switches_it_on(make_machine, board) -> None:
    add = '__asm volatile("nop\\n nop\\n vadd.f32 s0, s0, s0\\n");'
    off = make_machine(_start(ENABLE_FAULTS + add), board)
    error = _fault(off)
    number, pc, cfsr, _, _ = seen(off, 5)
    assert (number, cfsr) == (USAGE_FAULT, 1 << 19)
    assert off.read_memory(pc, 2) == b"\x30\xee"
    assert error.pc == pc
    on = make_machine(_start(FPU_ON + add + '__asm volatile("bkpt #0");'), board)
    assert "breakpoint" in _fault(on).message


def test_the_m7_has_double_precision(make_machine) -> None:
    body = FPU_ON + 'volatile double a = 1.5; a = a * a + 0.25; seen[5] = (u32)(a * 100); __asm("bkpt #0");'
    machine = make_machine(_start(body), "stm32f746g_disco")
    _fault(machine)
    assert seen(machine)[5] == 250


def test_the_m7_knows_the_special_registers_of_m_profile(make_machine) -> None:
    body = """u32 x; __asm volatile("mrs %0, msp" : "=r"(x)); seen[0] = x;
        __asm volatile("mov r0, #1\\n msr primask, r0\\n mrs %0, primask" : "=r"(x) : : "r0"); seen[1] = x;
        __asm volatile("mov r0, #0\\n msr primask, r0\\n mrs %0, primask" : "=r"(x) : : "r0"); seen[2] = x;
        __asm volatile("mov r0, #32\\n msr basepri, r0\\n mrs %0, basepri" : "=r"(x) : : "r0"); seen[3] = x;
        __asm volatile("mrs %0, ipsr" : "=r"(x)); seen[4] = x;
        __asm volatile("mov r0, sp\\n msr msp, r0\\n bkpt #0" ::: "r0");"""
    machine = make_machine(_start(body), "stm32f746g_disco")
    assert "breakpoint" in _fault(machine).message
    stack, *others = seen(machine, 5)
    assert 0x20007F00 < stack <= 0x20008000
    assert others == [1, 0, 32, 0]


@pytest.mark.parametrize("board", BOARDS)
def test_a_handler_that_returns_goes_back_to_where_it_came_from(make_machine, board) -> None:
    source = """
    __attribute__((used)) void svc(void) { seen[1] = R(0xE000ED04) & 0x1FF; }
    void start(void) {
        register u32 kept __asm("r4") = 77;
        __asm volatile("svc #1" : "+r"(kept));
        seen[0] = kept;
        __asm volatile("bkpt #0");
        for (;;) {}
    }"""
    machine = make_machine(source, board)
    assert "breakpoint" in _fault(machine).message
    assert seen(machine, 2) == [77, 11]


@pytest.mark.parametrize("board", BOARDS)
def test_a_jump_into_nothing_is_a_bus_fault(make_machine, board) -> None:
    machine = make_machine(_start(ENABLE_FAULTS + "((void (*)(void))0x30000001)();"), board)
    _fault(machine)
    number, pc, cfsr, _, _ = seen(machine, 5)
    assert (number, pc, cfsr) == (BUS_FAULT, 0x30000000, 1 << 8)


def test_a_fault_in_the_hard_fault_handler_is_a_lockup(make_machine) -> None:
    machine = make_machine(_start('__asm volatile("udf #0");'))
    image = machine.image.path
    note, udf = machine.image.symbols["note"] & ~1, b"\x00\xde"
    elf = bytearray(image.read_bytes())
    at = elf.index(machine.read_memory(note, 16))
    elf[at : at + 2] = udf
    image.write_bytes(elf)
    error = _fault(Machine(image, load_board("nano33ble")))
    assert "locked up: a fault in the HardFault handler" in error.message


def test_a_fault_without_a_stack_is_a_lockup(make_machine) -> None:
    body = '__asm volatile("movs r0, #0\\n mov sp, r0\\n udf #0\\n" ::: "r0");'
    error = _fault(make_machine(_start(body)))
    assert "locked up: the stack pointer is 0x00000000, not in RAM" in error.message


def test_without_a_handler_the_core_locks_up(make_machine) -> None:
    machine = make_machine(_start("R(0xE000ED08) = 0x20000000; seen[0] = 0; R(0x30000010) = 1;"))
    assert "locked up" in _fault(machine).message


def test_an_unmapped_peripheral_stops_with_address_pc_and_symbol(make_machine) -> None:
    machine = make_machine(_start("R(0x40055004) = 5;"))
    error = _fault(machine)
    assert error.address == 0x40055004
    assert error.symbol.startswith("start")
    assert f"{error.pc:#010x}" in error.message and "0x40055004" in error.message
    assert machine.read_memory(error.pc, 2)[1] >> 3 in (0x0C, 0x1F, 0x0D)  # a store


def test_an_unknown_register_of_a_known_peripheral_says_so(make_machine) -> None:
    error = _fault(make_machine(_start("seen[0] = R(0x400023FC);")))
    assert "nrf52_uarte has no register at offset 0x3fc" in error.message
    assert error.address == 0x400023FC


def test_a_place_between_peripherals_on_one_page_is_not_mapped(make_machine) -> None:
    error = _fault(make_machine(_start("seen[0] = R(0x40020900);"), "stm32f746g_disco"))
    assert "no peripheral of the board is there" in error.message


def test_a_null_pointer_is_named(make_machine) -> None:
    error = _fault(make_machine(_start('volatile u32 *p = 0; __asm("" : "+r"(p)); seen[0] = p[1];')))
    assert error.address == 4
    assert error.hint == "Look for: a null pointer"


def test_a_read_of_the_bootloader_and_a_write_to_flash_are_refused(make_machine) -> None:
    assert "bootloader" in (_fault(make_machine(_start("seen[0] = R(0x8000);"))).hint or "")
    error = _fault(make_machine(_start("R(0x10100) = 0;")))
    assert "flash cannot be written like RAM" in error.message


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("address", [0x40002000, 0x40011000, 0x48000000])
def test_a_jump_to_where_no_code_may_be_is_a_memory_fault(make_machine, board, address) -> None:
    machine = make_machine(_start(ENABLE_FAULTS + f"((void (*)(void)){address + 1:#x})();"), board)
    _fault(machine)
    assert seen(machine, 3) == [MEM_MANAGE, address, 1]


def test_a_jump_that_leaves_thumb_state_is_a_usage_fault(make_machine) -> None:
    machine = make_machine(_start(ENABLE_FAULTS + "((void (*)(void))((u32)start & ~1u))();"))
    _fault(machine)
    assert seen(machine, 3) == [USAGE_FAULT, machine.image.symbols["start"] & ~1, 1 << 17]


def test_a_jump_through_a_null_pointer_names_the_caller(make_machine) -> None:
    body = 'void (*volatile call)(void) = 0; call(); seen[0] = 1; __asm volatile("nop");'
    error = _fault(make_machine(_start(body)))
    assert "UsageFault, coming from start+" in error.message


def test_a_branch_to_itself_is_found_at_once(make_machine) -> None:
    error = _fault(make_machine(_start("")))
    assert "hangs in a branch to itself" in error.message
    assert error.symbol.startswith("start")


def test_an_endless_loop_ends_by_the_clock_or_the_budget(make_machine) -> None:
    machine = make_machine(_start("volatile u32 x = 0; for (;;) { x++; }"))
    assert machine.run(100_000) is Stop.BUDGET
    assert machine.instructions == pytest.approx(100_000, abs=10)
    with pytest.raises(EmulationError, match=r"still busy .* in start") as caught:
        machine.run(10**12, timeout_s=0.05)
    assert isinstance(caught.value, DeviceError)
    with pytest.raises(EmulationError, match="still busy"):
        machine.run(1)  # what is over stays over


def test_a_reset_request_ends_the_run(make_machine) -> None:
    error = _fault(make_machine(_start("R(0xE000ED0C) = 0x05FA0004;")))
    assert "asked for a reset" in error.message
    ignored = _fault(make_machine(_start("R(0xE000ED0C) = 0x00000004;")))
    assert "hangs" in ignored.message


def test_systick_counts_down_without_its_interrupt(make_machine) -> None:
    body = """R(0xE000E014) = 999; R(0xE000E018) = 0; seen[0] = R(0xE000E018); R(0xE000E010) = 5;
        seen[1] = R(0xE000E018); __asm volatile("nop\\n nop"); seen[2] = R(0xE000E018); __asm("bkpt #0");"""
    machine = make_machine(_start(body))
    _fault(machine)
    off, first, second = seen(machine, 3)
    assert off == 0 and 990 < second < first <= 999


def test_what_is_no_image_is_refused(tmp_path) -> None:
    board = load_board("nano33ble")
    with pytest.raises(InputError, match="cannot read"):
        Machine(tmp_path / "none.elf", board)
    (tmp_path / "text.elf").write_text("hello")
    with pytest.raises(InputError, match="not a firmware image"):
        Machine(tmp_path / "text.elf", board)
    with pytest.raises(InputError, match="not a 32-bit ARM"):
        Machine(Path(sys.executable).resolve(), board)
    with pytest.raises(InputError, match=r"no \[emulation\]"):
        Machine(tmp_path / "text.elf", load_board("host"))


def test_an_image_for_another_board_does_not_fit(make_machine) -> None:
    machine = make_machine(_start(""))
    with pytest.raises(DoesNotFitError, match="stm32f746g_disco's flash is 0x08000000"):
        Machine(machine.image.path, load_board("stm32f746g_disco"))
    with pytest.raises(InputError, match="no memory at 0x90000000"):
        machine.read_memory(0x90000000, 4)


def test_the_python_hook_sees_the_fpu_and_the_endless_branch_too(make_machine) -> None:
    add = '__asm volatile("nop\\n vadd.f32 s0, s0, s0\\n");'
    counts = []
    for native in (True, False):
        machine = make_machine(_start(ENABLE_FAULTS + add), native=native)
        _fault(machine)
        assert seen(machine, 3)[2] == 1 << 19
        counts.append(machine.instructions)
        assert "hangs" in _fault(make_machine(_start(""), native=native)).message
    assert counts[0] == counts[1]


def test_the_size_of_the_m7s_caches_can_be_asked(make_machine) -> None:
    body = """R(0xE000ED84) = 0; seen[0] = R(0xE000ED80); R(0xE000ED84) = 1; seen[1] = R(0xE000ED80);
        R(0xE000EF60) = 0; __asm volatile("bkpt #0");"""
    machine = make_machine(_start(body), "stm32f746g_disco")
    _fault(machine)
    assert seen(machine, 2) == [0xF003E019, 0xF007E009]
    assert "SCS has no register" in _fault(make_machine(_start(body))).message


def test_dma_into_nothing_is_named(make_machine) -> None:
    body = """R(0x40002514) = 42; R(0x40002534) = 0x60000000; R(0x40002538) = 4; R(0x40002500) = 8;
        R(0x40002000) = 1; R(0x40009040) = 1;"""
    machine = make_machine(_start(body))
    machine.line.offer(b"x")
    assert "DMA writes to 0x60000000, which is not RAM" in _fault(machine).message


def _with_ram(origin: int, size: int) -> Board:
    board = load_board("nano33ble")
    assert board.memory is not None
    ram = dataclasses.replace(board.memory.ram, origin=origin, bytes=size)
    return dataclasses.replace(board, memory=dataclasses.replace(board.memory, ram=ram))


def test_ram_may_begin_anywhere(make_machine) -> None:
    """Behind a SoftDevice, for one."""
    machine = make_machine("void start(void) { seen[0] = 42; for (;;) {} }", _with_ram(0x20002270, 0x10000))
    machine.run(1000)
    assert seen(machine, 1) == [42]


@pytest.mark.parametrize(
    ("origin", "size", "words"),
    [
        (0x10000, 0x1000, "meets other memory near 0x00010000"),
        (0x40001000, 0x2000, "memory and a peripheral are both at 0x40002000"),
        (0x20000000, 1 << 48, "is not within 32 bits"),
        (0x20000000, -1, "is not within 32 bits"),
    ],
)
def test_memory_that_cannot_be_there_is_named(make_machine, origin: int, size: int, words: str) -> None:
    machine = make_machine("void start(void) { for (;;) {} }")
    with pytest.raises(InputError, match=words):
        Machine(machine.image.path, _with_ram(origin, size))
