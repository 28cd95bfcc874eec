# SPDX-License-Identifier: Apache-2.0
"""What the families of STM32 have alike, as far as our ports use it: GPIO, and USART in its two versions.

Sources: RM0385 rev 8 (STM32F746), RM0390 rev 6 (STM32F446), RM0432 rev 9 (STM32L4R5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import Peripheral, Settling
from toolkit.emulator.peripherals.sending import Transmitter, Waiting
from toolkit.emulator.serial_line import Frame

_FE, _NF, _ORE, _RXNE, _TC, _TXE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 6, 1 << 7
_ERRORS = _FE | _NF | _ORE
_RXNEIE, _TCIE, _TXEIE = 1 << 5, 1 << 6, 1 << 7
_RE, _TE = 1 << 2, 1 << 3
_EIE, _DMAR, _OVRDIS = 1, 1 << 6, 1 << 12
_OUTPUT, _ANALOG = 1, 3


def start_or_stop(value: int, parts: Mapping[int, Settling]) -> None:
    """Start each part whose bit is set in a control register's value, and stop the others."""
    for bit, part in parts.items():
        if value >> bit & 1:
            part.start()
        else:
            part.stop()


def ahb_divisor(config: int) -> int:
    """Return what HPRE in RCC.CFGR divides SYSCLK by."""
    ahb = config >> 4 & 0xF
    return (2, 4, 8, 16, 64, 128, 256, 512)[ahb - 8] if ahb >= 8 else 1


class ClockControl(Peripheral):
    """RCC, as what it gives clocks to asks for it."""

    def check_gpio_clock(self, base: int) -> None:
        """Refuse the use of a GPIO port that has no clock."""
        raise NotImplementedError

    def check_uart_clock(self) -> None:
        """Refuse the use of the board's UART while it has no clock."""
        raise NotImplementedError

    def uart_hz(self) -> float:
        """Return what the UART's baud rate is divided from."""
        raise NotImplementedError

    def core_hz(self) -> float:
        """Return the clock of the core."""
        raise NotImplementedError

    def tim2_hz(self) -> float:
        """Return what TIM2's prescaler divides."""
        raise NotImplementedError

    def check_tim2_clock(self) -> None:
        """Refuse the use of TIM2 while it has no clock."""
        raise NotImplementedError


class Gpio(Peripheral):
    """A GPIO port (RM0385 6.4); the setting led is the number of the pin that the LED hangs on."""

    may: ClassVar[Mapping[str, range]] = {"led": range(16)}

    def set_up(self) -> None:
        """Define the port's registers."""
        self._moder = self.define(0x00, "MODER", on_write=lambda _value: self._show())
        for offset, name in ((0x04, "OTYPER"), (0x08, "OSPEEDR")):
            self.define(offset, name)
        self._pupdr = self.define(0x0C, "PUPDR")
        self._odr = self.define(0x14, "ODR", writable=0xFFFF, on_write=lambda _value: self._show())
        self.define(0x10, "IDR", writable=0, on_read=self._levels)
        self.define(0x18, "BSRR", on_read=lambda: 0, on_write=self._set_reset)
        self._af = (self.define(0x20, "AFRL"), self.define(0x24, "AFRH"))

    @property
    def number(self) -> int:
        """Which port it is: 0 for A."""
        return self.base >> 10 & 0xF

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; a port without a clock ignores it, which is a mistake."""
        self.system.models.one(ClockControl).check_gpio_clock(self.base)
        super().write(offset, size, value)

    def _levels(self) -> int:
        self.system.models.one(ClockControl).check_gpio_clock(self.base)
        return sum(self._level(pin) << pin for pin in range(16))

    def _level(self, pin: int) -> bool:
        mode, pull = self._moder.value >> 2 * pin & 3, self._pupdr.value >> 2 * pin & 3
        if mode == _OUTPUT:
            return bool(self._odr.value >> pin & 1)
        outside = self.system.pins.level(32 * self.number + pin, {1: True, 2: False}.get(pull))
        return outside and mode != _ANALOG

    def _set_reset(self, value: int) -> None:
        self._odr.value = self._odr.value & ~(value >> 16) | value & 0xFFFF
        self._show()

    def _show(self) -> None:
        led = self.settings.get("led")
        if led is not None and self._moder.value >> 2 * led & 3 == 1:
            self.system.set_led(bool(self._odr.value >> led & 1))

    def mode(self, pin: int) -> int:
        """Return what MODER has of a pin: 3 is analog."""
        return self._moder.value >> 2 * pin & 3

    def drives_high(self, pin: int) -> bool:
        """Return whether the pin is an output, and high."""
        return self._moder.value >> 2 * pin & 3 == _OUTPUT and bool(self._odr.value >> pin & 1)

    def is_alternate(self, pin: int, function: int) -> bool:
        """Return whether a pin is given to an alternate function."""
        is_set = self._af[pin // 8].value >> 4 * (pin % 8) & 0xF == function
        return is_set and self._moder.value >> 2 * pin & 3 == 2


class UsartReceiver(Peripheral):
    """What a USART does with frames, whatever its registers look like.

    Settings: tx and rx as 16 * port + pin, af their alternate function. A byte that comes while the data
    register is full is lost, with ORE. Not there: IDLE, and DDRE, which stops DMA at an error.
    """

    needs: ClassVar[Mapping[str, range]] = {"tx": range(176), "rx": range(176), "af": range(16)}
    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}
    enabled: ClassVar[int] = 1
    """UE, in CR1."""
    also_while_sending: ClassVar[tuple[int, ...]] = ()
    """Offsets of registers whose writes leave the line as it was checked."""

    def set_up(self) -> None:
        """Define the registers, and listen to the line."""
        self._line_is_right = False
        self._flags = 0
        self._transmitter, self._waiting = Transmitter(self.system), Waiting(self.system)
        self.set_up_registers()
        system = self.system
        hz, has_room = system.board.clock.hz, lambda: not self._flags & _RXNE
        system.line.connect(system.events, system.now, hz, self.receive, has_room)

    def set_up_registers(self) -> None:
        """Define the registers."""
        raise NotImplementedError

    def set_up_control(self, cr1: int, cr2: int, cr3: int, brr: int) -> None:
        """Define control and baud rate at these offsets."""
        self._cr1 = self.define(cr1, "CR1", on_write=self._switch)
        self._cr2 = self.define(cr2, "CR2")
        self._cr3 = self.define(cr3, "CR3", on_write=self._switch)
        self._brr = self.define(brr, "BRR", writable=0xFFFFF)

    @property
    def title(self) -> str:
        """The instance as the board's file calls it."""
        return self.system.board.uart.instance if self.system.board.uart else "USART"

    def baud(self) -> float:
        """Return what BRR makes of the clock."""
        divisor = self._brr.value
        return self.system.models.one(ClockControl).uart_hz() / divisor if divisor else 0.0

    def read(self, offset: int, size: int) -> int:
        """Read a register; without a clock there is nothing to read."""
        self.system.models.one(ClockControl).check_uart_clock()
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without a clock there is nothing to write."""
        self.system.models.one(ClockControl).check_uart_clock()
        self._line_is_right = self._line_is_right and offset in self.also_while_sending
        super().write(offset, size, value)

    def _is_on(self, what: int) -> bool:
        return self._cr1.value & (self.enabled | what) == self.enabled | what

    def _switch(self, _value: int) -> None:
        if self._is_on(_RE):
            self.system.line.listen()
        else:
            self._flags = 0
        self._update_interrupt()

    def _update_interrupt(self) -> None:
        wanted = _RXNE | _ORE if self._cr1.value & _RXNEIE else 0
        wanted |= _ERRORS if self._cr3.value & _EIE else 0
        sending = self._sending_flags() if self._cr1.value & (_TXEIE | _TCIE) else 0
        self.set_interrupt(bool(self._flags & wanted or sending & self._cr1.value))
        if self._cr1.value & (_TXEIE | _TCIE) and not sending & self._cr1.value:
            at = self._transmitter.moves_at if self._cr1.value & _TXEIE else self._transmitter.done_at
            self.system.at(at, self._update_interrupt)

    def receive(self, frame: Frame) -> None:
        """Take a frame from the line."""
        if not self._is_on(_RE):
            return
        if self._flags & _RXNE and not self.overwrites():
            self._flags |= _ORE
        else:
            self._received = frame.byte
            self._flags |= _RXNE | (_FE if frame.framing else 0) | (_NF if frame.noise else 0)
            self.hand_over(frame.byte)
        self._update_interrupt()

    _received = 0

    def overwrites(self) -> bool:
        """Return whether a byte takes the place of one that was not read."""
        return False

    def hand_over(self, byte: int) -> None:
        """Give a byte to DMA, where there is one."""

    def _sending_flags(self) -> int:
        now = self.system.now()
        return (_TXE if not self._transmitter.waiting else 0) | (
            _TC if now >= self._transmitter.done_at else 0
        )

    def _status(self) -> int:
        sending = self._sending_flags()
        until = self._transmitter.done_at if sending & _TXE else self._transmitter.moves_at
        self._waiting.look(bool(sending & _TC or self._flags), until)
        return sending | self._flags

    def _take(self) -> int:
        self._flags &= ~_RXNE
        self._update_interrupt()
        self.system.line.ready()
        return self._received

    def _send(self, value: int) -> None:
        if not self._is_on(_TE):
            raise WrongUseError(f"{self.title} is written to while CR1 does not enable sending.")
        if not self._line_is_right:
            self._check_line()
            self._line_is_right = True
        if self._transmitter.waiting:
            raise WrongUseError(f"{self.title}'s data are written before TXE is set: a byte is lost.")
        self._transmitter.send(bytes([value & 0xFF]))
        self._update_interrupt()

    def _check_line(self) -> None:
        wrong = self.system.line.baud_problem(self.title, self.baud())
        for line in ("tx", "rx"):
            port, pin = divmod(self.settings[line], 16)
            if not self._port(port).is_alternate(pin, self.settings["af"]):
                wrong = f"P{chr(ord('A') + port)}{pin} is not set to {self.title}'s {line.upper()}."
        if self._cr1.value & 0x10001400 or self._cr2.value & 0x3000:
            wrong = f"{self.title} is not set to 8N1 as the board's line is."
        if wrong:
            raise WrongUseError(wrong)

    def _port(self, number: int) -> Gpio:
        for gpio in self.system.models.every(Gpio):
            if gpio.number == number:
                return gpio
        raise WrongUseError(f"the board's [emulation] lists no GPIO port {chr(ord('A') + number)}.")


class UsartV1(UsartReceiver):
    """USART of the older families (RM0390 25.6): reading SR and then DR clears what SR said."""

    enabled = 1 << 13
    also_while_sending = (0x04,)

    def set_up_registers(self) -> None:
        """Define SR, DR, baud rate and control."""
        self._seen = 0
        self.define(0x00, "SR", on_read=self._look)
        self.define(0x04, "DR", writable=0x1FF, on_read=self._take_and_clear, on_write=self._send)
        self.set_up_control(0x0C, 0x10, 0x14, 0x08)

    def _look(self) -> int:
        self._seen = self._flags
        return self._status()

    def _take_and_clear(self) -> int:
        self._flags &= ~(self._seen & _ERRORS)
        self._seen = 0
        return self._take()


class UsartV2(UsartReceiver):
    """USART of the newer families (RM0385 31.8): a flag is cleared in ICR; CR3.OVRDIS overwrites."""

    also_while_sending = (0x20, 0x28)
    always: ClassVar[int] = 0x600000
    """What ISR has set while receiver and transmitter are on."""

    def set_up_registers(self) -> None:
        """Define control, baud rate, status and data."""
        self.set_up_control(0x00, 0x04, 0x08, 0x0C)
        self.define(0x18, "RQR", on_read=lambda: 0, on_write=self._request)
        self.define(0x1C, "ISR", writable=0, on_read=lambda: self.always | self._status())
        self.define(0x20, "ICR", on_read=lambda: 0, on_write=self._clear)
        self.define(0x24, "RDR", writable=0, on_read=self._take)
        self.define(0x28, "TDR", writable=0x1FF, on_write=self._send)

    def overwrites(self) -> bool:
        """Return CR3.OVRDIS."""
        return bool(self._cr3.value & _OVRDIS)

    def _request(self, value: int) -> None:
        if value >> 3 & 1:
            self._flags &= ~_RXNE
            self._update_interrupt()

    def _clear(self, value: int) -> None:
        self._flags &= ~(value & _ERRORS)
        self._update_interrupt()

    def by_dma(self) -> bool:
        """Return whether CR3 has bytes taken by DMA, and one is there."""
        return bool(self._cr3.value & _DMAR and self._flags & _RXNE)

    def was_taken(self) -> None:
        """DMA has read RDR."""
        self._flags &= ~_RXNE


MODELS: dict[str, type[Peripheral]] = {"stm32_gpio": Gpio}
