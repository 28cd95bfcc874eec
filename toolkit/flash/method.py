# SPDX-License-Identifier: Apache-2.0
"""What a method of flashing is: what it needs, whether that is there, and what it does with an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from toolkit.flash.bootloader import Patience
from toolkit.flash.image import FlashImage
from toolkit.plugins import by_name, load_plugins
from toolkit.targets.board import Board, Upload
from toolkit.ui import OnProgress

PortKind = Literal["none", "line", "bootloader"]
"""Which serial port a method needs: none, that of the firmware's line, or that of the board's bootloader."""


@dataclass(frozen=True)
class Usable:
    """Whether a method can be used here: lacks is what is missing, "" if nothing; get is how to get it."""

    lacks: str = ""
    get: str = ""

    def __bool__(self) -> bool:
        return not self.lacks


@dataclass(frozen=True)
class Job:
    """What a method is to do. The image was checked against the board; port is open for us alone, or "".

    on_line hears what is being done, on_progress how many bytes of how many are on the board.
    patience is how long to wait for the person and the board.
    """

    image: FlashImage
    board: Board
    upload: Upload
    port: str
    on_line: Callable[[str], None]
    on_progress: OnProgress
    patience: Patience = field(default_factory=Patience)


class Method(Protocol):
    """One way to flash; name is what stands as tool in [[upload]] of a board file, and about what it is."""

    @property
    def name(self) -> str:
        """Its name in the board file."""

    @property
    def about(self) -> str:
        """What it is, in a few words."""

    def port(self, upload: Upload) -> PortKind:
        """Return which serial port it needs."""

    def usable(self, upload: Upload) -> Usable:
        """Return whether what it needs is installed here; nothing is said of the board being plugged in."""

    def flash(self, job: Job) -> None:
        """Write the image, verify it as far as the method can, and start it.

        Raises DeviceError if the board does not do what it should.
        """


def flash_methods() -> dict[str, Method]:
    """Return every method by its name."""
    return by_name(load_plugins("toolkit.flash.methods", "METHOD"))
