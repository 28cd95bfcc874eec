# SPDX-License-Identifier: Apache-2.0
"""What a core waits for after WFI and WFE. Source: ARM DDI 0403E B1.5.17 to B1.5.19, A7.7."""

from __future__ import annotations

import enum
from typing import Any

from toolkit.emulator.exceptions import Exceptions, Masks

_HINTS = {0xBF10: "yield", 0xBF20: "wfe", 0xBF30: "wfi"}
_WIDE_HINTS = {0x8001: "yield", 0x8002: "wfe", 0x8003: "wfi"}
_WIDE = 0xF3AF


class Sleep(enum.Enum):
    """The instruction that let the core wait; YIELD does nothing."""

    WFI = "wfi"
    WFE = "wfe"
    YIELD = "yield"

    def ends(self, exceptions: Exceptions, masks: Masks, fields: Any) -> bool:
        """Return whether the core goes on; fields are the counter's, event of them the event register.

        WFI ends for an exception that would be taken if PRIMASK were 0, WFE for one that is taken, or an
        event: SEV, a return from an exception, or with SCR.SEVONPEND an interrupt that became pending.
        """
        if self is Sleep.WFE and fields.event:
            fields.event = 0
            return True
        if self is Sleep.WFI:
            masks = masks._replace(primask=0)
        return exceptions.next(masks) is not None


def sleep_instruction(code: bytes) -> Sleep | None:
    """Return what the instruction at the end of code lets the core do, None if it goes on."""
    last = int.from_bytes(code[-2:], "little")
    first = int.from_bytes(code[-4:-2], "little")
    name = _WIDE_HINTS.get(last) if first == _WIDE else _HINTS.get(last)
    return None if name is None else Sleep(name)
