# SPDX-License-Identifier: Apache-2.0
"""Everything that is known of a board, from boards/<name>.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from toolkit import paths, tomlfile
from toolkit.errors import InputError
from toolkit.suggest import did_you_mean
from toolkit.targets.cores import CORES, find_core
from toolkit.timing.flash import FlashTiming

EVERY = "all"
"""Stands for every board where one is named."""
_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*"
_MOST_PERIPHERAL_BYTES = 1 << 20


@dataclass(frozen=True)
class Region:
    """A range of memory: origin is its address, bytes its size, source the manual that says so."""

    origin: int
    bytes: int
    source: str


@dataclass(frozen=True)
class Memory:
    """flash is what the application may use (behind the bootloader); ram is all its RAM."""

    flash: Region
    ram: Region
    stack_bytes: int = 4096


@dataclass(frozen=True)
class Uart:
    """The serial line: peripheral, its base address, pins by the manual's names."""

    instance: str
    base: int
    tx: str
    rx: str
    source: str
    baud: int = 115200


@dataclass(frozen=True)
class Led:
    """The LED that shows the application's state."""

    pin: str
    source: str
    active_low: bool = False


@dataclass(frozen=True)
class Clock:
    """The core clock after start-up."""

    hz: int
    source: str


@dataclass(frozen=True)
class PlatformIO:
    """What PlatformIO's own registry calls it, for --framework: platform with its version, and board.

    Bare metal does not need them.
    """

    platform: str
    board: str
    frameworks: tuple[str, ...] = ()


@dataclass(frozen=True)
class UsbId:
    """What the board is on USB: the line that its firmware talks on, an Arduino sketch, or a bootloader."""

    vendor: int
    product: int
    role: Literal["line", "sketch", "bootloader"]
    source: str

    def __str__(self) -> str:
        return f"{self.vendor:04x}:{self.product:04x}"


@dataclass(frozen=True)
class Usb:
    """How the board's ports are told from others.

    any_adapter: the firmware's line comes out on pins, so that any USB to serial adapter may be behind it.
    own_plug: the firmware is a USB device itself, with the ids of the role "line".
    """

    ids: tuple[UsbId, ...] = ()
    any_adapter: bool = False
    own_plug: bool = False

    def __post_init__(self) -> None:
        if self.own_plug and not self.lines:
            raise ValueError('own_plug needs ids of the role "line": those that the firmware says.')

    @property
    def lines(self) -> tuple[UsbId, ...]:
        """The ids of the line that the firmware talks on."""
        return tuple(each for each in self.ids if each.role == "line")


@dataclass(frozen=True)
class Upload:
    """One way to flash, by the method of this name in toolkit/flash/methods/.

    command: for a method that is a program, what runs, with {elf}, {bin}, {hex}, {port} filled in.
    prepare: commands that run before it, in the image's folder, such as those that wrap the image.
    touch_1200: opening {port} at 1200 baud and closing it starts the board's bootloader first.
    bauds: the speeds at which the board's bootloader may listen, the likeliest first.
    label: the name of the USB drive that the board's debug probe makes.
    """

    tool: str
    command: tuple[str, ...] = ()
    note: str = ""
    prepare: tuple[tuple[str, ...], ...] = ()
    touch_1200: bool = False
    bauds: tuple[int, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Peripheral:
    """A peripheral of the emulator: model names the class, at base, bytes long."""

    model: str
    base: int
    bytes: int = 0x1000
    source: str = ""
    settings: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.bytes <= _MOST_PERIPHERAL_BYTES:
            raise ValueError(f"bytes {self.bytes:,} of {self.model} must be 1 to {_MOST_PERIPHERAL_BYTES:,}.")
        if not 0 <= self.base <= (1 << 32) - self.bytes:
            raise ValueError(f"base {self.base:#x} of {self.model} is not within 32 bits.")


@dataclass(frozen=True)
class Emulation:
    """How the embedded emulator runs the board: peripherals, and regions beside the application's RAM.

    interrupts is how many interrupt lines the microcontroller has, priority_bits how many bits of priority.
    """

    peripherals: tuple[Peripheral, ...] = ()
    ram: tuple[Region, ...] = ()
    interrupts: int = 240
    priority_bits: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.interrupts <= 240 or not 2 <= self.priority_bits <= 8:
            raise ValueError("interrupts must be 1 to 240, priority_bits 3 to 8; ARMv6-M: 1 to 32, and 2.")


@dataclass(frozen=True)
class Renode:
    """How Renode runs the board: platform is a file of Renode's, or ("/" in none) one in templates/renode/.

    uart is the UART's name there; led_port that of the GPIO port of the LED, whose pin is led_pin; "" where
    Renode shows none.
    """

    platform: str
    uart: str
    led_port: str = ""
    led_pin: int = 0
    source: str = ""


@dataclass(frozen=True)
class Board:
    """A board; name is the file's name without .toml, core one of toolkit/targets/cores.py.

    flash_timing is for the cycle model; None where the manual does not say enough.
    """

    name: str
    title: str
    mcu: str
    core: str
    port: str
    clock: Clock
    memory: Memory | None = None
    flash_timing: FlashTiming | None = None
    uart: Uart | None = None
    led: Led | None = None
    defines: dict[str, int] = field(default_factory=dict)
    platformio: PlatformIO | None = None
    usb: Usb = field(default_factory=Usb)
    upload: tuple[Upload, ...] = ()
    emulation: Emulation | None = None
    renode: Renode | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(_NAME, self.name):
            raise ValueError(f"name {self.name!r} must be of letters, digits, _ and -.")
        if self.name == EVERY:
            raise ValueError(f"no board can be called {EVERY!r}: --board {EVERY} stands for every board.")
        for name in self.defines:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"defines: {name!r} is no name of a C macro: letters, digits and _.")
        if self.core not in CORES:
            raise ValueError(f"core {self.core!r} is not known. {did_you_mean(self.core, CORES)}")

    @property
    def is_host(self) -> bool:
        """Whether the board is the machine that runs the toolkit."""
        return not find_core(self.core).startup


def board_names(folder: Path | None = None) -> list[str]:
    """Return the names of all boards, sorted."""
    return sorted(path.stem for path in (folder or paths.data_dir("boards")).glob("*.toml"))


@cache
def load_board(name: str, folder: Path | None = None) -> Board:
    """Return the board called name. Raises InputError with the nearest names if there is none."""
    names = board_names(folder)
    if name not in names:
        hint = "Try: tinyml boards"
        raise InputError(f"there is no board {name!r}. {did_you_mean(name, names)}", hint=hint)
    path = (folder or paths.data_dir("boards")) / f"{name}.toml"
    board = tomlfile.from_table(path, Board, _whole_table(path), ())
    if board.name != name:
        raise InputError(f"{path}: name is {board.name!r}, but the file is called {name}.toml.")
    return board


def _whole_table(path: Path) -> dict[str, Any]:
    """Return a board file's table; of one that is like another, with what only the other one says."""
    table = tomlfile.load_table(path)
    like = table.pop("like", None)
    if like is None:
        return table
    other = path.parent / f"{like}.toml"
    if not isinstance(like, str) or not re.fullmatch(_NAME, like) or not other.is_file():
        raise tomlfile.error_at(path, ("like",), f"there is no board {like!r}.")
    base = tomlfile.load_table(other)
    if "like" in base:
        raise tomlfile.error_at(path, ("like",), f"{like} is itself like another board.")
    return {
        **base,
        **{key: {**base[key], **v} if isinstance(v, dict) and key in base else v for key, v in table.items()},
    }
