# SPDX-License-Identifier: Apache-2.0
"""How many Cortex-M4 instructions an element costs: a limit, so that it is seen when it grows."""

from __future__ import annotations

import io
import shutil
import struct
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from support.kernel_runner import KERNELS
from unicorn import UC_ARCH_ARM, UC_HOOK_CODE, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_R0,
    UC_ARM_REG_R1,
    UC_ARM_REG_R2,
    UC_ARM_REG_R3,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M4,
)

from toolkit import process

CODE, DATA, STACK, BACK = 0x10000, 0x20000000, 0x20030000, 0x8000
FLAGS = ("-std=c99", "-O2", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
LINK = ("-ffreestanding", "-nostdlib", f"-Wl,-Ttext={CODE:#x}")
ELEMENTS = 512
ADD_PARAMS = (3, -5, 1 << 30, 2, 1 << 30, 19, 7, -128, 127)
MUL_PARAMS = (3, -5, 1 << 30, 1, 6, 7, -128, 127)
SUB_PARAMS = (3, 1 << 19, -5, -1, 1 << 30, 2, 1 << 30, 19, 7, -128, 127)
PRELU_PARAMS = (3, -5, 1 << 30, 0, 1 << 30, -6, 7)
COMPARE_PARAMS = (1, 3, 1 << 30, -2, -5, 1 << 30, -1)
DIV_PARAMS = (3, -5, 1 << 30, 8, 7, -128, 127)
# A row of 512, both operands walk; two rows of 256, over which the second stands still.
PLAN = (1, ELEMENTS // 2, 1, 1, 2, ELEMENTS // 2, 0)


def program(kernel: str, folder: Path) -> tuple[bytes, int]:
    """The linked code of a kernel, and where it starts."""
    compiler = shutil.which("arm-none-eabi-gcc")
    if compiler is None:
        pytest.skip("arm-none-eabi-gcc is missing: apt install gcc-arm-none-eabi")
    target = folder / "kernel.elf"
    command = [compiler, *FLAGS, *LINK, f"-Wl,-e,{kernel}", KERNELS / f"{kernel}.c", "-o", target]
    done = process.run([str(word) for word in command], timeout_s=60)
    assert done.exit_code == 0, done.output
    elf = ELFFile(io.BytesIO(target.read_bytes()))
    return elf.get_section_by_name(".text").data(), elf["e_entry"]


def count_instructions(kernel: str, blocks: list[bytes], folder: Path) -> int:
    """Run kernel(blocks...) on an emulated Cortex-M4 and return the instructions it took."""
    code, entry = program(kernel, folder)
    machine = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
    machine.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M4)
    machine.mem_map(0, 0x20000)
    machine.mem_map(DATA, 0x40000)
    machine.mem_write(CODE, code)
    places = [DATA + 0x4000 * number for number in range(len(blocks))]
    for place, block in zip(places, blocks, strict=True):
        machine.mem_write(place, block)
    registers = (UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3)
    for register, place in zip(registers, places, strict=False):
        machine.reg_write(register, place)
    machine.mem_write(STACK, b"".join(struct.pack("<I", place) for place in places[4:]))
    machine.reg_write(UC_ARM_REG_SP, STACK)
    machine.reg_write(UC_ARM_REG_LR, BACK | 1)
    counted = [0]

    def count(*_: object) -> None:
        counted[0] += 1

    machine.hook_add(UC_HOOK_CODE, count, begin=CODE, end=CODE + len(code))
    machine.emu_start(entry | 1, BACK, timeout=20_000_000)
    assert counted[0] > ELEMENTS
    return counted[0]


def words(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}i", *numbers)


NUMBERS = bytes(number % 256 for number in range(ELEMENTS))
OUT = bytes(4 * ELEMENTS)


@pytest.mark.parametrize(
    ("kernel", "blocks", "limit"),
    [
        ("tm_add_s8", [words(ELEMENTS, *ADD_PARAMS), NUMBERS, NUMBERS, OUT], 32),
        ("tm_add_broadcast_s8", [words(ELEMENTS, *ADD_PARAMS), NUMBERS, NUMBERS, words(*PLAN), OUT], 38),
        ("tm_mul_s8", [words(ELEMENTS, *MUL_PARAMS), NUMBERS, NUMBERS, OUT], 29),
        ("tm_mul_broadcast_s8", [words(ELEMENTS, *MUL_PARAMS), NUMBERS, NUMBERS, words(*PLAN), OUT], 33),
        ("tm_sub_s8", [words(*SUB_PARAMS), NUMBERS, NUMBERS, words(*PLAN), OUT], 40),
        ("tm_extreme_s8", [words(-1), NUMBERS, NUMBERS, words(*PLAN), OUT], 13),
        ("tm_prelu_s8", [words(*PRELU_PARAMS), NUMBERS, NUMBERS, words(*PLAN), OUT], 38),
        ("tm_compare_s8", [words(*COMPARE_PARAMS), NUMBERS, NUMBERS, words(*PLAN), OUT], 58),
        ("tm_div_s8", [words(*DIV_PARAMS), NUMBERS, NUMBERS, words(*PLAN), OUT], 170),
        ("tm_lookup_s8", [words(ELEMENTS), NUMBERS, bytes(256), OUT], 6),
        (
            "tm_softmax_s8",
            [words(1, ELEMENTS, 256), NUMBERS, words(*(2**31 - 1 >> i // 8 for i in range(256))), OUT],
            50,
        ),
        ("tm_softmax_small_s8", [words(1, ELEMENTS, 256, 1677721600, 22), NUMBERS, OUT], 310),
        ("tm_quantize_s8", [words(ELEMENTS) + struct.pack("<fi", 0.5, 3), OUT, OUT], 35),
        ("tm_dequantize_s8", [words(ELEMENTS) + struct.pack("<fi", 0.5, 3), NUMBERS, OUT], 9),
    ],
)
def test_an_element_costs_no_more_instructions_than_known(
    kernel: str, blocks: list[bytes], limit: float, tmp_path: Path
) -> None:
    assert count_instructions(kernel, blocks, tmp_path) / ELEMENTS <= limit
