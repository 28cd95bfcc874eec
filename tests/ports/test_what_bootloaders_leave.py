# SPDX-License-Identifier: Apache-2.0
"""What a bootloader left switched on is off when the firmware runs; memory is guarded on the Cortex-M7."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.firmware_image import build_image

from toolkit.emulator.left import Left
from toolkit.emulator.machine import Machine, Stop
from toolkit.emulator.peripherals import cortex_m, nrf52, stm32f7
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.targets.board import load_board

UARTE, PWM, CLOCK, PPI = 0x40002000, 0x4001C000, 0x40000000, 0x4001F000
PENDING = 1 << 25 | 1 << 27


def machine_of(name: str, folder: Path) -> Machine:
    board = load_board(name)
    return Machine(build_image(board, "gcc", folder), board)


def boot(machine: Machine) -> None:
    said, stop = b"", Stop.OUTPUT
    while stop is Stop.OUTPUT:
        stop = machine.run(30_000_000, timeout_s=60)
        said += machine.line.collect()
    assert said == b"m-init-done\r\nm-ready\r\n"


def at(machine: Machine, address: int) -> Peripheral:
    for model in machine._models:
        if model.base == address:
            return model
    raise AssertionError(hex(address))


def test_the_nanos_uart_and_pwm_are_taken_over(tmp_path: Path) -> None:
    machine = machine_of("nano33ble", tmp_path)
    uarte, pwm = at(machine, UARTE), at(machine, PWM)
    old_buffer = 0x2003F000
    for offset, value in ((0x514, 42), (0x524, 0x01D60000), (0x534, old_buffer), (0x538, 64), (0x500, 8)):
        uarte.write(offset, 4, value)
    uarte.write(0x000, 4, 1)
    at(machine, PPI).write(0x504, 4, 1 << 7)
    pwm.write(0x560, 4, 13)
    pwm.write(0x500, 4, 1)

    boot(machine)

    assert pwm.read(0x500, 4) == 0
    assert [pwm.read(0x560 + 4 * n, 4) for n in range(4)] == [0xFFFFFFFF] * 4
    assert at(machine, PPI).read(0x500, 4) & 1 << 7 == 0
    before = machine.read_memory(old_buffer, 64)
    machine.line.offer(b"name%")
    machine.run(30_000_000, timeout_s=60)
    assert machine.line.collect() == b"m-name-dut-[nano33ble]\r\n"
    assert machine.read_memory(old_buffer, 64) == before


def test_the_nrfs_debug_port_stays_open(tmp_path: Path) -> None:
    machine = machine_of("nano33ble", tmp_path)
    boot(machine)
    # nRF52840 PS v1.7, Access port protection: APPROTECT.DISABLE = SwDisable
    assert machine._models.one(nrf52.Clock).read(0x558, 4) == 0x5A


def test_the_stm32s_uart_has_its_clock_from_pclk2_and_no_clock_interrupts(tmp_path: Path) -> None:
    machine = machine_of("stm32f746g_disco", tmp_path)
    rcc = machine._models.one(stm32f7.Rcc)
    rcc._find(0x90).value = 2  # HSI, as a system bootloader may choose it
    rcc._find(0x0C).value = 1 << 11
    boot(machine)
    assert (rcc.read(0x90, 4), rcc.read(0x0C, 4)) == (0, 0)


@pytest.mark.parametrize("name", ["nano33ble", "sparkfun_edge", "stm32f746g_disco"])
def test_pending_exceptions_and_lazy_stacking_are_as_after_reset(name: str, tmp_path: Path) -> None:
    machine = machine_of(name, tmp_path)
    system = machine._models.one(cortex_m.SystemControl)
    written: list[int] = []
    write = system.write

    def spy(offset: int, size: int, value: int) -> None:
        if offset == 0xD04:
            written.append(value)
        write(offset, size, value)

    system._find(0xF34).value = 0
    system.write = spy  # type: ignore[method-assign]
    boot(machine)
    assert written[0] & PENDING == PENDING
    assert system.read(0xF34, 4) == 0xC0000000


def test_the_cortex_m7_reads_nothing_ahead_from_external_memory(tmp_path: Path) -> None:
    machine = machine_of("stm32f746g_disco", tmp_path)
    boot(machine)
    system = machine._models.one(cortex_m.SystemControl)
    control, rbar, rasr = (system.read(offset, 4) for offset in (0xD94, 0xD9C, 0xDA0))
    assert control == 0b101  # enabled, what no region has keeps its default, off in HardFault
    assert (rbar, rasr & 1) == (0, 1)
    assert 1 << ((rasr >> 1 & 31) + 1) == 1 << 32
    eighths = [part for part in range(8) if not rasr >> 8 + part & 1]
    assert [part << 29 for part in eighths] == [0x60000000, 0x80000000, 0xA0000000, 0xC0000000]
    assert rasr >> 24 & 7 == 0, "access permission: none"
    assert rasr >> 16 & 0x3F == 0, "strongly ordered"
    assert rasr >> 28 & 1, "execute never"


@pytest.mark.parametrize("name", ["nano33ble", "sparkfun_edge"])
def test_the_mpu_stays_off_on_a_cortex_m4(name: str, tmp_path: Path) -> None:
    machine = machine_of(name, tmp_path)
    boot(machine)
    assert machine._models.one(cortex_m.SystemControl).read(0xD94, 4) == 0


@pytest.mark.parametrize("name", ["nano33ble", "sparkfun_edge", "stm32f746g_disco"])
def test_masks_stacks_and_waiting_exceptions_of_a_bootloader_do_no_harm(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    assert board.memory is not None
    ram = board.memory.ram
    systick, pendsv, some_interrupt = 15, 14, 16 + 5
    left = Left(
        primask=1,
        basepri=0x20,
        process_stack=ram.origin + ram.bytes // 2,
        enabled=(5, 7),
        pending=(systick, pendsv, some_interrupt),
    )
    machine = Machine(build_image(board, "gcc", tmp_path), board, left=left)
    boot(machine)
    machine.line.offer(b"name%")
    machine.run(30_000_000, timeout_s=60)
    assert machine.line.collect() == f"m-name-dut-[{name}]\r\n".encode()
