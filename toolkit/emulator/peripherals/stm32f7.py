# SPDX-License-Identifier: Apache-2.0
"""STM32F746, as far as our port uses it. Source: RM0385 rev 8 (RM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import Peripheral, Settling
from toolkit.emulator.peripherals.stm32 import ClockControl, Gpio, UsartV2, ahb_divisor, start_or_stop

_HSI_HZ = 16_000_000
_HZ_PER_WAIT_STATE = 30_000_000
_USART1_CLOCK = 1 << 4
_DMA2_CLOCK = 1 << 22


class Rcc(ClockControl):
    """RCC (RM 5): oscillators and PLL take a while; the clock must suit the flash and the regulator."""

    needs: ClassVar[Mapping[str, range]] = {"hse_hz": range(1, 26_000_001)}
    overdrive_above_hz: ClassVar[int] = 180_000_000

    def set_up(self) -> None:
        """Define CR, PLLCFGR, CFGR and the clock enables; the setting hse_hz is the crystal."""
        self._hse, self._pll, self._pllsai, self._switch = Settling(), Settling(), Settling(), Settling(2)
        self._control = self.define(
            0x00, "CR", 0x83, on_read=self._read_control, on_write=self._write_control
        )
        self._pllcfgr = self.define(0x04, "PLLCFGR", 0x24003010)
        self._cfgr = self.define(0x08, "CFGR", on_read=self._read_config, on_write=self._write_config)
        self.define(0x0C, "CIR")
        self.define(0x88, "PLLSAICFGR", 0x24003000)
        self.define(0x8C, "DCKCFGR1")
        self.define(0x90, "DCKCFGR2", on_write=self._choose_uart_clock)
        self._using = 0
        self.ahb1enr = self.define(0x30, "AHB1ENR", 0x00100000)
        self.apb1enr = self.define(0x40, "APB1ENR", 0x400)
        self.apb2enr = self.define(0x44, "APB2ENR")

    def _read_control(self) -> int:
        ready = 2 | self._hse.look() << 17 | self._pll.look() << 25 | self._pllsai.look() << 29
        return self._control.value & ~0x22020002 | ready

    def _write_control(self, value: int) -> None:
        start_or_stop(value, {16: self._hse, 24: self._pll, 28: self._pllsai})

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

    def pixel_hz(self) -> float:
        """Return the clock of LTDC: PLLSAI by R and PLLSAIDIVR; 0 while it does not run (RM 5.3.25)."""
        sai, divisor = self._registers[0x88].value, 2 << (self._registers[0x8C].value >> 16 & 3)
        value = self._pllcfgr.value
        source = (self.settings["hse_hz"] if value >> 22 & 1 else _HSI_HZ) / (value & 0x3F)
        return source * (sai >> 6 & 0x1FF) / (sai >> 28 & 7) / divisor if self._pllsai.is_done else 0.0

    def uart_hz(self) -> float:
        """Return PCLK2, which USART1 runs on."""
        return self.bus_hz(13)

    def bus_hz(self, first_bit: int) -> float:
        """Return the clock of an APB bus, whose divisor begins at this bit of CFGR."""
        config = self._cfgr.value
        apb = config >> first_bit & 7
        return self.system_hz() / ahb_divisor(config) / (2 << (apb - 4) if apb >= 4 else 1)

    def core_hz(self) -> float:
        """Return HCLK."""
        return self.system_hz() / ahb_divisor(self._cfgr.value)

    def tim2_hz(self) -> float:
        """Return PCLK1, twice where it is divided (RM 5.2)."""
        return self.bus_hz(10) * (2 if self._cfgr.value >> 12 & 1 else 1)

    def check_tim2_clock(self) -> None:
        """Refuse the use of TIM2 while APB1ENR gives it no clock."""
        if not self.apb1enr.value & 1:
            raise WrongUseError("TIM2 is used before RCC.APB1ENR gives it a clock.")

    def _check_clock(self) -> None:
        source = {1: self._hse, 2: self._pll}.get(self._using)
        if source is not None and not source.is_done:
            raise WrongUseError("RCC.CFGR switches to a clock that is not ready yet.")
        hz = self.system_hz()
        waits = self.system.models.one(Flash).wait_states
        if hz > _HZ_PER_WAIT_STATE * (waits + 1):
            raise WrongUseError(f"{hz / 1e6:g} MHz need more than FLASH.ACR's {waits} wait states.")
        if hz > self.overdrive_above_hz and not self.system.models.one(Pwr).overdrive_is_on:
            raise WrongUseError(f"{hz / 1e6:g} MHz need PWR's over-drive, which is off.")

    def check_gpio_clock(self, base: int) -> None:
        """Refuse the use of a GPIO port that has no clock."""
        port = (base - 0x40020000) // 0x400
        if not self.ahb1enr.value >> port & 1:
            raise WrongUseError(f"GPIO{chr(ord('A') + port)} is used before RCC.AHB1ENR gives it a clock.")

    def check_uart_clock(self) -> None:
        """Refuse the use of USART1 while APB2ENR gives it no clock."""
        if not self.apb2enr.value & _USART1_CLOCK:
            raise WrongUseError("USART1 is used before RCC.APB2ENR gives it a clock.")


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

    writable: ClassVar[int] = 0xB0F

    def set_up(self) -> None:
        """Define ACR."""
        self._acr = self.define(0x00, "ACR", writable=self.writable)

    @property
    def wait_states(self) -> int:
        """How many wait states are set."""
        return self._acr.value & 0xF


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


class Usart(UsartV2):
    """USART1, whose bytes DMA2 may take."""

    def hand_over(self, byte: int) -> None:
        """Give a byte to the stream that waits for RDR."""
        for dma in self.system.models.every(Dma):
            if self.by_dma() and dma.takes_from(self.base + 0x24):
                dma.store(byte)
                self.was_taken()


MODELS: dict[str, type[Peripheral]] = {
    "stm32f7_dma": Dma,
    "stm32f7_flash": Flash,
    "stm32f7_gpio": Gpio,
    "stm32f7_pwr": Pwr,
    "stm32f7_rcc": Rcc,
    "stm32f7_usart": Usart,
}
