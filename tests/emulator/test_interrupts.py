# SPDX-License-Identifier: Apache-2.0
"""Interrupts as ARMv7-M has them, on both CPUs of unicorn, and the same as in QEMU."""

from __future__ import annotations

import dataclasses
import itertools
import shutil

import pytest

from toolkit import process
from toolkit.emulator.error import EmulationError
from toolkit.emulator.machine import Machine, Stop
from toolkit.targets.board import Board, Region, load_board

BOARDS = ["nano33ble", "stm32f746g_disco"]
TRACE = """
volatile u32 trace[64], traced;
static __attribute__((always_inline)) inline void mark(u32 x) { trace[traced++] = x; }
#define ISER R(0xE000E100)
#define ICER R(0xE000E180)
#define ISPR R(0xE000E200)
#define ICPR R(0xE000E280)
#define IABR R(0xE000E300)
#define IPR(n) (*(volatile unsigned char *)(0xE000E400 + (n)))
#define ICSR R(0xE000ED04)
#define AIRCR R(0xE000ED0C)
#define SCR R(0xE000ED10)
#define SHPR(n) (*(volatile unsigned char *)(0xE000ED14 + (n)))
#define SYSTICK(reload) (R(0xE000E014) = (reload), R(0xE000E018) = 0, R(0xE000E010) = 7)
#define FPU_ON (R(0xE000ED88) |= 0xFu << 20)
#define SYNC __asm volatile("dsb\\n isb\\n" ::: "memory")
#define MASK __asm volatile("cpsid i" ::: "memory")
#define UNMASK __asm volatile("cpsie i\\n isb\\n" ::: "memory")
#define STOP __asm volatile("bkpt #0")
#define UNLOCK_DWT ((R(0xE000ED00) >> 4 & 0xFFF) == 0xC27 ? R(0xE0001FB0) = 0xC5ACCE55 : 0)
#define HANDLER __attribute__((used)) void
"""


@pytest.fixture
def make_traced(make_machine):
    """Return a function from C to a machine with it; nothing of an image clears its variables."""

    def make(source: str, board: str | Board = "nano33ble", *, native: bool | None = None) -> Machine:
        machine = make_machine(TRACE + source, board, native=native)
        machine.write_memory(machine.image.symbols["traced"], bytes(4))
        return machine

    return make


def _end(machine: Machine, words: str = "breakpoint") -> EmulationError:
    with pytest.raises(EmulationError, match=words) as caught:
        machine.run(10_000_000, timeout_s=20)
    return caught.value


def _trace(machine: Machine) -> list[int]:
    symbols = machine.image.symbols
    count = int.from_bytes(machine.read_memory(symbols["traced"], 4), "little")
    data = machine.read_memory(symbols["trace"], 4 * count)
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, 4 * count, 4)]


@pytest.fixture(params=[(board, native) for board in BOARDS for native in (True, False)])
def traced(request, make_traced):
    """Return a function from C to what it marked until its breakpoint; on both CPUs, with both hooks."""
    board, native = request.param

    def run(source: str, words: str = "breakpoint") -> list[int]:
        machine = make_traced(source, board, native=native)
        _end(machine, words)
        return _trace(machine)

    return run


def test_the_most_urgent_comes_first_and_of_two_equal_ones_the_lower_number(traced) -> None:
    source = """
    HANDLER irq0(void) { mark(16); }
    HANDLER irq1(void) { mark(17); }
    HANDLER irq2(void) { mark(18); mark(ICSR >> 12 & 0x1FF); mark(IABR); }
    HANDLER pendsv(void) { mark(14); }
    void start(void) {
        MASK;
        IPR(0) = 0x60; IPR(1) = 0x60; IPR(2) = 0x20; SHPR(14) = 0x80;
        ISER = 7; ISPR = 7; ICSR = 1u << 28;
        SYNC;
        mark(ISPR);
        UNMASK;
        mark(ISPR);
        STOP;
    }"""
    assert traced(source) == [7, 18, 16, 4, 16, 17, 14, 0]


def test_only_a_lower_group_pre_empts_and_the_subpriority_orders_what_waits(traced) -> None:
    """PRIGROUP 5 leaves two bits for the group (B3.2.6): 0x40 and 0x60 are of one, 0x00 is of another."""
    source = """
    HANDLER irq0(void) { mark(1); ISPR = 6; SYNC; mark(2); ICSR = 1u << 28; SYNC; mark(3); }
    HANDLER irq1(void) { mark(10); }
    HANDLER irq2(void) { mark(20); mark(ICSR & 0xFFF); }
    HANDLER pendsv(void) { mark(ICSR >> 11 & 1); }
    void start(void) {
        AIRCR = 0x05FA0500; mark(AIRCR >> 8 & 7);
        IPR(0) = 0x40; IPR(1) = 0x60; IPR(2) = 0x00; SHPR(14) = 0x40;
        ISER = 7; ISPR = 1; SYNC;
        STOP;
    }"""
    assert traced(source) == [5, 1, 20, 18, 2, 3, 1, 10]


def test_tail_chaining_leaves_the_frame_where_it_is(traced) -> None:
    source = """
    #define ENTRY(n) __attribute__((naked)) void irq##n(void) { \\
        __asm volatile("mov r0, sp\\n mov r1, lr\\n b noted\\n"); }
    ENTRY(0)
    ENTRY(1)
    HANDLER noted(u32 stack, u32 link) { mark(stack); mark(link); *(volatile u32 *)stack += 1; }
    void start(void) {
        register u32 kept __asm("r0") = 40;
        ISER = 3; MASK; ISPR = 3;
        __asm volatile("dsb\\n cpsie i\\n isb\\n" : "+r"(kept) : : "memory");
        mark(kept);
        STOP;
    }"""
    first, link, second, same_link, kept = traced(source)
    assert (second, same_link, kept) == (first, link, 42)
    assert link == 0xFFFFFFF9 and first % 8 == 0


def test_masks_hold_back_what_is_not_more_urgent(traced) -> None:
    source = """
    HANDLER irq0(void) { mark(16); }
    HANDLER irq1(void) { mark(17); }
    HANDLER nmi(void) { mark(2); }
    void start(void) {
        u32 x = 0x40;
        IPR(0) = 0x40; IPR(1) = 0x20; ISER = 3;
        __asm volatile("msr basepri, %0" : : "r"(x));
        ISPR = 3; SYNC; mark(1);
        x = 0; __asm volatile("msr basepri, %0\\n isb" : : "r"(x)); mark(2);
        __asm volatile("cpsid f"); ISPR = 1; SYNC; mark(3); ICSR = 1u << 31; SYNC;
        __asm volatile("mrs %0, faultmask" : "=r"(x)); mark(x);
        __asm volatile("cpsie f\\n isb"); mark(4);
        STOP;
    }"""
    assert traced(source) == [17, 1, 16, 2, 3, 2, 1, 16, 4]


def test_a_return_from_a_handler_clears_faultmask(traced) -> None:
    source = """
    HANDLER irq0(void) { __asm volatile("cpsid f"); mark(1); }
    HANDLER irq1(void) { mark(2); }
    void start(void) { ISER = 3; ISPR = 1; SYNC; ISPR = 2; SYNC; mark(3); STOP; }"""
    assert traced(source) == [1, 2, 3]


def test_what_is_pending_while_disabled_comes_when_it_is_enabled(traced) -> None:
    source = """
    HANDLER irq1(void) { mark(17); }
    void start(void) {
        ISPR = 2; SYNC; mark(ISPR); ICPR = 2; mark(ISPR);
        R(0xE000EF00) = 1; SYNC; mark(ISPR);
        ISER = 2; SYNC; mark(ISER); ICER = 2; mark(ISER); ISPR = 2; SYNC; mark(4);
        STOP;
    }"""
    assert traced(source) == [2, 0, 2, 17, 2, 0, 4]


def test_registers_are_as_many_as_the_microcontroller_has(make_traced) -> None:
    source = """void start(void) {
        R(0xE000E104) = 0xFFFFFFFF; mark(R(0xE000E104));
        IPR(3) = 0xFF; mark(R(0xE000E400)); mark(R(0xE000E004));
        R(0xE000E108) = ~0u; R(0xE000E10C) = ~0u; mark(R(0xE000E108)); mark(R(0xE000E10C)); STOP; }"""
    for board, expected in (
        ("nano33ble", [0xFFFF, 0xE0000000, 1, 0, 0]),
        ("stm32f746g_disco", [0xFFFFFFFF, 0xF0000000, 3, 0xFFFFFFFF, 3]),
    ):
        machine = make_traced(source, board)
        _end(machine)
        assert _trace(machine) == expected


def test_the_frame_of_an_interrupt_is_what_the_thread_had(traced) -> None:
    source = """
    u32 frame[9];
    __attribute__((naked)) void irq0(void) { __asm volatile("mov r0, sp\\n mov r1, lr\\n b copied\\n"); }
    HANDLER copied(const u32 *from, u32 link) {
        for (u32 i = 0; i < 8; i++) { mark(from[i]); }
        mark(link);
    }
    __attribute__((naked)) void there(void) {
        __asm volatile(".syntax unified\\n push {r4, lr}\\n ldr r4, =0xE000E200\\n"
            "movs r0, #1\\n movs r1, #11\\n movs r2, #12\\n movs r3, #13\\n mov r12, #14\\n mov lr, #15\\n"
            "cmp r1, r2\\n str r0, [r4]\\n dsb\\n isb\\n .global after\\n after: pop {r4, pc}\\n");
    }
    void after(void);
    void start(void) { ISER = 1; there(); mark((u32)after & ~1u); STOP; }"""
    r0, r1, r2, r3, r12, link, pc, status, exc_return, after = traced(source)
    assert (r0, r1, r2, r3, r12, link) == (1, 11, 12, 13, 14, 15)
    assert (pc, exc_return) == (after, 0xFFFFFFF9)
    assert status & ~(1 << 9) == 0x81000000  # N of 11 - 12, Thumb, no exception


FPU = """
#define SET(n) "vmov s" #n ", r0\\n adds r0, #1\\n"
#define ALL(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15) \\
    f(16) f(17) f(18) f(19) f(20) f(21) f(22) f(23) f(24) f(25) f(26) f(27) f(28) f(29) f(30) f(31)
u32 got[32];
__attribute__((naked)) void irq0(void) {
    __asm volatile(".syntax unified\\n mov r0, lr\\n push {r4, lr}\\n bl before\\n"
        "vpush {s16-s31}\\n movs r0, #100\\n" ALL(SET) "mov r0, #0x400000\\n vmsr fpscr, r0\\n"
        "vpop {s16-s31}\\n bl behind\\n pop {r4, pc}\\n");
}
HANDLER before(u32 link) {
    u32 control; __asm volatile("mrs %0, control" : "=r"(control));
    mark(link); mark(control & 4); mark(R(0xE000EF34) & 1); mark(R(0xE000EF38));
}
HANDLER behind(void) {
    u32 control; __asm volatile("mrs %0, control" : "=r"(control));
    mark(control & 4); mark(R(0xE000EF34) & 1);
}
"""


def test_the_fpus_registers_are_kept_across_an_interrupt(traced) -> None:
    source = (
        FPU
        + """
    __attribute__((naked)) void there(void) {
        __asm volatile(".syntax unified\\n push {r4, lr}\\n vpush {s16-s31}\\n movs r0, #7\\n" ALL(SET)
            "mov r0, #0x800000\\n vmsr fpscr, r0\\n"
            "ldr r4, =0xE000E200\\n movs r0, #1\\n str r0, [r4]\\n dsb\\n isb\\n"
            "ldr r0, =got\\n vstmia r0, {s0-s31}\\n vpop {s16-s31}\\n vmrs r0, fpscr\\n pop {r4, pc}\\n");
    }
    void start(void) {
        FPU_ON; SYNC; ISER = 1;
        const u32 fpscr = ((u32 (*)(void))there)();
        mark(fpscr);
        for (u32 i = 0; i < 32; i++) { mark(got[i]); }
        STOP;
    }"""
    )
    link, used, lazy, place, used_then, lazy_then, fpscr, *registers = traced(source)
    assert (link, used, lazy, used_then, lazy_then) == (0xFFFFFFE9, 0, 1, 4, 0)
    assert place % 8 == 0 and place > 0x20000000
    assert fpscr == 0x800000
    assert registers == list(range(7, 39))


def test_without_use_of_the_fpu_the_frame_is_the_short_one(traced) -> None:
    source = FPU + "void start(void) { FPU_ON; SYNC; ISER = 1; ISPR = 1; SYNC; STOP; }"
    assert traced(source)[:3] == [0xFFFFFFF9, 0, 0]


def test_a_thread_may_have_a_stack_of_its_own(traced) -> None:
    source = """
    u32 stack[64];
    __attribute__((naked)) void irq0(void) {
        __asm volatile("mov r0, lr\\n mov r1, sp\\n mrs r2, psp\\n b noted\\n"); }
    HANDLER noted(u32 link, u32 main, u32 process) {
        u32 control; __asm volatile("mrs %0, control" : "=r"(control));
        mark(link); mark(main > (u32)(stack + 64)); mark((u32)(stack + 64) - process); mark(control);
    }
    __attribute__((naked)) void start(void) {
        __asm volatile("ldr r0, =stack + 256\\n msr psp, r0\\n movs r0, #2\\n"
            "msr control, r0\\n isb\\n b there\\n");
    }
    __attribute__((used, noreturn)) void there(void) {
        u32 control, before, behind;
        __asm volatile("mov %0, sp" : "=r"(before));
        ISER = 1; ISPR = 1; SYNC;
        __asm volatile("mov %0, sp\\n mrs %1, control" : "=r"(behind), "=r"(control));
        mark(control); mark(before == behind);
        STOP; for (;;) { }
    }"""
    link, is_main, used, control, control_then, same = traced(source)
    assert (link, is_main, control, control_then, same) == (0xFFFFFFFD, 1, 0, 2, 1)
    assert 32 <= used < 128


def test_a_supervisor_call_that_is_masked_is_a_hard_fault(make_traced) -> None:
    machine = make_traced('HANDLER svc(void) { } void start(void) { MASK; __asm volatile("svc #0"); }')
    assert "stopped with a SVCall" in _end(machine, "SVCall").message


def test_a_fault_in_a_handler_of_an_interrupt_gets_its_own_handler_if_that_is_more_urgent(
    make_traced,
) -> None:
    source = """
    HANDLER irq0(void) { __asm volatile("udf #0"); }
    void start(void) {
        IPR(0) = 0x40; SHPR(6) = PRIORITY; R(0xE000ED24) = 7u << 16;
        ISER = 1; ISPR = 1; SYNC;
    }"""
    for priority, number in ((0x20, 6), (0x40, 3)):
        machine = make_traced(source.replace("PRIORITY", hex(priority)))
        _end(machine, "stopped with a UsageFault")
        assert int.from_bytes(machine.read_memory(machine.image.symbols["seen"], 4), "little") == number


def test_an_interrupt_without_a_handler_is_named(make_traced) -> None:
    machine = make_traced("void start(void) { ISER = 1; ISPR = 1; SYNC; for (;;) { } }")
    assert "no handler for interrupt 0" in _end(machine, "locks up").message


def test_a_vector_table_that_is_not_aligned_to_its_size_is_refused(make_traced) -> None:
    source = "void start(void) { R(0xE000ED08) = 0x20000080; STOP; }"
    assert "a table of 64 vectors must be aligned to 256 bytes" in _end(make_traced(source), "VTOR").message


TICKS = """
HANDLER systick(void) { mark(R(0xE0001004)); }
void start(void) {
    R(0xE000EDFC) = 1u << 24; UNLOCK_DWT; R(0xE0001004) = 0; R(0xE0001000) = 1;
    SYSTICK(4999);
    mark(R(0xE0001004));
    while (traced < 6) { %s }
    mark(R(0xE000E010) >> 16 & 1); mark(R(0xE000E010) >> 16 & 1);
    STOP;
}"""


@pytest.mark.parametrize("wait", ['__asm volatile("wfi");', '__asm volatile("nop");'])
def test_systick_comes_every_period_asleep_or_awake(traced, wait: str) -> None:
    start, *ticks, passed, cleared = traced(TICKS % wait)
    assert abs(ticks[0] - start - 5000) < 30
    for one, next_one in itertools.pairwise(ticks):
        assert abs(next_one - one - 5000) < 20
    assert (passed, cleared) == (1, 0)


def test_systick_counts_without_its_interrupt_and_says_that_it_passed_0(traced) -> None:
    source = """void start(void) {
        R(0xE000E014) = 99; R(0xE000E018) = 5; mark(R(0xE000E018)); R(0xE000E010) = 5;
        const u32 a = R(0xE000E018), b = R(0xE000E018); mark(a - b); mark(a <= 99);
        for (volatile u32 i = 0; i < 30; i++) { }
        mark(R(0xE000E010) >> 16); mark(R(0xE000E010) >> 16);
        R(0xE000E010) = 4; mark(R(0xE000E018) == R(0xE000E018)); STOP; }"""
    zero, step, in_range, passed, cleared, held = traced(source)
    assert (zero, in_range, passed, cleared, held) == (0, 1, 1, 0, 1)
    assert 1 <= step <= 3


def test_systick_from_another_clock_is_refused(make_traced) -> None:
    assert (
        "core clock only" in _end(make_traced("void start(void) { R(0xE000E010) = 3; }"), "SysTick").message
    )


def test_wfi_wakes_for_a_masked_interrupt_which_comes_when_it_is_unmasked(traced) -> None:
    source = """
    HANDLER systick(void) { mark(15); R(0xE000E010) = 0; }
    void start(void) { MASK; SYSTICK(1000000); __asm volatile("wfi"); mark(1); UNMASK; mark(2); STOP; }"""
    assert traced(source) == [1, 15, 2]


def test_wfe_waits_for_an_event_and_sev_is_one(traced) -> None:
    source = """
    HANDLER systick(void) { mark(15); }
    void start(void) {
        SYSTICK(100000);
        __asm volatile("sev\\n wfe"); mark(1);
        __asm volatile("wfe"); mark(2);
        __asm volatile("wfe"); mark(3);
        MASK; SCR = 1u << 4; R(0xE000E018) = 0; __asm volatile("wfe"); mark(ICSR >> 26 & 1);
        STOP;
    }"""
    # The interrupt ends the second wfe, and its return is an event that ends the third at once.
    assert traced(source) == [1, 15, 2, 3, 1]


def test_sleep_on_exit_stays_asleep_between_interrupts(traced) -> None:
    source = """
    HANDLER systick(void) { mark(15); if (traced == 3) { SCR = 0; } }
    void start(void) { SYSTICK(100000); SCR = 2; __asm volatile("wfi"); mark(1); STOP; }"""
    assert traced(source) == [15, 15, 15, 1]


@pytest.mark.parametrize("wait", ["wfi", "wfe", "b ."])
@pytest.mark.parametrize("board", BOARDS)
def test_who_sleeps_with_an_interrupt_switched_on_waits_for_input(make_traced, board, wait) -> None:
    source = (
        f'HANDLER irq0(void) {{ }} void start(void) {{ ISER = 1; for (;;) {{ __asm volatile("{wait}"); }} }}'
    )
    machine = make_traced(source, board)
    assert [machine.run(10**9), machine.run(10**9)] == [Stop.IDLE, Stop.IDLE]
    assert machine.instructions < 200_000


@pytest.mark.parametrize("board", BOARDS)
def test_who_sleeps_with_none_switched_on_never_wakes(make_traced, board) -> None:
    machine = make_traced('void start(void) { for (;;) { __asm volatile("wfi"); } }', board)
    assert "no interrupt is switched on" in _end(machine, "sleeps").message


def test_a_branch_to_itself_waits_for_systick(traced) -> None:
    source = """
    HANDLER systick(void) { mark(15); if (traced == 3) { STOP; } }
    void start(void) { SYSTICK(1000000); for (;;) { } }"""
    assert traced(source) == [15, 15, 15]


def test_yield_does_nothing(traced) -> None:
    assert traced('void start(void) { __asm volatile("yield"); mark(1); STOP; }') == [1]


@pytest.mark.parametrize("board", BOARDS)
def test_interrupts_come_at_the_same_instruction_in_all_slices_and_with_both_hooks(
    make_traced, board
) -> None:
    source = """
    HANDLER systick(void) { mark(R(0xE0001004)); }
    void start(void) {
        R(0xE000EDFC) = 1u << 24; UNLOCK_DWT; R(0xE0001000) = 1;
        SYSTICK(777);
        volatile u32 x = 1;
        while (traced < 40) { x = x * 3 + 1; if (x & 4) { x ^= traced; } }
        STOP;
    }"""
    found = set()
    for native in (True, False):
        for budget in (10**8, 333):
            machine = make_traced(source, board, native=native)
            with pytest.raises(EmulationError, match="breakpoint"):
                while True:
                    assert machine.run(budget) is Stop.BUDGET
            found.add((machine.instructions, tuple(_trace(machine))))
    assert len(found) == 1


def test_an_event_happens_at_its_time_whatever_the_slices(make_traced) -> None:
    source = "void start(void) { for (;;) { traced++; seen[0] = R(0xE000E018); } }"
    times = set()
    for budget in (10**5, 77):
        calls = _calls(make_traced(source), budget)
        assert [now for now, _ in calls] == [100, 100, 5000]
        times.add(tuple(calls))
    assert len(times) == 1


def _calls(machine: Machine, budget: int) -> list[tuple[int, int]]:
    calls: list[tuple[int, int]] = []
    for when in (5000, 100, 100):
        machine._events.at(when, lambda: calls.append((machine._hardware.now(), machine.instructions)))
    while machine.time < 6000:
        machine.run(budget)
    return calls


QEMU = """
HANDLER keep(const u32 *frame, u32 link) {
    mark(ICSR & 0x1FF); mark(link);
    for (u32 i = 0; i < 8; i++) { mark(frame[i]); }
}
#define ENTRY(name) __attribute__((naked)) void name(void) { \\
    __asm volatile("mov r0, sp\\n mov r1, lr\\n push {r4, lr}\\n bl keep\\n bl more\\n pop {r4, pc}\\n"); }
HANDLER more(void) {
    if ((ICSR & 0x1FF) == 16) { ISPR = 2; SYNC; ISPR = 4; ICSR = 1u << 28; SYNC; }
    if ((ICSR & 0x1FF) == 15) { R(0xE000E010) = 0; }
}
ENTRY(irq0)
ENTRY(irq1)
ENTRY(irq2)
ENTRY(pendsv)
ENTRY(systick)
__attribute__((naked)) void there(void) {
    __asm volatile(".syntax unified\\n push {r4, lr}\\n ldr r4, =0xE000E200\\n movs r0, #1\\n movs r1, #11\\n"
        "movs r2, #12\\n movs r3, #13\\n mov r12, #14\\n mov lr, #15\\n cmp r1, r2\\n str r0, [r4]\\n"
        "dsb\\n isb\\n pop {r4, pc}\\n");
}
void start(void) {
    IPR(0) = 0x60; IPR(1) = 0x20; IPR(2) = 0xA0; SHPR(14) = 0xC0; SHPR(15) = 0xE0;
    ISER = 7;
    there();
    SYSTICK(100000);
    while (!(ICSR >> 26 & 1) && (R(0xE000E010) & 1)) { __asm volatile("wfi"); }
    DONE
}
"""


def test_qemu_runs_the_same_handlers_in_the_same_order_with_the_same_frames(make_traced, tmp_path) -> None:
    """But for the frame of SysTick, which comes at a time that QEMU takes from the clock on the wall."""
    program = shutil.which("qemu-system-arm")
    if program is None:
        pytest.skip("qemu-system-arm is not installed: apt install qemu-system-arm")
    ours = make_traced(QEMU.replace("DONE", "STOP;"), _at_zero())
    _end(ours)
    # Semihosting's SYS_WRITE0 (ARM IHI 0100, Semihosting for AArch32) prints the trace in hexadecimal.
    done = """
    static char text[1024]; char *to = text;
    for (u32 i = 0; i < traced; i++) {
        for (u32 s = 0; s < 8; s++) { *to++ = "0123456789abcdef"[trace[i] >> (28 - 4 * s) & 15]; }
        *to++ = '\\n';
    }
    *to = 0;
    __asm volatile("mov r1, %0\\n mov r0, #4\\n bkpt #0xAB\\n mov r0, #0x18\\n ldr r1, =0x20026\\n bkpt #0xAB"
        : : "r"(text) : "r0", "r1", "memory");"""
    image = make_traced(QEMU.replace("DONE", done), _at_zero()).image.path
    quiet = ["-nographic", "-monitor", "none", "-serial", "none", "-semihosting"]
    ran = process.run([program, "-M", "mps2-an386", "-kernel", image, *quiet], timeout_s=60)
    theirs = [int(word, 16) for word in ran.output.split()]
    assert len(theirs) == len(_trace(ours)) == 50
    assert [theirs[i] for i in range(0, 50, 10)] == [16, 17, 18, 14, 15]
    assert _trace(ours)[:42] == theirs[:42]


def _at_zero() -> Board:
    nano = load_board("nano33ble")
    assert nano.memory is not None
    return dataclasses.replace(
        nano, memory=dataclasses.replace(nano.memory, flash=Region(0, 0x10000, "MPS2's memory"))
    )
