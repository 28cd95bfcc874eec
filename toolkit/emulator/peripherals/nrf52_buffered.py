# SPDX-License-Identifier: Apache-2.0
"""What the nRF52840's PDM and SAADC share: events, interrupts, PPI, and an END that may be seen late.

Source: nRF52840 Product Specification v1.7 (PS) 6.15 and 6.23: both have them at the same offsets.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.emulator.peripherals.nrf52 import Ppi
from toolkit.emulator.peripherals.peripheral import Peripheral


class Buffered(Peripheral):
    """A peripheral that fills buffers by EasyDMA.

    late_end_cycles, which tests set, is how much later than STARTED the event END of a full buffer shows.
    """

    def define_events(self, names: Sequence[str]) -> None:
        """Define the events, a bit each in their order, and which of them interrupt."""
        self._inten = self.late_end_cycles = 0
        self._end = names.index("END")
        self._happened = [
            self.define(0x100 + 4 * bit, f"EVENTS_{name}", writable=1, on_write=self._update_interrupt)
            for bit, name in enumerate(names)
        ]
        self.define(0x304, "INTENSET", on_read=lambda: self._inten, on_write=lambda v: self._ask(v, 0))
        self.define(0x308, "INTENCLR", on_read=lambda: self._inten, on_write=lambda v: self._ask(0, v))

    def event(self, bit: int) -> None:
        """Let an event happen: for PPI at once, in its register at once but for a late END."""
        for ppi in self.system.models.every(Ppi):
            ppi.event(self.base + 0x100 + 4 * bit)
        if bit == self._end and self.late_end_cycles:
            self.system.at(self.system.now() + self.late_end_cycles, lambda: self._show(bit))
        else:
            self._show(bit)

    def _show(self, bit: int) -> None:
        self._happened[bit].value = 1
        self._update_interrupt(0)

    def _ask(self, ones: int, zeros: int) -> None:
        self._inten = (self._inten | ones) & ~zeros
        self._update_interrupt(0)

    def _update_interrupt(self, _value: int) -> None:
        self.set_interrupt(any(self._inten >> bit & 1 and r.value for bit, r in enumerate(self._happened)))
