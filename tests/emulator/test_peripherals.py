# SPDX-License-Identifier: Apache-2.0
"""The models behave as the hardware where the ports rely on it, and name what would not work."""

from __future__ import annotations

import dataclasses

import pytest
from support.firmware_image import build_image
from support.small_image import with_baud

from toolkit.emulator.error import EmulationError, UnknownRegisterError, WrongUseError
from toolkit.emulator.led import Led, LedChange
from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals import apollo3, nrf52, stm32f7
from toolkit.emulator.peripherals.peripheral import Models, Peripheral, Settling, System
from toolkit.emulator.peripherals.registry import make_peripheral
from toolkit.emulator.serial_line import IDLE_POLLS, SerialLine
from toolkit.errors import InputError
from toolkit.targets.board import Peripheral as Spec
from toolkit.targets.board import load_board

RAM = 0x20000000


class Bench:
    """All peripherals of a board without a CPU; memory is a plain array at RAM."""

    def __init__(self, name: str) -> None:
        self.board = load_board(name)
        self.line, self.led, self.memory = SerialLine(115200), Led(), bytearray(256)
        self.models = Models()
        system = System(
            self.board, self.line, self.led, lambda: 5, lambda: 5, self._read, self._write, self.models
        )
        assert self.board.emulation is not None
        for spec in self.board.emulation.peripherals:
            self.models.add(make_peripheral(system, spec))
        self.system = system

    def _read(self, address: int, size: int) -> bytes:
        return bytes(self.memory[address - RAM : address - RAM + size])

    def _write(self, address: int, data: bytes) -> None:
        self.memory[address - RAM : address - RAM + len(data)] = data

    def write(self, address: int, value: int, size: int = 4) -> None:
        model = self._model(address)
        model.write(address - model.base, size, value)

    def read(self, address: int, size: int = 4) -> int:
        model = self._model(address)
        return model.read(address - model.base, size)

    def _model(self, address: int) -> Peripheral:
        model = self.models.at(address)
        assert model is not None
        return model


UARTE, TIMER, PPI = 0x40002000, 0x40009000, 0x4001F000


def _nrf_uart() -> Bench:
    bench = Bench("nano33ble")
    for offset, value in ((0x50C, 35), (0x514, 42), (0x524, 0x01D60000), (0x534, RAM), (0x538, 4)):
        bench.write(UARTE + offset, value)
    for offset, value in ((0x544, RAM + 64), (0x548, 3), (0x200, 0x20), (0x500, 8)):
        bench.write(UARTE + offset, value)
    return bench


def test_uarte_sends_from_ram_and_takes_a_while() -> None:
    bench = _nrf_uart()
    bench.memory[64:67] = b"abc"
    bench.write(UARTE + 0x008, 1)
    assert bench.line.collect() == b"abc"
    assert [bench.read(UARTE + 0x120) for _ in range(2)] == [0, 1]
    bench.write(UARTE + 0x120, 0)
    assert bench.read(UARTE + 0x120) == 0
    bench.write(UARTE + 0x00C, 1)
    assert [bench.read(UARTE + 0x158) for _ in range(2)] == [0, 1]


def test_uarte_fills_a_ring_and_ppi_counts_the_bytes() -> None:
    bench = _nrf_uart()
    for offset, value in ((0x504, 2), (0x508, 3), (0x000, 1)):
        bench.write(TIMER + offset, value)
    for offset, value in ((0x510, UARTE + 0x108), (0x514, TIMER + 0x008), (0x504, 1)):
        bench.write(PPI + offset, value)
    bench.write(UARTE, 1)
    bench.line.offer(b"012345")
    bench.write(TIMER + 0x040, 1)
    assert bench.read(TIMER + 0x540) == 6
    assert bytes(bench.memory[:4]) == b"4523"
    bench.write(TIMER + 0x00C, 1)
    bench.write(TIMER + 0x004, 1)
    bench.line.offer(b"x")
    bench.write(TIMER + 0x040, 1)
    assert bench.read(TIMER + 0x540) == 0
    bench.write(UARTE + 0x004, 1)
    bench.line.offer(b"y")
    bench.write(TIMER + 0x040, 1)
    assert list(bench.line.received) == [ord("y")]


def test_uarte_without_its_shortcut_stops_when_the_buffer_is_full() -> None:
    bench = _nrf_uart()
    bench.write(UARTE + 0x200, 0)
    bench.write(UARTE, 1)
    bench.line.offer(b"012345")
    bench.write(TIMER + 0x040, 1)
    assert bytes(bench.memory[:4]) == b"0123"
    assert bench.read(UARTE + 0x110) == 1


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
    bench.write(UART, ord("a"))
    flags = [bench.read(UART + 0x18) for _ in range(2)]
    assert flags[0] & 0x28 == 0x28 and flags[1] & 0x28 == 0
    assert bench.line.collect() == b"a"
    assert bench.read(UART + 0x18) & 0x10
    bench.line.offer(b"z")
    assert not bench.read(UART + 0x18) & 0x10
    assert bench.read(UART) == ord("z")
    assert bench.read(UART + 0x044) == 0


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
    assert not bench.models.one(apollo3.Pwrctrl).uart_has_power
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


def test_the_stm32_usart_sends_and_receives_without_dma() -> None:
    bench = _stm32_uart()
    bench.write(USART + 0x28, ord("a"))
    assert [bench.read(USART + 0x1C) >> 6 & 3 for _ in range(2)] == [0, 3]
    assert bench.line.collect() == b"a"
    assert bench.read(USART + 0x24) == 0
    bench.line.offer(b"z")
    assert bench.read(USART + 0x1C) >> 5 & 1
    assert bench.read(USART + 0x24) == ord("z")


def test_the_stm32_dma_writes_input_into_a_ring() -> None:
    bench = _stm32_uart()
    bench.write(USART + 0x08, 1 << 6)
    for offset, value in ((0x48, USART + 0x24), (0x4C, RAM), (0x44, 2), (0x40, 0x101)):
        bench.write(DMA + offset, value)
    bench.line.offer(b"abc")
    assert [bench.read(DMA + 0x44) for _ in range(4)] == [1, 2, 1, 1]
    assert bytes(bench.memory[:2]) == b"cb"
    bench.write(DMA + 0x40, 0x100)
    bench.write(DMA + 0x40, 0x001)
    bench.line.offer(b"XYZ")
    assert [bench.read(DMA + 0x44) for _ in range(3)] == [1, 2, 2]
    assert list(bench.line.received) == [ord("Z")]


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
    assert (rcc.system_hz(), rcc.apb2_hz()) == (16e6, 16e6)
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
    assert (rcc.system_hz(), rcc.apb2_hz()) == (216e6, 54e6)
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
