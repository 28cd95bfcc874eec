# SPDX-License-Identifier: Apache-2.0
"""STM32F446, as far as our port uses it; much of it is as on the STM32F746. Source: RM0390 rev 6 (RM)."""

from __future__ import annotations

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals import stm32f7
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.emulator.peripherals.stm32 import UsartV1

_USART2_CLOCK = 1 << 17


class Rcc(stm32f7.Rcc):
    """RCC (RM 6): USART2 runs on PCLK1; DCKCFGR2 has no part in that."""

    overdrive_above_hz = 168_000_000

    def uart_hz(self) -> float:
        """Return PCLK1."""
        return self.bus_hz(10)

    def check_uart_clock(self) -> None:
        """Refuse the use of USART2 while APB1ENR gives it no clock."""
        if not self.apb1enr.value & _USART2_CLOCK:
            raise WrongUseError("USART2 is used before RCC.APB1ENR gives it a clock.")


class Flash(stm32f7.Flash):
    """The flash interface's ACR (RM 3.8.1), with a cache each for instructions and data."""

    writable = 0x1F0F


MODELS: dict[str, type[Peripheral]] = {
    "stm32f4_flash": Flash,
    "stm32f4_pwr": stm32f7.Pwr,
    "stm32f4_rcc": Rcc,
    "stm32f4_usart": UsartV1,
}
