# SPDX-License-Identifier: Apache-2.0
"""The models behave as the hardware where the ports rely on it, and name what would not work."""

from __future__ import annotations

import dataclasses

import pytest
from support.bench import RAM, Bench
from support.firmware_image import build_image
from support.small_image import with_baud

from toolkit.emulator.error import EmulationError, UnknownRegisterError, WrongUseError
from toolkit.emulator.led import Led, LedChange
from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals import apollo3, nrf52, stm32f7
from toolkit.emulator.peripherals.peripheral import Peripheral, Settling
from toolkit.emulator.peripherals.registry import make_peripheral
from toolkit.emulator.serial_line import IDLE_POLLS, SerialLine
from toolkit.errors import InputError
from toolkit.targets.board import Peripheral as Spec
from toolkit.targets.board import load_board

UARTE, TIMER, PPI = 0x40002000, 0x40009000, 0x4001F000


def _nrf_uart() -> Bench:
    bench = Bench("nano33ble")
    for offset, value in ((0x50C, 35), (0x514, 42), (0x524, 0x01D60000), (0x534, RAM), (0x538, 4)):
        bench.write(UARTE + offset, value)
    for offset, value in ((0x544, RAM + 64), (0x548, 3), (0x200, 0x20), (0x500, 8)):
        bench.write(UARTE + offset, value)
    return bench


def test_uarte_sends_from_ram_and_takes_the_time_of_the_bytes() -> None:
    bench = _nrf_uart()
    bench.memory[64:67] = b"ab\n"
    bench.write(UARTE + 0x304, 1 << 8)
    bench.write(UARTE + 0x008, 1)
    bench.wait(2.9)
    assert (bench.read(UARTE + 0x120), bench.line.collect(), bench.has_interrupt(2)) == (0, b"", False)
    bench.wait(0.2)
    assert (bench.read(UARTE + 0x120), bench.line.collect(), bench.has_interrupt(2)) == (1, b"ab\n", True)
    bench.write(UARTE + 0x120, 0)
    assert (bench.read(UARTE + 0x120), bench.has_interrupt(2)) == (0, False)
    bench.write(UARTE + 0x00C, 1)
    bench.wait(0.1)
    assert bench.read(UARTE + 0x158) == 1


def test_uarte_fills_a_ring_and_ppi_counts_the_bytes() -> None:
    bench = _nrf_uart()
    for offset, value in ((0x504, 2), (0x508, 3), (0x000, 1)):
        bench.write(TIMER + offset, value)
    for offset, value in ((0x510, UARTE + 0x108), (0x514, TIMER + 0x008), (0x504, 1)):
        bench.write(PPI + offset, value)
    bench.write(UARTE, 1)
    bench.line.offer(b"012345")
    bench.wait(3.01)
    bench.write(TIMER + 0x040, 1)
    assert bench.read(TIMER + 0x540) == 3
    bench.wait(3)
    bench.write(TIMER + 0x040, 1)
    assert bench.read(TIMER + 0x540) == 6
    assert bytes(bench.memory[:4]) == b"4523"
    bench.write(TIMER + 0x00C, 1)
    bench.write(TIMER + 0x004, 1)
    bench.line.offer(b"x")
    bench.wait(2)
    bench.write(TIMER + 0x040, 1)
    assert bench.read(TIMER + 0x540) == 0


def test_uarte_keeps_four_bytes_without_a_buffer_and_loses_the_fifth() -> None:
    bench = _nrf_uart()
    bench.write(UARTE + 0x200, 0)
    bench.write(UARTE + 0x304, 1 << 9)
    bench.write(UARTE, 1)
    bench.write(UARTE + 0x534, RAM + 8)  # the next buffer; the one that is filled stays (PS 6.34.3)
    bench.line.offer(b"012345678")
    bench.wait(8.1)
    assert (bench.read(UARTE + 0x110), bench.read(UARTE + 0x53C)) == (1, 4)
    assert bytes(bench.memory[:4]) == b"0123"
    assert not bench.has_interrupt(2)
    bench.wait(1)
    assert (bench.read(UARTE + 0x124), bench.read(UARTE + 0x480), bench.has_interrupt(2)) == (1, 1, True)
    bench.write(UARTE + 0x480, 1)
    bench.write(UARTE + 0x124, 0)
    assert (bench.read(UARTE + 0x480), bench.has_interrupt(2)) == (0, False)
    bench.write(UARTE + 0x110, 0)
    bench.write(UARTE, 1)
    assert (bench.read(UARTE + 0x110), bytes(bench.memory[8:12])) == (1, b"4567")


def test_uarte_takes_one_byte_after_the_other_with_a_buffer_of_one() -> None:
    bench = _nrf_uart()
    bench.write(UARTE + 0x200, 0)
    bench.write(UARTE + 0x538, 1)
    bench.write(UARTE + 0x304, 1 << 4)
    bench.write(UARTE, 1)
    bench.line.offer(b"abc")
    taken = b""
    for _ in range(3):
        bench.wait(1.01)
        assert bench.has_interrupt(2) and bench.read(UARTE + 0x53C) == 1
        taken += bytes(bench.memory[:1])
        bench.write(UARTE + 0x110, 0)
        assert not bench.has_interrupt(2)
        bench.write(UARTE, 1)
    assert taken == b"abc"


@pytest.mark.parametrize(("bad_bytes", "ready", "stored"), [(0, 0, 0), (1, 1, 0), (2, 1, 1)])
def test_uarte_tells_bad_frames_and_breaks_by_error(bad_bytes: int, ready: int, stored: int) -> None:
    bench = _nrf_uart()
    uarte = bench.models.one(nrf52.Uarte)
    uarte.settings = {**uarte.settings, "bad_bytes": bad_bytes}
    bench.memory[:3] = bytes(3)
    bench.write(UARTE, 1)
    bench.line.offer_bad(0x41)
    bench.wait(1.01)
    found = (bench.read(UARTE + 0x124), bench.read(UARTE + 0x480), bench.read(UARTE + 0x108))
    assert (found, bench.memory[0]) == ((1, 4, ready), 0x41 * stored)
    bench.write(UARTE + 0x480, 4)
    bench.line.offer_break()
    bench.wait(1.01)
    assert bench.read(UARTE + 0x480) == 0xC
    bench.line.offer(b"z")
    bench.wait(1.01)
    assert bench.memory[2 * stored] == ord("z")


def test_uarte_stops_after_a_while_ends_its_buffer_first_and_gives_up_what_is_in_its_fifo() -> None:
    bench = _nrf_uart()
    bench.write(UARTE + 0x200, 0)
    bench.write(UARTE, 1)
    bench.line.offer(b"ab")
    bench.wait(2.01)
    bench.write(UARTE + 0x004, 1)
    assert [bench.read(UARTE + offset) for offset in (0x110, 0x144)] == [0, 0]
    bench.wait(5.01)
    assert [bench.read(UARTE + offset) for offset in (0x110, 0x144, 0x53C)] == [1, 1, 2]
    bench.line.offer(b"c")
    bench.wait(2)
    assert bench.read(UARTE + 0x108) == 1 and bytes(bench.memory[:3]) == b"ab\0"
    bench.write(UARTE, 1)
    bench.line.offer(b"0123ef")
    bench.wait(6.1)
    bench.write(UARTE + 0x534, RAM + 16)
    bench.write(UARTE + 0x02C, 1)
    assert (bench.read(UARTE + 0x53C), bytes(bench.memory[16:18])) == (2, b"ef")


@pytest.mark.parametrize(
    ("address", "value", "words"),
    [
        (UARTE + 0x500, 0, "while ENABLE is 0"),
        (UARTE + 0x50C, 7, "not on the board's TX pin"),
        (UARTE + 0x56C, 0x10, "two stop bits"),
        (UARTE + 0x524, 0x00275000, "9,598 baud"),
        (UARTE + 0x544, 0x10000, "reaches RAM only"),
    ],
)
def test_uarte_refuses_to_send_what_nobody_could_read(address, value, words) -> None:
    bench = _nrf_uart()
    bench.write(address, value)
    with pytest.raises(WrongUseError, match=words):
        bench.write(UARTE + 0x008, 1)


def test_ppi_into_nowhere_and_counting_in_timer_mode_are_refused() -> None:
    bench = _nrf_uart()
    with pytest.raises(WrongUseError, match="not in counter mode"):
        bench.write(TIMER + 0x008, 1)
    for offset, value in ((0x510, 0x123), (0x514, 0x30000000), (0x504, 1)):
        bench.write(PPI + offset, value)
    with pytest.raises(WrongUseError, match="nothing is there"):
        bench.models.one(nrf52.Ppi).event(0x123)
    bench.write(PPI + 0x508, 1)
    assert bench.read(PPI + 0x500) == 0
    bench.models.one(nrf52.Ppi).event(0x123)


def test_the_nrf_crystal_takes_a_while_and_can_be_stopped() -> None:
    bench = Bench("nano33ble")
    assert bench.read(0x4000040C) == 0x10000
    bench.write(0x40000000, 1)
    assert [bench.read(0x4000040C) & 1 for _ in range(5)] == [0, 0, 0, 1, 1]
    assert bench.read(0x40000100) == 1
    bench.write(0x40000004, 1)
    assert bench.read(0x4000040C) == 0x10000


def test_the_nrf_led_shows_only_once_its_pin_is_an_output() -> None:
    bench = Bench("nano33ble")
    p0 = 0x50000000
    bench.write(p0 + 0x508, 1 << 13)
    assert not bench.led.lit
    bench.write(p0 + 0x518, 1 << 13)
    assert bench.led.changes == [LedChange(5, 1.0)]
    bench.write(p0 + 0x50C, 1 << 13)
    assert not bench.led.lit
    bench.write(p0 + 0x504, 1 << 13)
    assert bench.led.lit
    assert bench.read(p0 + 0x510) == 0  # PIN_CNF after reset: the input is not connected
    bench.write(p0 + 0x700 + 4 * 13, 1)
    assert bench.read(p0 + 0x510) == 1 << 13
    bench.write(p0 + 0x51C, 1 << 13)
    bench.write(p0 + 0x504, 0)
    assert bench.led.lit
    bench.write(p0 + 0x514, 1 << 13)
    assert not bench.led.lit
    assert [bench.read(p0 + offset) for offset in (0x508, 0x50C, 0x518, 0x51C)] == [0, 0, 1 << 13, 1 << 13]


GPIO, UART, PWRCTRL = 0x40010000, 0x4001C000, 0x40021000


def _apollo_uart(pads: bool = True) -> Bench:
    bench = Bench("sparkfun_edge")
    bench.write(PWRCTRL + 8, 1 << 7)
    while not bench.read(PWRCTRL + 0x18):
        pass
    if pads:
        bench.write(GPIO + 0x60, 0x73)
        bench.write(GPIO + 48, 0x0200, size=2)
    for offset, value in ((0x030, 0x18), (0x024, 13), (0x028, 1), (0x02C, 0x70), (0x030, 0x319)):
        bench.write(UART + offset, value)
    return bench


def test_the_apollo_uart_sends_and_receives() -> None:
    bench = _apollo_uart()
    assert bench.read(UART) == 0
    bench.write(UART, ord("\n"))
    flags = bench.read(UART + 0x18)
    assert flags & 0x28 == 8  # busy, but not full
    bench.wait(1.01)
    assert bench.read(UART + 0x18) & 0x28 == 0
    assert bench.line.collect() == b"\n"
    assert bench.read(UART + 0x18) & 0x10
    bench.line.offer(b"z")
    bench.wait(1.01)
    assert not bench.read(UART + 0x18) & 0x10
    assert bench.read(UART) == ord("z")
    assert bench.read(UART + 0x044) == 0


def test_the_apollo_uart_sends_32_bytes_beside_the_one_on_the_line() -> None:
    bench = _apollo_uart()
    for _ in range(33):
        assert not bench.read(UART + 0x18) & 0x20
        bench.write(UART, ord("a"))
    assert bench.read(UART + 0x18) & 0x20
    with pytest.raises(WrongUseError, match="TXFF"):
        bench.write(UART, ord("a"))
    bench.wait(1.01)
    assert not bench.read(UART + 0x18) & 0x20


def test_the_apollo_uart_loses_the_33rd_byte_and_the_next_one_that_comes_tells() -> None:
    bench = _apollo_uart()
    bench.write(UART + 0x038, 1 << 10)
    bench.line.offer(bytes(range(32)) + b"xy")
    bench.wait(32.1)
    assert bench.read(UART + 0x18) & 0x40 and not bench.has_interrupt(15)
    bench.wait(2)
    assert bench.read(UART + 0x04) & 8 and bench.has_interrupt(15)
    assert [bench.read(UART) for _ in range(32)] == list(range(32))
    bench.line.offer(b"z!")
    bench.wait(2.1)
    assert [bench.read(UART), bench.read(UART)] == [ord("z") | 1 << 11, ord("!")]


def test_the_apollo_uart_has_errors_beside_their_byte() -> None:
    bench = _apollo_uart()
    bench.line.offer(b"a")
    bench.line.offer_bad(0x62)
    bench.line.offer_break()
    bench.wait(3.1)
    assert [bench.read(UART) for _ in range(3)] == [0x61, 0x162, 0x500]


def test_the_apollo_uarts_interrupts_come_at_the_level_and_after_32_bits_of_silence() -> None:
    bench = _apollo_uart()
    bench.write(UART + 0x034, 0)  # an eighth: 4 bytes
    bench.write(UART + 0x038, 0x50)
    bench.line.offer(b"abcd")
    bench.wait(3.1)
    assert not bench.has_interrupt(15)
    bench.wait(1)
    assert bench.has_interrupt(15) and bench.read(UART + 0x040) == 0x10
    assert bench.read(UART) == ord("a")
    assert not bench.has_interrupt(15)
    bench.wait(3.3)
    assert bench.has_interrupt(15) and bench.read(UART + 0x040) == 0x40
    bench.write(UART + 0x044, 0x7FF)
    assert not bench.has_interrupt(15)
    assert [bench.read(UART) for _ in range(3)] == [ord(x) for x in "bcd"]


@pytest.mark.parametrize(
    ("address", "value", "words"),
    [
        (UART + 0x030, 0x318, "does not enable sending"),
        (UART + 0x030, 0x311, "set to 0 baud"),
        (UART + 0x02C, 0x60 | 0x08, "not set to 8N1"),
        (GPIO + 48, 0x1818, "pad 49 is not set to UART0's RX"),
    ],
)
def test_the_apollo_uart_refuses_to_send_what_nobody_could_read(address, value, words) -> None:
    bench = _apollo_uart()
    bench.write(address, value)
    with pytest.raises(WrongUseError, match=words):
        bench.write(UART, 1)


def test_the_apollo_takes_no_settings_without_keys_and_power() -> None:
    bench = Bench("sparkfun_edge")
    with pytest.raises(WrongUseError, match="0x73"):
        bench.write(GPIO + 48, 0)
    with pytest.raises(WrongUseError, match="0x47"):
        bench.write(0x40004018, 0)
    bench.write(0x40004014, 0x47)
    bench.write(0x40004018, 0)
    for access in (lambda: bench.read(UART + 0x18), lambda: bench.write(UART + 0x30, 0)):
        with pytest.raises(WrongUseError, match="before PWRCTRL"):
            access()
    bench.write(PWRCTRL + 8, 1 << 7)
    bench.write(PWRCTRL + 8, 0)
    assert not bench.models.one(apollo3.Pwrctrl).has_power(7)
    cache = 0x40018008
    while not bench.read(cache):
        pass
    bench.write(cache, 1)
    assert bench.read(cache) == 0


def test_the_apollo_leds_are_a_bar_whose_brightness_is_the_share_of_those_that_are_lit() -> None:
    bench = Bench("sparkfun_edge")
    bench.write(GPIO + 0x094, 1 << (46 - 32))
    assert not bench.led.lit
    bench.write(GPIO + 0x060, 0x73)
    bench.write(GPIO + 46, 0x18, size=1)
    bench.write(GPIO + 0x054, 2 << 24)
    bench.write(GPIO + 44, 0x18, size=1)
    bench.write(GPIO + 0x054, 2 << 24 | 2 << 16)
    bench.write(GPIO + 0x094, 1 << (46 - 32))
    assert bench.led.lit == 0.5
    bench.write(GPIO + 0x094, 1 << (44 - 32))
    assert bench.led.lit == 1.0
    bench.write(GPIO + 0x09C, 1 << (46 - 32) | 1 << (44 - 32))
    assert not bench.led.lit


RCC, PWR, FLASH, USART, DMA, GPIOA, GPIOB = (
    0x40023800,
    0x40007000,
    0x40023C00,
    0x40011000,
    0x40026400,
    0x40020000,
    0x40020400,
)


def _stm32_uart() -> Bench:
    bench = Bench("stm32f746g_disco")
    bench.write(RCC + 0x30, 1 << 0 | 1 << 1 | 1 << 8 | 1 << 22)
    bench.write(RCC + 0x44, 1 << 4)
    bench.write(GPIOA, 2 << 18)
    bench.write(GPIOA + 0x24, 7 << 4)
    bench.write(GPIOB, 2 << 14)
    bench.write(GPIOB + 0x20, 7 << 28)
    bench.write(USART + 0x0C, 16_000_000 // 115200)
    bench.write(USART, 0xD)
    return bench


RDR, TDR, ISR, ICR = USART + 0x24, USART + 0x28, USART + 0x1C, USART + 0x20


def test_the_stm32_usart_sends_one_byte_and_holds_another() -> None:
    bench = _stm32_uart()
    assert bench.read(ISR) & 0xC0 == 0xC0
    bench.write(TDR, ord("a"))
    assert bench.read(ISR) & 0xC0 == 0x80
    bench.write(TDR, ord("\n"))
    assert bench.read(ISR) & 0xC0 == 0
    with pytest.raises(WrongUseError, match="before TXE is set"):
        bench.write(TDR, ord("b"))
    bench.wait(1.01)
    assert bench.read(ISR) & 0xC0 == 0x80
    assert bench.line.collect() == b""
    bench.wait(1)
    assert bench.read(ISR) & 0xC0 == 0xC0
    assert bench.line.collect() == b"a\n"


def test_the_stm32_usart_receives_by_interrupt_and_tells_what_it_loses() -> None:
    bench = _stm32_uart()
    bench.write(USART, 0x2D)
    bench.line.offer(b"xyz")
    bench.wait(1.01)
    assert (bench.read(ISR) & 0x2F, bench.has_interrupt(37)) == (0x20, True)
    bench.wait(1)
    assert bench.read(ISR) & 0x2F == 0x28
    assert bench.read(RDR) == ord("x")
    assert (bench.read(ISR) & 0x2F, bench.has_interrupt(37)) == (0x08, True)
    bench.write(ICR, 8)
    assert (bench.read(ISR) & 0x2F, bench.has_interrupt(37)) == (0, False)
    bench.wait(1)
    assert bench.read(RDR) == ord("z")


def test_the_stm32_usart_without_overruns_keeps_the_newest_byte() -> None:
    bench = _stm32_uart()
    bench.write(USART + 0x08, 1 << 12)
    bench.line.offer(b"xy")
    bench.wait(2.01)
    assert (bench.read(ISR) & 0x2F, bench.read(RDR)) == (0x20, ord("y"))


@pytest.mark.parametrize(
    ("kind", "flags", "byte"), [("framing", 2, 0x41), ("noise", 4, 0x41), ("break", 2, 0)]
)
def test_the_stm32_usart_tells_what_is_wrong_with_the_byte_in_rdr(kind: str, flags: int, byte: int) -> None:
    bench = _stm32_uart()
    bench.write(USART + 0x08, 1)
    if kind == "break":
        bench.line.offer_break()
    else:
        bench.line.offer_bad(0x41, framing=kind == "framing", noise=kind == "noise")
    bench.wait(1.01)
    assert (bench.read(ISR) & 0x2F, bench.read(RDR), bench.has_interrupt(37)) == (0x20 | flags, byte, True)
    bench.write(ICR, flags)
    assert (bench.read(ISR) & 0x2F, bench.has_interrupt(37)) == (0, False)


def test_the_stm32_dma_writes_input_into_a_ring() -> None:
    bench = _stm32_uart()
    bench.write(USART + 0x08, 1 << 6)
    for offset, value in ((0x48, USART + 0x24), (0x4C, RAM), (0x44, 2), (0x40, 0x101)):
        bench.write(DMA + offset, value)
    bench.line.offer(b"abc")
    left = []
    for _ in range(4):
        bench.wait(1.01)
        left.append(bench.read(DMA + 0x44))
    assert left == [1, 2, 1, 1]
    assert bytes(bench.memory[:2]) == b"cb"
    bench.write(DMA + 0x40, 0x100)
    bench.write(DMA + 0x40, 0x001)
    bench.line.offer(b"XYZ")
    bench.wait(3.01)
    assert bench.read(DMA + 0x44) == 2
    assert (bytes(bench.memory[:2]), bench.read(RDR)) == (b"XY", ord("Z"))


def test_whoever_talks_waits_for_the_receiver_once_and_not_again() -> None:
    bench = _stm32_uart()
    bench.write(USART, 0)
    fresh = Bench("stm32f746g_disco")
    fresh.line.offer(b"early")
    fresh.wait(10)
    assert fresh.line._coming  # nobody has listened yet
    bench.line.offer(b"x")
    bench.wait(2)
    bench.write(USART, 0xD)
    assert bench.read(ISR) & 0x20 == 0


@pytest.mark.parametrize(
    ("address", "value", "words"),
    [
        (USART, 0, "does not enable sending"),
        (USART + 0x0C, 100, "160,000 baud"),
        (USART + 0x0C, 0, "set to 0 baud"),
        (USART + 0x04, 0x2000, "not set to 8N1"),
        (GPIOA, 0, "PA9 is not set to USART1's TX"),
        (GPIOB + 0x20, 0, "PB7 is not set to USART1's RX"),
        (RCC + 0x44, 0, "before RCC.APB2ENR"),
    ],
)
def test_the_stm32_usart_refuses_to_send_what_nobody_could_read(address, value, words) -> None:
    bench = _stm32_uart()
    bench.write(address, value)
    with pytest.raises(WrongUseError, match=words):
        bench.write(USART + 0x28, 1)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (GPIOA, "GPIOA is used before RCC.AHB1ENR"),
        (DMA + 0x40, "DMA2 is used before RCC.AHB1ENR"),
        (PWR, "PWR is used before RCC.APB1ENR"),
    ],
)
def test_the_stm32_needs_clocks_before_anything(address, words) -> None:
    bench = Bench("stm32f746g_disco")
    with pytest.raises(WrongUseError, match=words):
        bench.write(address, 1)


def test_the_stm32_clock_must_suit_flash_and_regulator() -> None:
    bench = Bench("stm32f746g_disco")
    rcc = bench.models.one(stm32f7.Rcc)
    assert (rcc.system_hz(), rcc.uart_hz()) == (16e6, 16e6)
    bench.write(RCC + 0x04, 25 | 432 << 6 | 1 << 22 | 9 << 24)
    with pytest.raises(WrongUseError, match="not ready yet"):
        bench.write(RCC + 0x08, 2)
    bench.write(RCC + 0x08, 0)
    bench.write(RCC, 1 << 16 | 1 << 24)
    while bench.read(RCC) & 0x02020000 != 0x02020000:
        pass
    with pytest.raises(WrongUseError, match="0 wait states"):
        bench.write(RCC + 0x08, 2)
    bench.write(RCC + 0x08, 0)
    bench.write(FLASH, 7)
    with pytest.raises(WrongUseError, match="over-drive"):
        bench.write(RCC + 0x08, 2)
    bench.write(RCC + 0x08, 0)
    bench.write(RCC + 0x40, 1 << 28)
    with pytest.raises(WrongUseError, match="before it is ready"):
        bench.write(PWR, 3 << 16)
    while bench.read(PWR + 4) >> 16 & 1 == 0:
        pass
    bench.write(PWR, 3 << 16)
    while bench.read(PWR + 4) >> 17 & 1 == 0:
        pass
    bench.write(RCC + 0x08, 2 | 4 << 13 | 8 << 4)
    assert (rcc.system_hz(), rcc.uart_hz()) == (216e6, 54e6)
    assert [bench.read(RCC + 0x08) & 0xC for _ in range(2)] == [0, 8]
    bench.write(RCC + 0x08, 1)
    assert rcc.system_hz() == 25e6
    bench.write(RCC, 0)


def test_the_stm32_led_and_inputs() -> None:
    bench = Bench("stm32f746g_disco")
    port_i = 0x40022000
    bench.write(RCC + 0x30, 1 << 8)
    bench.write(port_i + 0x18, 2)
    assert not bench.led.lit
    bench.write(port_i, 1 << 2)
    assert bench.led.lit
    assert bench.read(port_i + 0x10) == 2
    bench.write(port_i + 0x18, 2 << 16)
    assert not bench.led.lit
    with pytest.raises(WrongUseError, match="no GPIO port C"):
        bench.models.one(stm32f7.Usart)._port(2)


def test_brightness_is_the_share_of_time_that_the_led_was_on() -> None:
    led = Led()
    assert led.brightness(5, 5) == 0.0
    for at, is_on in ((10, True), (15, False), (15, False), (30, True)):
        led.set(is_on, at)
    assert len(led.changes) == 3
    assert led.brightness(0, 20) == 0.25
    assert led.brightness(12, 14) == 1.0
    assert led.brightness(30, 40) == 1.0
    assert led.brightness(20, 28) == 0.0
    assert led.brightness(99, 99) == 1.0


def test_a_wrong_name_of_a_model_is_answered_with_the_nearest() -> None:
    bench = Bench("nano33ble")
    with pytest.raises(InputError, match="Did you mean nrf52_uarte"):
        make_peripheral(bench.system, Spec("nrf52_uart", 0x40002000))
    with pytest.raises(InputError, match="no peripheral of the kind Rcc"):
        bench.models.one(stm32f7.Rcc)
    with pytest.raises(UnknownRegisterError, match="0xffc"):
        bench.read(UARTE + 0xFFC)
    with pytest.raises(NotImplementedError):
        Peripheral(bench.system, Spec("none", 0))


def test_settling_needs_a_start() -> None:
    settling = Settling(2)
    assert not settling.look()
    settling.start()
    settling.start()
    assert (settling.look(), settling.look(), settling.is_done) == (False, True, True)


def test_a_line_that_nobody_talks_on_is_idle_again_and_again() -> None:
    line, idle = SerialLine(115200), []
    line.on_idle = lambda: idle.append(1)
    for _ in range(2 * IDLE_POLLS):
        assert line.take() == b""
    assert len(idle) == 2
    line.send(b"no end")
    line.send(b"\r\n")
    assert line.tail_line() == "no end"
    assert line.collect() == b"no end\r\n"
    assert SerialLine(9600).tail_line() == ""


@pytest.mark.parametrize("name", ["nano33ble", "sparkfun_edge", "stm32f746g_disco"])
def test_a_firmware_at_another_speed_than_the_line_is_told_so(name, tmp_path) -> None:
    elf = build_image(load_board(name), "gcc", tmp_path)
    machine = Machine(elf, with_baud(name, 57600))
    with pytest.raises(
        EmulationError, match=r"is set to 11\d,\d\d\d baud; the board's line runs at 57,600 baud"
    ):
        machine.run(10_000_000)


def test_an_led_that_is_lit_when_low_is_shown_as_lit() -> None:
    bench = Bench("nano33ble")
    assert bench.board.led is not None
    low = dataclasses.replace(bench.board, led=dataclasses.replace(bench.board.led, active_low=True))
    system = dataclasses.replace(bench.system, board=low)
    system.set_led(False)
    assert bench.led.lit


@pytest.mark.parametrize(
    ("board", "model", "settings", "words"),
    [
        ("nano33ble", "nrf52_uarte", {"tx": 35}, "rx is missing"),
        ("nano33ble", "nrf52_uarte", {}, "tx, rx are missing"),
        ("nano33ble", "nrf52_gpio", {"lead": 13}, "'lead' is not known; there are led"),
        ("nano33ble", "nrf52_gpio", {"led": 32}, "led = 32 must be from 0 to 31"),
        ("nano33ble", "nrf52_ppi", {"led": 3}, "'led' is not known; it has none"),
        ("sparkfun_edge", "apollo3_uart", {"tx": 48, "rx": 49, "tx_function": 0}, "rx_function is missing"),
        ("stm32f746g_disco", "stm32f7_rcc", {"hse_hz": 0}, "hse_hz = 0 must be from 1 to 26000000"),
        ("nano33ble", "template_gpio", {}, "led is missing"),
    ],
)
def test_settings_of_a_peripheral_that_cannot_be_are_the_board_files_error(
    board: str, model: str, settings: dict[str, int], words: str
) -> None:
    with pytest.raises(InputError, match=rf"boards/{board}.toml: settings of {model}: {words}"):
        make_peripheral(Bench(board).system, Spec(model, 0x4000_0000, settings=settings))


@pytest.mark.parametrize(("base", "size"), [(-4, 4), (0x4000_0000, 0), (0x4000_0000, 1 << 40), (1 << 32, 4)])
def test_a_peripheral_beyond_32_bits_is_refused(base: int, size: int) -> None:
    with pytest.raises(ValueError, match="of nrf52_ppi"):
        Spec("nrf52_ppi", base, size)
