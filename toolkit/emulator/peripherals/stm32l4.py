# SPDX-License-Identifier: Apache-2.0
"""STM32L4R5, as far as our port uses it. Source: RM0432 rev 9 (RM)."""

from __future__ import annotations

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import Peripheral, Settling
from toolkit.emulator.peripherals.stm32 import ClockControl, UsartV2, ahb_divisor, start_or_stop
from toolkit.emulator.peripherals.stm32f4 import Flash

_HSI_HZ, _MSI_HZ = 16_000_000, 4_000_000
_HZ_PER_WAIT_STATE = 20_000_000
_BOOST_ABOVE_HZ = 80_000_000
_LPUART1_CLOCK, _PWR_CLOCK = 1, 1 << 28
_PORT_G = 6


class Rcc(ClockControl):
    """RCC (RM 6): starts on MSI; the clock must suit the flash and the core's voltage."""

    def set_up(self) -> None:
        """Define CR, CFGR, PLLCFGR, the clock enables and what the LPUART's clock is."""
        self._hsi, self._pll, self._switch = Settling(), Settling(), Settling(2)
        self._using = 0
        self._control = self.define(
            0x00, "CR", 0x63, on_read=self._read_control, on_write=self._write_control
        )
        self._cfgr = self.define(0x08, "CFGR", on_read=self._read_config, on_write=self._write_config)
        self._pllcfgr = self.define(0x0C, "PLLCFGR", 0x1000)
        self.define(0x18, "CIER")
        self._ahb2enr = self.define(0x4C, "AHB2ENR")
        self.apb1enr1 = self.define(0x58, "APB1ENR1", 0x400)
        self._apb1enr2 = self.define(0x5C, "APB1ENR2")
        self._ccipr = self.define(0x88, "CCIPR")

    def _read_control(self) -> int:
        return self._control.value & ~0x02000402 | 2 | self._hsi.look() << 10 | self._pll.look() << 25

    def _write_control(self, value: int) -> None:
        start_or_stop(value, {8: self._hsi, 24: self._pll})

    def _write_config(self, value: int) -> None:
        if value & 3 != self._using:
            self._using = value & 3
            self._switch.stop()
            self._switch.start()
        self._check_clock()

    def _read_config(self) -> int:
        return self._cfgr.value & ~0xC | (self._using << 2 if self._switch.look() else 0)

    def system_hz(self) -> float:
        """Return SYSCLK as SW chooses it: MSI, HSI16 or the PLL from HSI16."""
        if self._using < 2:
            return (_MSI_HZ, _HSI_HZ)[self._using]
        value = self._pllcfgr.value
        if self._using == 2 or value & 3 != 2 or not value >> 24 & 1:
            raise WrongUseError(
                "the emulated STM32L4R5 runs on MSI, HSI16, or the PLL's output R from HSI16."
            )
        made = _HSI_HZ / ((value >> 4 & 0xF) + 1) * (value >> 8 & 0x7F)
        return made / (2 * (value >> 25 & 3) + 2)

    def core_hz(self) -> float:
        """Return HCLK."""
        return self.system_hz() / ahb_divisor(self._cfgr.value)

    def _check_clock(self) -> None:
        source = {1: self._hsi, 3: self._pll}.get(self._using)
        if source is not None and not source.is_done:
            raise WrongUseError("RCC.CFGR switches to a clock that is not ready yet.")
        hz, waits = self.core_hz(), self.system.models.one(Flash).wait_states
        if hz > _HZ_PER_WAIT_STATE * (waits + 1):
            raise WrongUseError(f"{hz / 1e6:g} MHz need more than FLASH.ACR's {waits} wait states.")
        if hz > _BOOST_ABOVE_HZ and not self.system.models.one(Pwr).is_boosted:
            raise WrongUseError(f"{hz / 1e6:g} MHz need range 1 in boost mode (PWR.CR5).")

    def tim2_hz(self) -> float:
        """Return PCLK1, which is not divided."""
        return self.core_hz()

    def check_tim2_clock(self) -> None:
        """Refuse the use of TIM2 while APB1ENR1 gives it no clock."""
        if not self.apb1enr1.value & 1:
            raise WrongUseError("TIM2 is used before RCC.APB1ENR1 gives it a clock.")

    def uart_hz(self) -> float:
        """Return 256 times PCLK1, of which the LPUART's BRR is a divisor (RM 50.4.7)."""
        if self._ccipr.value >> 10 & 3 or self._cfgr.value >> 8 & 7:
            raise WrongUseError("the emulated LPUART1 runs on PCLK1, undivided.")
        return 256 * self.core_hz()

    def check_gpio_clock(self, base: int) -> None:
        """Refuse the use of a GPIO port that has no clock, or whose supply was not said to be valid."""
        port = base >> 10 & 0xF
        if not self._ahb2enr.value >> port & 1:
            raise WrongUseError(f"GPIO{chr(ord('A') + port)} is used before RCC.AHB2ENR gives it a clock.")
        if port == _PORT_G and not self.system.models.one(Pwr).has_vddio2:
            raise WrongUseError("GPIOG is used before PWR.CR2 says that VDDIO2 is valid (IOSV).")

    def check_uart_clock(self) -> None:
        """Refuse the use of LPUART1 while APB1ENR2 gives it no clock."""
        if not self._apb1enr2.value & _LPUART1_CLOCK:
            raise WrongUseError("LPUART1 is used before RCC.APB1ENR2 gives it a clock.")


class Pwr(Peripheral):
    """PWR (RM 5): the core's voltage takes a while to change."""

    def set_up(self) -> None:
        """Define CR1, CR2, SR2 and CR5."""
        self._voltage = Settling()
        self._cr1 = self.define(0x00, "CR1", 0x200, on_write=lambda _value: self._change())
        self._cr2 = self.define(0x04, "CR2")
        self.define(0x14, "SR2", writable=0, on_read=self._status)
        self._cr5 = self.define(0x80, "CR5", 0x100)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without a clock there is nothing to write."""
        if not self.system.models.one(Rcc).apb1enr1.value & _PWR_CLOCK:
            raise WrongUseError("PWR is used before RCC.APB1ENR1 gives it a clock.")
        super().write(offset, size, value)

    def _change(self) -> None:
        self._voltage.stop()
        self._voltage.start()

    def _status(self) -> int:
        return 0 if not self._voltage.is_started or self._voltage.look() else 1 << 10

    @property
    def has_vddio2(self) -> bool:
        """Whether CR2.IOSV is set."""
        return bool(self._cr2.value >> 9 & 1)

    @property
    def is_boosted(self) -> bool:
        """Whether the core's voltage is range 1 in boost mode."""
        return self._cr1.value >> 9 & 3 == 1 and not self._cr5.value >> 8 & 1


class Lpuart(UsartV2):
    """LPUART1 (RM 50.7): as a USART, with BRR in 256ths."""


MODELS: dict[str, type[Peripheral]] = {
    "stm32l4_flash": Flash,
    "stm32l4_lpuart": Lpuart,
    "stm32l4_pwr": Pwr,
    "stm32l4_rcc": Rcc,
}
