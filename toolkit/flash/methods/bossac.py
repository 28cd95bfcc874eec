# SPDX-License-Identifier: Apache-2.0
"""Arduino's fork of BOSSA, for the bootloader of the Nano 33 BLE."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from toolkit.flash.method import Usable
from toolkit.flash.program import Program, find_program
from toolkit.targets.board import Upload

_GET = "arduino-cli core install arduino:mbed_nano, and its folder on the PATH"
_CHIP = b"nRF52840"
"""What Arduino's fork says that the Nano's microcontroller is; Debian's bossac 1.9.1 does not contain it."""


class Bossac(Program):
    """The fork: another bossac says only "SAM-BA operation failed" to the Nano's bootloader."""

    def usable(self, upload: Upload) -> Usable:
        """Return whether the fork is installed."""
        found = find_program(self.name)
        with suppress(OSError):
            if found is not None and _CHIP not in Path(found).read_bytes():
                return Usable(
                    f"{found} is not Arduino's fork: it does not know the {_CHIP.decode()}", self.install
                )
        return super().usable(upload)


METHOD = Bossac("bossac", _GET, "over USB, with the bootloader on the board")
