# SPDX-License-Identifier: Apache-2.0
"""Small images for the emulator: a vector table, some C or assembly, nothing of the runtime."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from support.firmware_image import find_compiler

from toolkit import process
from toolkit.emulator.machine import Machine
from toolkit.targets.board import Board, load_board

START = """
typedef unsigned int u32;
#define R(address) (*(volatile u32 *)(address))
void start(void);
void fault(void);
__attribute__((weak)) void nmi(void);
__attribute__((weak)) void svc(void);
__attribute__((weak)) void pendsv(void);
__attribute__((weak)) void systick(void);
__attribute__((weak)) void irq0(void);
__attribute__((weak)) void irq1(void);
__attribute__((weak)) void irq2(void);
volatile u32 seen[8];
__attribute__((section(".isr_vector"), used)) const void *vectors[24] = {
    (void *)STACK_TOP, (void *)start, (void *)nmi, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
    0, 0, 0, 0, (void *)svc, 0, 0, (void *)pendsv, (void *)systick, (void *)irq0, (void *)irq1, (void *)irq2};
"""

REPORT = """
__attribute__((naked, used)) void fault(void) { __asm volatile("mov r0, sp\\n b note\\n"); }
__attribute__((used)) void note(const u32 *frame) {
    seen[0] = R(0xE000ED04) & 0x1FF;
    seen[1] = frame[6];
    seen[2] = R(0xE000ED28);
    seen[3] = R(0xE000ED38);
    seen[4] = R(0xE000ED2C);
    __asm volatile("bkpt #0");
    for (;;) {
    }
}
"""

LINK = """
MEMORY {{
    flash (rx) : ORIGIN = {flash:#x}, LENGTH = 64K
    ram (rwx) : ORIGIN = {ram:#x}, LENGTH = 64K
}}
SECTIONS {{
    .text : {{ KEEP(*(.isr_vector)) *(.text*) *(.rodata*) }} > flash
    .bss (NOLOAD) : {{ *(.data*) *(.bss*) *(COMMON) }} > ram
    /DISCARD/ : {{ *(.ARM.exidx*) *(.ARM.extab*) }}
}}
"""


def build_small_image(source: str, board: Board, folder: Path) -> Path:
    """Return an ELF of START, source and REPORT; skips where there is no compiler."""
    assert board.memory is not None
    compiler = find_compiler(board.core, "gcc")
    ram = board.memory.ram.origin
    (folder / "image.c").write_text(START + REPORT + source)
    (folder / "image.ld").write_text(LINK.format(flash=board.memory.flash.origin, ram=ram))
    fpu = "fpv5-d16" if board.core == "cortex-m7f" else "fpv4-sp-d16"
    cpu = "cortex-m7" if board.core == "cortex-m7f" else "cortex-m4"
    flags = ["-mthumb", f"-mcpu={cpu}", "-mfloat-abi=hard", f"-mfpu={fpu}", "-O1", "-ffreestanding"]
    words = [*compiler.command, *flags, f"-DSTACK_TOP={ram + 0x8000:#x}", "-nostdlib", "-T", "image.ld"]
    done = process.run([*words, "image.c", "-o", "image.elf"], timeout_s=60, cwd=folder)
    assert done.exit_code == 0, done.output
    return folder / "image.elf"


def seen(machine: Machine, count: int = 8) -> list[int]:
    """Return the words that the image left in its array seen."""
    data = machine.read_memory(machine.image.symbols["seen"], 4 * count)
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, 4 * count, 4)]


def with_baud(name: str, baud: int) -> Board:
    """Return a board whose line runs at another speed than its firmware sets."""
    board = load_board(name)
    assert board.uart is not None
    return dataclasses.replace(board, uart=dataclasses.replace(board.uart, baud=baud))
