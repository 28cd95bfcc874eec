# SPDX-License-Identifier: Apache-2.0
"""STM32F746, as far as our port uses it. Source: RM0385 rev 8 (RM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import Peripheral, Settling
from toolkit.emulator.peripherals.sending import Transmitter, Waiting
from toolkit.emulator.serial_line import Frame

_HSI_HZ = 16_000_000
_OVERDRIVE_ABOVE_HZ = 180_000_000
_HZ_PER_WAIT_STATE = 30_000_000
_USART1_CLOCK = 1 << 4
_DMA2_CLOCK = 1 << 22


class Rcc(Peripheral):
    """RCC (RM 5): oscillators and PLL take a while; the clock must suit the flash and the regulator."""

    needs: ClassVar[Mapping[str, range]] = {"hse_hz": range(1, 26_000_001)}

    def set_up(self) -> None:
        """Define CR, PLLCFGR, CFGR and the clock enables; the setting hse_hz is the crystal."""
        self._hse, self._pll, self._switch = Settling(), Settling(), Settling(2)
        self._control = self.define(
            0x00, "CR", 0x83, on_read=self._read_control, on_write=self._write_control
        )
        self._pllcfgr = self.define(0x04, "PLLCFGR", 0x24003010)
        self._cfgr = self.define(0x08, "CFGR", on_read=self._read_config, on_write=self._write_config)
        self.define(0x0C, "CIR")
        self.define(0x90, "DCKCFGR2", on_write=self._choose_uart_clock)
        self._using = 0
        self.ahb1enr = self.define(0x30, "AHB1ENR", 0x00100000)
        self.apb1enr = self.define(0x40, "APB1ENR", 0x400)
        self.apb2enr = self.define(0x44, "APB2ENR")

    def _read_control(self) -> int:
        ready = 2 | self._hse.look() << 17 | self._pll.look() << 25
        return self._control.value & ~0x02020002 | ready

    def _write_control(self, value: int) -> None:
        for bit, part in ((16, self._hse), (24, self._pll)):
            if value >> bit & 1:
                part.start()
            else:
                part.stop()

    def _write_config(self, value: int) -> None:
        if value & 3 != self._using:
            self._using = value & 3
            self._check_clock()
            self._switch.stop()
            self._switch.start()

    def _read_config(self) -> int:
        return self._cfgr.value & ~0xC | (self._using << 2 if self._switch.look() else 0)

    def _choose_uart_clock(self, value: int) -> None:
        if value & 3:
            raise WrongUseError("RCC.DCKCFGR2 gives USART1 another clock than PCLK2.")

    def system_hz(self) -> float:
        """Return SYSCLK as SW chooses it: HSI, HSE or the PLL."""
        hse_hz = self.settings["hse_hz"]
        if self._using == 0:
            return _HSI_HZ
        if self._using == 1:
            return hse_hz
        value = self._pllcfgr.value
        source = hse_hz if value >> 22 & 1 else _HSI_HZ
        return source / (value & 0x3F) * (value >> 6 & 0x1FF) / (2 * (value >> 16 & 3) + 2)

    def apb2_hz(self) -> float:
        """Return PCLK2, which USART1 runs on."""
        ahb, apb2 = self._cfgr.value >> 4 & 0xF, self._cfgr.value >> 13 & 7
        ahb_divisor = (2, 4, 8, 16, 64, 128, 256, 512)[ahb - 8] if ahb >= 8 else 1
        return self.system_hz() / ahb_divisor / (2 << (apb2 - 4) if apb2 >= 4 else 1)

    def _check_clock(self) -> None:
        source = {1: self._hse, 2: self._pll}.get(self._using)
        if source is not None and not source.is_done:
            raise WrongUseError("RCC.CFGR switches to a clock that is not ready yet.")
        hz = self.system_hz()
        waits = self.system.models.one(Flash).wait_states
        if hz > _HZ_PER_WAIT_STATE * (waits + 1):
            raise WrongUseError(f"{hz / 1e6:g} MHz need more than FLASH.ACR's {waits} wait states.")
        if hz > _OVERDRIVE_ABOVE_HZ and not self.system.models.one(Pwr).overdrive_is_on:
            raise WrongUseError(f"{hz / 1e6:g} MHz need PWR's over-drive, which is off.")

    def check_gpio_clock(self, base: int) -> None:
        """Refuse the use of a GPIO port that has no clock."""
        port = (base - 0x40020000) // 0x400
        if not self.ahb1enr.value >> port & 1:
            raise WrongUseError(f"GPIO{chr(ord('A') + port)} is used before RCC.AHB1ENR gives it a clock.")


class Pwr(Peripheral):
    """PWR (RM 4): the over-drive mode and its switch take a while."""

    def set_up(self) -> None:
        """Define CR1 and CSR1."""
        self._ready, self._switched = Settling(), Settling()
        self.define(0x00, "CR1", 0xC000, on_write=self._write)
        self.define(0x04, "CSR1", on_read=lambda: self._ready.look() << 16 | self._switched.look() << 17)

    def _write(self, value: int) -> None:
        if not self.system.models.one(Rcc).apb1enr.value >> 28 & 1:
            raise WrongUseError("PWR is used before RCC.APB1ENR gives it a clock.")
        if value >> 16 & 1:
            self._ready.start()
        if value >> 17 & 1:
            if not self._ready.is_done:
                raise WrongUseError("PWR.CR1 switches to over-drive before it is ready.")
            self._switched.start()

    @property
    def overdrive_is_on(self) -> bool:
        """Whether the core runs in over-drive."""
        return self._switched.is_done


class Flash(Peripheral):
    """The flash interface's ACR (RM 3.7.1)."""

    def set_up(self) -> None:
        """Define ACR."""
        self._acr = self.define(0x00, "ACR", writable=0xB0F)

    @property
    def wait_states(self) -> int:
        """How many wait states are set."""
        return self._acr.value & 0xF


class Gpio(Peripheral):
    """A GPIO port (RM 6.4); the setting led is the number of the pin that the LED hangs on."""

    may: ClassVar[Mapping[str, range]] = {"led": range(16)}

    def set_up(self) -> None:
        """Define the port's registers."""
        self._moder = self.define(0x00, "MODER", on_write=lambda _value: self._show())
        for offset, name in ((0x04, "OTYPER"), (0x08, "OSPEEDR"), (0x0C, "PUPDR")):
            self.define(offset, name)
        self._odr = self.define(0x14, "ODR", writable=0xFFFF, on_write=lambda _value: self._show())
        self.define(0x10, "IDR", writable=0, on_read=lambda: self._odr.value)
        self.define(0x18, "BSRR", on_read=lambda: 0, on_write=self._set_reset)
        self._af = (self.define(0x20, "AFRL"), self.define(0x24, "AFRH"))

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; a port without a clock ignores it, which is a mistake."""
        self.system.models.one(Rcc).check_gpio_clock(self.base)
        super().write(offset, size, value)

    def _set_reset(self, value: int) -> None:
        self._odr.value = self._odr.value & ~(value >> 16) | value & 0xFFFF
        self._show()

    def _show(self) -> None:
        led = self.settings.get("led")
        if led is not None and self._moder.value >> 2 * led & 3 == 1:
            self.system.set_led(bool(self._odr.value >> led & 1))

    def is_alternate(self, pin: int, function: int) -> bool:
        """Return whether a pin is given to an alternate function."""
        is_set = self._af[pin // 8].value >> 4 * (pin % 8) & 0xF == function
        return is_set and self._moder.value >> 2 * pin & 3 == 2


class Dma(Peripheral):
    """DMA2 (RM 8), stream 2, as USART1's receiver into a ring."""

    def set_up(self) -> None:
        """Define the flags' clear register and stream 2."""
        self._index = 0
        self.define(0x08, "LIFCR", on_read=lambda: 0)
        self._control = self.define(0x40, "S2CR", on_write=self._switch)
        self._ndtr = self.define(0x44, "S2NDTR", writable=0xFFFF, on_read=self._left)
        self._source = self.define(0x48, "S2PAR")
        self._target = self.define(0x4C, "S2M0AR")
        self.define(0x54, "S2FCR", 0x21)
        self._was_on = False

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without a clock the controller ignores it, which is a mistake."""
        if not self.system.models.one(Rcc).ahb1enr.value & _DMA2_CLOCK:
            raise WrongUseError("DMA2 is used before RCC.AHB1ENR gives it a clock.")
        super().write(offset, size, value)

    def _switch(self, value: int) -> None:
        if value & 1 and not self._was_on:
            self._index = 0
        self._was_on = bool(value & 1)

    def _left(self) -> int:
        return self._ndtr.value - self._index

    def takes_from(self, address: int) -> bool:
        """Return whether the stream waits for the register at address."""
        return self._was_on and self._source.value == address

    def store(self, byte: int) -> None:
        """Write a byte to memory; NDTR counts down, and up again where the buffer is a ring."""
        self.system.write_memory(self._target.value + self._index, bytes([byte]))
        self._index += 1
        if self._index == self._ndtr.value:
            self._index = 0
            if not self._control.value >> 8 & 1:
                self._was_on = False
                self._control.value &= ~1


_FE, _NF, _ORE, _RXNE, _TC, _TXE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 6, 1 << 7
_ERRORS = _FE | _NF | _ORE
_RXNEIE, _TCIE, _TXEIE = 1 << 5, 1 << 6, 1 << 7
_EIE, _DMAR, _OVRDIS = 1, 1 << 6, 1 << 12


class Usart(Peripheral):
    """USART (RM 31.8). Settings: tx and rx as 16 * port + pin, af their alternate function.

    A byte that comes while RDR is full is lost, with ORE unless CR3.OVRDIS; with it, it takes RDR's place.
    Not there: IDLE, and DDRE, which stops DMA at an error.
    """

    needs: ClassVar[Mapping[str, range]] = {"tx": range(176), "rx": range(176), "af": range(16)}
    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define control, baud rate, status and data."""
        system = self.system
        self._line_is_right = False
        self._flags = 0
        self._transmitter, self._waiting = Transmitter(system), Waiting(system)
        self._cr1 = self.define(0x00, "CR1", on_write=self._switch)
        self._cr2 = self.define(0x04, "CR2")
        self._cr3 = self.define(0x08, "CR3", on_write=self._switch)
        self._brr = self.define(0x0C, "BRR", writable=0xFFFF)
        self.define(0x18, "RQR", on_read=lambda: 0, on_write=self._request)
        self.define(0x1C, "ISR", writable=0, on_read=self._status)
        self.define(0x20, "ICR", on_read=lambda: 0, on_write=self._clear)
        self._rdr = self.define(0x24, "RDR", writable=0, on_read=self._take)
        self.define(0x28, "TDR", writable=0x1FF, on_write=self._send)
        system.line.connect(system.events, system.now, system.board.clock.hz, self.receive)

    def read(self, offset: int, size: int) -> int:
        """Read a register; without a clock there is nothing to read."""
        self._check_clock()
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without a clock there is nothing to write."""
        self._check_clock()
        self._line_is_right = self._line_is_right and offset in (0x20, 0x28)
        super().write(offset, size, value)

    def _check_clock(self) -> None:
        if not self.system.models.one(Rcc).apb2enr.value & _USART1_CLOCK:
            raise WrongUseError("USART1 is used before RCC.APB2ENR gives it a clock.")

    def _switch(self, _value: int) -> None:
        if self._cr1.value & 5 == 5:
            self.system.line.listen()
        else:
            self._flags = 0
        self._update_interrupt()

    def _request(self, value: int) -> None:
        if value >> 3 & 1:
            self._flags &= ~_RXNE
            self._update_interrupt()

    def _clear(self, value: int) -> None:
        self._flags &= ~(value & _ERRORS)
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
        """Take a frame from the line: into RDR, or by DMA to memory."""
        if self._cr1.value & 5 != 5:
            return
        if self._flags & _RXNE and not self._cr3.value & _OVRDIS:
            self._flags |= _ORE
        else:
            self._rdr.value = frame.byte
            self._flags |= _RXNE | (_FE if frame.framing else 0) | (_NF if frame.noise else 0)
        for dma in self.system.models.every(Dma):
            if self._cr3.value & _DMAR and self._flags & _RXNE and dma.takes_from(self.base + 0x24):
                dma.store(self._rdr.value)
                self._flags &= ~_RXNE
        self._update_interrupt()

    def _sending_flags(self) -> int:
        now = self.system.now()
        return (_TXE if not self._transmitter.waiting else 0) | (
            _TC if now >= self._transmitter.done_at else 0
        )

    def _status(self) -> int:
        sending = self._sending_flags()
        until = self._transmitter.done_at if sending & _TXE else self._transmitter.moves_at
        self._waiting.look(bool(sending & _TC or self._flags), until)
        return 0x600000 | sending | self._flags

    def _take(self) -> int:
        self._flags &= ~_RXNE
        self._update_interrupt()
        return self._rdr.value

    def _send(self, value: int) -> None:
        if self._cr1.value & 9 != 9:
            raise WrongUseError("USART1 is written to while CR1 does not enable sending.")
        if not self._line_is_right:
            self._check_line()
            self._line_is_right = True
        if self._transmitter.waiting:
            raise WrongUseError("USART1.TDR is written before ISR says TXE: a byte is lost.")
        self._transmitter.send(bytes([value & 0xFF]))
        self._update_interrupt()

    def _check_line(self) -> None:
        divisor = self._brr.value
        measured = self.system.models.one(Rcc).apb2_hz() / divisor if divisor else 0.0
        wrong = self.system.line.baud_problem("USART1", measured)
        for line in ("tx", "rx"):
            port, pin = divmod(self.settings[line], 16)
            if not self._port(port).is_alternate(pin, self.settings["af"]):
                wrong = f"P{chr(ord('A') + port)}{pin} is not set to USART1's {line.upper()}."
        if self._cr1.value & 0x10001400 or self._cr2.value & 0x3000:
            wrong = "USART1 is not set to 8N1 as the board's line is."
        if wrong:
            raise WrongUseError(wrong)

    def _port(self, number: int) -> Gpio:
        for gpio in self.system.models.every(Gpio):
            if gpio.base == 0x40020000 + 0x400 * number:
                return gpio
        raise WrongUseError(f"the board's [emulation] lists no GPIO port {chr(ord('A') + number)}.")


MODELS: dict[str, type[Peripheral]] = {
    "stm32f7_dma": Dma,
    "stm32f7_flash": Flash,
    "stm32f7_gpio": Gpio,
    "stm32f7_pwr": Pwr,
    "stm32f7_rcc": Rcc,
    "stm32f7_usart": Usart,
}
