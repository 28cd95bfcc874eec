# SPDX-License-Identifier: Apache-2.0
"""Everything that is known of a board, from boards/<name>.toml of the toolkit or of the project at hand."""

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
_of_project: list[Path] = []
"""The folder boards/ of the project at hand; none outside of one."""


@dataclass(frozen=True)
class Region:
    """A range of memory: origin is its address, bytes its size, source the manual that says so."""

    origin: int
    bytes: int
    source: str


@dataclass(frozen=True)
class Loader:
    """What the chip's ROM takes from the start of flash: it copies it to runs_at, checks it, and runs it.

    It comes with the port, is bytes long, and its last word is the CRC-32 of those before it. The vectors
    stand behind it.
    """

    bytes: int
    runs_at: int
    source: str


def loader_problem(loader: Loader, flash: bytes) -> str:
    """Return why the ROM would not run what stands at the start of flash; "" if it would."""
    given, right = (
        int.from_bytes(flash[loader.bytes - 4 : loader.bytes], "little"),
        _crc32(flash[: loader.bytes - 4]),
    )
    if given == right:
        return ""
    return f"its first {loader.bytes} bytes end with {given:#010x}; the ROM wants their CRC, {right:#010x}"


@dataclass(frozen=True)
class Memory:
    """flash is what the application may use (behind the bootloader); ram is all its RAM."""

    flash: Region
    ram: Region
    stack_bytes: int = 4096
    loader: Loader | None = None

    @property
    def vectors(self) -> int:
        """The address of the vector table."""
        return self.flash.origin + (self.loader.bytes if self.loader else 0)


def _crc32(data: bytes) -> int:
    """The CRC-32 of the RP2040's ROM: 0x04C11DB7 from the highest bit on, from all ones, nothing inverted.

    Source: RP2040 Datasheet, 2.8.1.3.1 Checksum.
    """
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value


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
class I2c:
    """The bus of the board's own sensors: peripheral, its base address, pins by the manual's names, speed."""

    instance: str
    base: int
    sda: str
    scl: str
    source: str
    hz: int = 100_000


@dataclass(frozen=True)
class Microphone:
    """What the board's microphone is on: peripheral, its base address, pins by the manual's names.

    clock and data are those of a digital one (PDM), pin that of an analog one.
    """

    instance: str
    base: int
    source: str
    clock: str = ""
    data: str = ""
    pin: str = ""


@dataclass(frozen=True)
class Analog:
    """The board's analog input: peripheral, its base address, the pin by the manual's name.

    supply_mv is the supply that the pin's voltage cannot leave.
    """

    instance: str
    base: int
    pin: str
    source: str
    supply_mv: int = 3300


@dataclass(frozen=True)
class Display:
    """The board's screen: peripheral, its base address, pixels across and down."""

    instance: str
    base: int
    width: int
    height: int
    source: str


@dataclass(frozen=True)
class Sensor:
    """A sensor on the board. In C it is tm_<driver>_<name>, of firmware_templates/sensors/tm_<driver>.c.

    address is its on the I2C bus, interrupt the pin that it calls by, where it is connected. run_ma is the
    current that it takes while it senses, 0 where it is not known.
    """

    name: str
    driver: str
    source: str
    address: int = 0
    interrupt: str = ""
    run_ma: float = 0.0

    def __post_init__(self) -> None:
        for text in (self.name, self.driver):
            if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
                raise ValueError(f"{text!r} of a sensor must be of small letters, digits and _.")


@dataclass(frozen=True)
class Power:
    """What the microcontroller takes at volts: while the core runs, and while it sleeps with its clocks on.

    Regulators, LEDs and whatever else is on the board are not in it.
    """

    volts: float
    run_ma: float
    sleep_ma: float
    source: str


@dataclass(frozen=True)
class Led:
    """The LED that shows the application's state."""

    pin: str
    source: str
    active_low: bool = False


@dataclass(frozen=True)
class Button:
    """The button that is the application's: pin by the manual's name, number as in tm_port_pins.h.

    number is 32 * port + pin. has_resistor: the board pulls it to where it is not pressed.
    """

    pin: str
    number: int
    source: str
    active_low: bool = False
    has_resistor: bool = False


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
    label: the name of the USB drive that the board, or its debug probe, makes.
    uf2_family: what that drive takes is a UF2 file of this family; 0 for the image itself.
    """

    tool: str
    command: tuple[str, ...] = ()
    note: str = ""
    prepare: tuple[tuple[str, ...], ...] = ()
    touch_1200: bool = False
    bauds: tuple[int, ...] = ()
    label: str = ""
    uf2_family: int = 0


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

    flash_timing is for the cycle model, power for the energy of a day; None where the manual does not say
    enough.
    """

    name: str
    title: str
    mcu: str
    core: str
    port: str
    clock: Clock
    memory: Memory | None = None
    flash_timing: FlashTiming | None = None
    power: Power | None = None
    uart: Uart | None = None
    led: Led | None = None
    button: Button | None = None
    i2c: I2c | None = None
    microphone: Microphone | None = None
    analog: Analog | None = None
    display: Display | None = None
    sensors: tuple[Sensor, ...] = ()
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
        names = [sensor.name for sensor in self.sensors]
        if len(set(names)) < len(names):
            raise ValueError(f"two of the sensors have one name: {', '.join(names)}.")
        if self.core not in CORES:
            raise ValueError(f"core {self.core!r} is not known. {did_you_mean(self.core, CORES)}")

    @property
    def is_host(self) -> bool:
        """Whether the board is the machine that runs the toolkit."""
        return not find_core(self.core).startup


def use_boards_of(project: Path | None) -> None:
    """From now on, the boards in the folder boards/ of this project are known too, and those of no other."""
    _of_project[:] = [] if project is None else [project.absolute() / "boards"]


def board_names(folder: Path | None = None) -> list[str]:
    """Return the names of all boards in folder, else of the toolkit and of the project at hand, sorted."""
    return sorted(_board_files(folder))


def load_board(name: str, folder: Path | None = None) -> Board:
    """Return the board called name. Raises InputError with the nearest names if there is none."""
    files = _board_files(folder)
    if name not in files:
        hint = "Try: tinyml boards"
        raise InputError(f"there is no board {name!r}. {did_you_mean(name, sorted(files))}", hint=hint)
    return _read_board(name, files[name])


def _board_files(folder: Path | None) -> dict[str, Path]:
    """Return each board's file by its name. Raises InputError for two boards of one name."""
    found: dict[str, Path] = {}
    for place in [folder] if folder else [paths.data_dir("boards"), *_of_project]:
        for path in place.glob("*.toml"):
            if path.stem in found:
                hint = f'Try: another name for the file, and in it; like = "{path.stem}" takes the rest over'
                raise InputError(f"{path}: the toolkit has a board {path.stem}.", hint=hint)
            found[path.stem] = path
    return found


@cache
def _read_board(name: str, path: Path) -> Board:
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
    places = [path.parent, *([paths.data_dir("boards")] if path.parent in _of_project else [])]
    others = [place / f"{like}.toml" for place in places if re.fullmatch(_NAME, str(like))]
    other = next(filter(Path.is_file, others), None)
    if not isinstance(like, str) or other is None:
        raise tomlfile.error_at(path, ("like",), f"there is no board {like!r}.")
    base = tomlfile.load_table(other)
    if "like" in base:
        raise tomlfile.error_at(path, ("like",), f"{like} is itself like another board.")
    return {
        **base,
        **{key: {**base[key], **v} if isinstance(v, dict) and key in base else v for key, v in table.items()},
    }
