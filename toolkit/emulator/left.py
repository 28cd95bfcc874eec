# SPDX-License-Identifier: Apache-2.0
"""What a bootloader left in the core: for tests of a firmware's start."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.emulator.exceptions import FIRST_INTERRUPT, Exceptions
from toolkit.emulator.registers import BASEPRI, CONTROL, FAULTMASK, PRIMASK, PSP, SPSEL, Registers


@dataclass(frozen=True)
class Left:
    """What a bootloader left.

    primask, faultmask, basepri: its masks. process_stack: the stack pointer that it used in thread mode.
    enabled: interrupts that it switched on. pending: numbers of exceptions, such as 15 for SysTick, that
    wait.
    """

    primask: int = 0
    faultmask: int = 0
    basepri: int = 0
    process_stack: int | None = None
    enabled: tuple[int, ...] = ()
    pending: tuple[int, ...] = ()

    def apply(self, registers: Registers, exceptions: Exceptions) -> None:
        """Set all of it, just before the first instruction."""
        for number, value in ((PRIMASK, self.primask), (FAULTMASK, self.faultmask), (BASEPRI, self.basepri)):
            registers.write(number, value)
        if self.process_stack is not None:
            registers.write(PSP, self.process_stack)
            registers.write(CONTROL, SPSEL)
        for interrupt in self.enabled:
            exceptions.enable(FIRST_INTERRUPT + interrupt, True)
        for number in self.pending:
            exceptions.pend(number)
