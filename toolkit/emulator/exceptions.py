# SPDX-License-Identifier: Apache-2.0
"""Which exception comes next: what is pending, enabled and active, and with which priority.

Source: ARM DDI 0403E (ARMv7-M Architecture Reference Manual), B1.5.4 (priorities), B3.4 (NVIC).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT, SV_CALL, PEND_SV, SYS_TICK = 2, 3, 4, 5, 6, 11, 14, 15
FIRST_INTERRUPT = 16
NAMES = {
    2: "NMI",
    3: "HardFault",
    4: "MemManage",
    5: "BusFault",
    6: "UsageFault",
    11: "SVCall",
    12: "DebugMonitor",
    14: "PendSV",
    15: "SysTick",
}
NOTHING_RUNS = 256
"""The execution priority of thread mode: lower than every exception's."""
_FIXED = {NMI: -2, HARD_FAULT: -1}


def name_of(number: int) -> str:
    """Return what ARM calls an exception, interrupt n for those of peripherals."""
    return NAMES.get(number, f"interrupt {number - FIRST_INTERRUPT}")


class Masks(NamedTuple):
    """The core's registers that hold exceptions back."""

    primask: int = 0
    faultmask: int = 0
    basepri: int = 0


class Exceptions:
    """The state of all exceptions of a core with so many interrupt lines and bits of priority.

    Numbers are exception numbers: interrupt n is n + 16. changed is called whenever another exception
    could be the next one, on_pend when one becomes pending.
    """

    def __init__(self, lines: int = 240, priority_bits: int = 3) -> None:
        self.lines = lines
        self.pending: set[int] = set()
        self.enabled: set[int] = set()
        self.active: list[int] = []
        self.prigroup = 0
        self.changed: Callable[[], None] = lambda: None
        self.on_pend: Callable[[], None] = lambda: None
        self._high: set[int] = set()
        self._priority_mask = 0xFF00 >> priority_bits & 0xFF
        self._priorities = bytearray(FIRST_INTERRUPT + lines)

    def has(self, number: int) -> bool:
        """Return whether the core has this exception."""
        return number < len(self._priorities)

    def pend(self, number: int) -> None:
        """Make an exception pending."""
        if self.has(number) and number not in self.pending:
            self.pending.add(number)
            self.on_pend()
            self.changed()

    def unpend(self, number: int) -> None:
        """Take the pending state away; a line that is still high brings it back at once."""
        if number not in self._high:
            self.pending.discard(number)
            self.changed()

    def set_line(self, line: int, is_high: bool) -> None:
        """Take the level of an interrupt line: its rise makes the interrupt pending, also while active."""
        number = FIRST_INTERRUPT + line
        rises = is_high and number not in self._high
        (self._high.add if is_high else self._high.discard)(number)
        if rises:
            self.pend(number)

    def enable(self, number: int, is_enabled: bool) -> None:
        """Switch an interrupt on or off; it may be pending meanwhile."""
        if self.has(number):
            (self.enabled.add if is_enabled else self.enabled.discard)(number)
            self.changed()

    def set_priority(self, number: int, value: int) -> None:
        """Take a priority; the bits that the core does not have are 0."""
        if self.has(number):
            self._priorities[number] = value & self._priority_mask
            self.changed()

    def priority(self, number: int) -> int:
        """Return the priority, lower is more urgent; 0 for an exception that is not there."""
        return _FIXED.get(number, self._priorities[number] if self.has(number) else 0)

    def group(self, priority: int) -> int:
        """Return the part of a priority that decides about pre-emption (AIRCR.PRIGROUP)."""
        return priority if priority < 0 else priority & ~((2 << self.prigroup) - 1)

    def running(self, masks: Masks | None = None) -> int:
        """Return the execution priority: of what is active, and with the masks if they are given."""
        levels = [self.group(self.priority(number)) for number in self.active]
        if masks is not None:
            levels += [self.group(masks.basepri)] if masks.basepri else []
            levels += [0] if masks.primask else []
            levels += [-1] if masks.faultmask else []
        return min(levels, default=NOTHING_RUNS)

    def first_pending(self) -> int | None:
        """Return the most urgent of what is pending and enabled; of two equal ones the lower number."""
        ready = [n for n in self.pending if n < FIRST_INTERRUPT or n in self.enabled]
        return min(ready, key=lambda number: (self.priority(number), number), default=None)

    def next(self, masks: Masks | None = None) -> int | None:
        """Return the exception to take now, None if what runs, or a mask, is as urgent."""
        number = self.first_pending()
        if number is None or self.group(self.priority(number)) >= self.running(masks):
            return None
        return number

    def enter(self, number: int) -> None:
        """Make an exception active; it is no longer pending."""
        self.pending.discard(number)
        self.active.append(number)
        self.changed()

    def leave(self) -> int:
        """End the exception that runs, and return its number; a line that is still high makes it pending."""
        number = self.active.pop()
        if number in self._high:
            self.pend(number)
        self.changed()
        return number
