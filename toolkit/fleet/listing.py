# SPDX-License-Identifier: Apache-2.0
"""The file that lists the boards of a fleet: which board, on which port, with which firmware."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit import tomlfile, ui
from toolkit.errors import InputError
from toolkit.flash import choose_way
from toolkit.runners.port_lock import real_name
from toolkit.runners.ports import Wanted, plain_number
from toolkit.targets.board import Board, load_board, use_boards_of

_PLAIN: dict[str, Callable[[str], str]] = {
    "name": str,
    "port": real_name,
    "serial_number": plain_number,
    "flash_port": real_name,
    "flash_serial_number": plain_number,
}
"""What no two boards may have, and what makes one of its spellings."""


@dataclass(frozen=True)
class Entry:
    """One [[board]] of the file; folders are relative to it.

    The firmware is a project's, which is built and checked on its test samples, or that in a folder, whose
    board is asked who it is. port or serial_number say where the firmware talks, flash_port or
    flash_serial_number where its bootloader is, for boards that have another plug for that.
    """

    board: str
    name: str = ""
    project: str = ""
    firmware: str = ""
    port: str = ""
    serial_number: str = ""
    flash_port: str = ""
    flash_serial_number: str = ""
    method: str = ""

    def __post_init__(self) -> None:
        if bool(self.project) == bool(self.firmware):
            raise ValueError("says either project or firmware: the folder of one of them.")
        for one, other in (("port", "serial_number"), ("flash_port", "flash_serial_number")):
            if getattr(self, one) and getattr(self, other):
                raise ValueError(f"{one} and {other} both name the port: one of them is enough.")

    @property
    def title(self) -> str:
        """The name as a message has it: on one line."""
        return ui.one_line(self.name)

    @property
    def line(self) -> Wanted:
        """The port on which the firmware talks."""
        return Wanted(self.port or None, self.serial_number or None)

    @property
    def plug(self) -> Wanted:
        """The port over which it is flashed."""
        return Wanted(self.flash_port or None, self.flash_serial_number or None)

    def find_board(self) -> Board:
        """Return the board, which its project may have. Raises InputError if there is none.

        Not for threads: they would look in each other's project.
        """
        use_boards_of(Path(self.project) if self.project else None)
        return load_board(self.board)

    def flashes_by_bootloader(self, board: Board) -> bool:
        """Whether a bootloader's port is needed. Raises InputError, UsageError or ToolMissingError."""
        way = choose_way(board, self.method or None)
        return way.method.port(way.upload) == "bootloader"


@dataclass(frozen=True)
class _File:
    board: tuple[Entry, ...]


def load_fleet(file: Path) -> list[Entry]:
    """Return the boards of a file, each with a name of its own and with whole paths.

    Raises InputError for a file that is wrong, a board that is not known, or a port that two boards have.
    """
    entries = tomlfile.load(file, _File).board
    if not entries:
        raise InputError(f"{file} lists no board.", hint="Try: [[board]] with board, port and project")
    folder = file.parent.resolve()
    named = [_whole(entry, number, folder) for number, entry in enumerate(entries, 1)]
    for what, plain in _PLAIN.items():
        _require_different(file, what, (getattr(entry, what) for entry in named), plain)
    return named


def require_certain_plugs(entries: Iterable[Entry]) -> None:
    """Raise InputError if two boards wait for a bootloader, and it is not said which is whose."""
    waiting = [entry for entry in entries if entry.flashes_by_bootloader(entry.find_board())]
    unsure = [entry.title for entry in waiting if not (entry.flash_port or entry.flash_serial_number)]
    if len(waiting) > 1 and unsure:
        raise InputError(
            f"which bootloader is whose? Not said for {', '.join(unsure)}.",
            hint="Try: flash_serial_number, or flash_port, in each [[board]]",
        )


def _whole(entry: Entry, number: int, folder: Path) -> Entry:
    whole = replace(
        entry,
        name=entry.name or f"{entry.board}-{number}",
        project=str(folder / entry.project) if entry.project else "",
        firmware=str(folder / entry.firmware) if entry.firmware else "",
    )
    whole.find_board()
    return whole


def _require_different(file: Path, what: str, values: Iterable[str], plain: Callable[[str], str]) -> None:
    """Raise InputError if two values are the same thing, however they are spelt."""
    seen: dict[str, str] = {}
    for value in filter(None, values):
        key = plain(value)
        if key in seen:
            other = "" if seen[key] == value else f", once as {ui.one_line(seen[key])}"
            raise InputError(
                f"{file}: the {what} {ui.one_line(value)} stands twice{other}.",
                hint="Try: another one for each board",
            )
        seen[key] = value
