# SPDX-License-Identifier: Apache-2.0
"""Instruction counts: exact, the same with the C and the Python hook, and what CYCCNT shows."""

from __future__ import annotations

import dataclasses
import shutil
import sys

import pytest
from support.small_image import seen

from toolkit import process
from toolkit.emulator import counter
from toolkit.emulator.error import EmulationError
from toolkit.emulator.machine import Stop
from toolkit.targets.board import Region, load_board
from toolkit.timing.flash import Cache, FlashTiming

# 1 + 1 + 100 * 2 + 1 + 1 (it) + 2 (both arms are issued) + 1 (wide) + 1 (bkpt)
HAND_COUNTED = """
__attribute__((naked)) void start(void) {
    __asm volatile(".syntax unified\\n"
        "movs r0, #100\\n nop\\n"
        "1: subs r0, #1\\n bne 1b\\n"
        "cmp r0, #0\\n ite eq\\n moveq r1, #1\\n movne r1, #2\\n"
        "movw r2, #0x1234\\n bkpt #0\\n");
}
"""
HAND_COUNT = 1 + 1 + 200 + 1 + 1 + 2 + 1 + 1

LOOPS = """
volatile u32 out;
void start(void) {
    u32 x = 1;
    for (u32 i = 0; i < 20000; i++) {
        x = x * 1664525u + 1013904223u;
        if (x & 0x10000) {
            out = x;
        }
    }
    __asm volatile("bkpt #0");
}
"""

CYCLES = """
void start(void) {
    R(0xE0001000) = 1;
    seen[0] = R(0xE0001004);
    R(0xE000EDFC) = 1u << 24;
    R(0xE0001000) = 1;
    R(0xE0001004) = 0;
    const u32 a = R(0xE0001004);
    __asm volatile("nop\\n nop\\n nop\\n nop\\n nop\\n");
    const u32 b = R(0xE0001004);
    __asm volatile("movs r0, #50\\n 1: subs r0, #1\\n bne 1b\\n" ::: "r0", "cc");
    const u32 c = R(0xE0001004);
    seen[1] = b - a;
    seen[2] = c - b;
    R(0xE0001000) = 0;
    const u32 d = R(0xE0001004);
    seen[3] = R(0xE0001004) - d;
    __asm volatile("bkpt #0");
}
"""


# 64 words from flash, some of them within an IT block: unicorn must not go on as if that did not end.
TABLE = """
volatile u32 out;
const u32 table[64] = {1, 2, 3};
__attribute__((noinline)) static u32 chosen(u32 x, const volatile u32 *from) {
    u32 found = 5;
    __asm volatile("cmp %1, #1\\n ite eq\\n ldreq %0, [%2]\\n movne %0, #7\\n"
                   : "+r"(found) : "r"(x), "r"(from) : "cc");
    return found;
}
void start(void) {
    u32 x = 0;
    for (u32 turn = 0; turn < 3; turn++) {
        for (u32 i = 0; i < 64; i++) {
            x += ((const volatile u32 *)table)[i];
        }
        x += chosen(turn, table);
    }
    seen[0] = x;
    __asm volatile("bkpt #0");
}
"""
TABLE_SUM = 3 * (1 + 2 + 3) + 7 + 1 + 7


def _run_to_breakpoint(machine) -> None:
    with pytest.raises(EmulationError, match="breakpoint"):
        machine.run(10_000_000)


@pytest.mark.parametrize("board", ["nano33ble", "stm32f746g_disco"])
@pytest.mark.parametrize("native", [True, False])
def test_an_image_is_counted_as_by_hand(make_machine, board, native) -> None:
    machine = make_machine(HAND_COUNTED, board, native=native)
    _run_to_breakpoint(machine)
    assert machine.instructions == HAND_COUNT
    assert machine.counts_natively is native


def test_the_c_and_the_python_hook_agree_even_in_slices(make_machine) -> None:
    counts = set()
    for native in (True, False):
        for budget in (10_000_000, 777):
            machine = make_machine(LOOPS, native=native)
            with pytest.raises(EmulationError, match="breakpoint"):
                while True:
                    assert machine.run(budget) is Stop.BUDGET
            counts.add(machine.instructions)
    assert len(counts) == 1


def test_the_model_of_the_m4_counts_a_loop_as_by_hand(make_machine) -> None:
    # movs, nop; 100 times subs and bne, which 99 times jumps back; cmp, ite, 2 arms, movw, bkpt
    expected = 2 + 2 * 100 + 99 + 6
    for native in (True, False):
        machine = make_machine(HAND_COUNTED, native=native, counts="cycles")
        _run_to_breakpoint(machine)
        assert (machine.counts_cycles, machine.instructions) == (True, HAND_COUNT)
        assert machine.cycles - expected in (0, 1, 2, 3)  # the first block is jumped to


def test_the_c_and_the_python_hook_model_the_same_cycles(make_machine) -> None:
    for board in ("nano33ble", "stm32f746g_disco"):
        counts = set()
        for native in (True, False):
            machine = make_machine(LOOPS, board, native=native, counts="cycles")
            _run_to_breakpoint(machine)
            counts.add((machine.instructions, machine.cycles))
        assert len(counts) == 1


def test_the_cycle_counter_counts_modelled_cycles(make_machine) -> None:
    machine = make_machine(CYCLES, counts="cycles")
    _run_to_breakpoint(machine)
    _, five_nops, loop, stopped = seen(machine, 4)
    # The load of CYCCNT takes 2; a loop of 50 jumps 49 times.
    assert five_nops == 2 + 5
    assert 2 + 1 + 100 + 49 <= loop <= 2 + 1 + 100 + 49 + 50
    assert stopped == 0


def test_the_cycle_counter_counts_instructions_exactly(make_machine) -> None:
    machine = make_machine(CYCLES)
    _run_to_breakpoint(machine)
    # From one load of CYCCNT to the next: the load itself and what stands between them.
    before_trace, five_nops, loop, stopped = seen(machine, 4)
    assert before_trace == 0
    assert five_nops == 6
    assert loop == 1 + 1 + 100
    assert stopped == 0


def test_the_cycle_counter_of_the_m7_is_locked_until_the_key_comes(make_machine) -> None:
    locked = make_machine(CYCLES, "stm32f746g_disco")
    _run_to_breakpoint(locked)
    assert seen(locked, 3) == [0, 0, 0]
    unlocked = CYCLES.replace("R(0xE0001004) = 0;", "R(0xE0001FB0) = 0xC5ACCE55; R(0xE0001000) = 1;")
    machine = make_machine(unlocked, "stm32f746g_disco")
    _run_to_breakpoint(machine)
    assert seen(machine, 3)[1:] == [6, 102]


def test_without_a_compiler_python_counts(make_machine, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(counter.importlib.util, "find_spec", lambda _name: None)
    assert counter._compiled_hook() is None


def test_the_hook_is_compiled_once_and_kept(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    if counter._compiler() is None:
        pytest.skip("no C compiler: apt install gcc")
    assert counter._compiled_hook() is not None
    (kept,) = (tmp_path / "cache" / "emulator").iterdir()
    time_stamp = kept.stat().st_mtime_ns
    assert counter._compiled_hook() is not None
    assert kept.stat().st_mtime_ns == time_stamp


def test_where_the_cache_cannot_be_written_the_hook_serves_this_process(monkeypatch, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "file"))
    if counter._compiler() is None:
        pytest.skip("no C compiler: apt install gcc")
    assert counter._compiled_hook() is not None


def test_a_compiler_that_fails_leaves_the_counting_to_python(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(counter, "_compiler", lambda: [sys.executable, "-c", "raise SystemExit(1)"])
    assert counter._compiled_hook() is None


def test_thumb_instructions_are_told_apart() -> None:
    code = bytes.fromhex("00bf30ee000af0f700a07047")
    assert counter.count_thumb(code) == 4
    assert counter.first_fpu_instruction(code) == 2
    assert counter.first_fpu_instruction(bytes.fromhex("00bf7047")) is None


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("board", ["nano33ble", "stm32f746g_disco"])
def test_an_access_in_an_it_block_leaves_no_condition_behind(make_machine, native, board) -> None:
    source = """
    void start(void) {
        u32 after = 0;
        __asm volatile(".syntax unified\\n ldr r2, =0xE000ED34\\n movs r1, #5\\n movs r3, #0\\n cmp r1, #5\\n"
            "itte eq\\n ldreq r0, [r2]\\n streq r1, [r2]\\n movne r3, #1\\n b 1f\\n"
            "1: mov.w %0, #7\\n mov.w r3, #9\\n" : "=r"(after) : : "r0", "r1", "r2", "r3", "cc");
        seen[0] = after;
        seen[1] = R(0xE000ED34);
        __asm volatile("bkpt #0");
    }"""
    machine = make_machine(source, board, native=native)
    _run_to_breakpoint(machine)
    assert seen(machine, 2) == [7, 5]


def test_code_in_ram_is_counted_too(make_machine) -> None:
    source = """
    static unsigned short code[4] = {0};
    void start(void) {
        code[0] = 0x3001; code[1] = 0x3001; code[2] = 0x4770;
        __asm volatile("dsb\\n isb");
        seen[0] = ((u32(*)(u32))((u32)code | 1u))(5);
        __asm volatile("bkpt #0");
    }"""
    counts = set()
    for native in (True, False):
        machine = make_machine(source, native=native)
        _run_to_breakpoint(machine)
        assert seen(machine, 1) == [7]
        counts.add(machine.instructions)
    assert len(counts) == 1


QEMU = """
volatile u32 out;
void start(void) {
    u32 x = 1;
    for (u32 i = 0; i < 2000; i++) {
        x = x * 1664525u + 1013904223u;
        if (x & 0x10000) {
            out = x;
        }
        if (x > 7 && (x & 3)) {
            x ^= i;
        }
        seen[i & 7] = x;
    }
    __asm volatile("mov r0, #0x18\\n ldr r1, =0x20026\\n bkpt #0xAB" ::: "r0", "r1");
}
"""


def test_qemu_in_single_steps_counts_the_same(make_machine, tmp_path) -> None:
    program = shutil.which("qemu-system-arm")
    if program is None:
        pytest.skip("qemu-system-arm is not installed: apt install qemu-system-arm")
    nano = load_board("nano33ble")
    assert nano.memory is not None
    flash = Region(0, 0x10000, "MPS2's memory")
    board = dataclasses.replace(nano, memory=dataclasses.replace(nano.memory, flash=flash))
    machine = make_machine(QEMU, board)
    _run_to_breakpoint(machine)
    log = tmp_path / "trace"
    quiet = ["-nographic", "-monitor", "none", "-serial", "none", "-semihosting"]
    steps = ["-singlestep", "-d", "exec,nochain", "-D", log]
    machine_words = ["-M", "mps2-an386", "-kernel", machine.image.path]
    done = process.run([program, *machine_words, *quiet, *steps], timeout_s=60)
    if done.exit_code != 0:
        pytest.skip(f"this QEMU does not take these options: {done.output[:80]}")
    traced = sum(line.startswith("Trace") for line in log.read_text().splitlines())
    assert machine.instructions == traced


@pytest.mark.parametrize("data", [None, Cache(8, 32, 8), Cache(16, 32, 2)])
def test_waits_for_flash_are_those_of_its_reads_with_either_hook(make_machine, data) -> None:
    code = Cache(lines=4, line_bytes=32, ways=4)
    timing = FlashTiming(5, 8, "a test", data, code if data else None)
    board = dataclasses.replace(load_board("nano33ble"), flash_timing=timing)
    waits = set()
    for native in (True, False):
        machine = make_machine(TABLE, board, native=native, counts="flash_waits")
        _run_to_breakpoint(machine)
        assert seen(machine, 1) == [TABLE_SUM]
        waits.add(machine.flash_waits)
    (found,) = waits
    words, reads = 64 * 3, 64 * 4 // 8
    if data is None:  # every word, and a few of the code's own constants
        assert 5 * words < found < 5 * (words + 40)
    elif data.lines == 16:  # all of the table stays in the cache
        assert 5 * reads < found < 5 * (reads + 40)
    else:  # 8 lines that are read in a circle never hold what comes next; code's misses come on top
        assert 5 * 3 * reads - 5 * 4 <= found < 5 * (3 * reads + 60)


def test_the_cycle_counter_counts_waits_for_flash_on_top_of_instructions_if_asked(make_machine) -> None:
    """A loop that waits for the counter ends also where all its code is in the cache."""
    machine, plain = make_machine(CYCLES, counts="flash_waits"), make_machine(CYCLES)
    _run_to_breakpoint(machine)
    _run_to_breakpoint(plain)
    waits = [both - one for both, one in zip(seen(machine, 4), seen(plain, 4), strict=True)]
    assert waits[1] in (0, 3, 6)  # between two reads of CYCCNT stand at most its constants
    assert seen(machine, 4)[2] >= 100
