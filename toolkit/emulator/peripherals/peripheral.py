# SPDX-License-Identifier: Apache-2.0
"""What every peripheral's model is: registers by offset, with what reading and writing them does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar, cast

from toolkit.emulator.error import UnknownRegisterError
from toolkit.emulator.events import Event, Events
from toolkit.emulator.exceptions import Exceptions
from toolkit.emulator.feed import Feed
from toolkit.emulator.led import Led
from toolkit.emulator.pins import Pins
from toolkit.emulator.serial_line import SerialLine
from toolkit.errors import InputError
from toolkit.targets import board as boards

WORD = 0xFFFFFFFF


@dataclass(frozen=True)
class System:
    """What a model may use of the machine around it.

    now is the board's time in core cycles: instructions issued, and what was slept. cycles is what the
    firmware's cycle counter counts. wait lets the time go on to the next event, or to a time before it. feeds
    are what the board's sensors sense, by their names. pins are the levels from outside.
    """

    board: boards.Board
    line: SerialLine
    led: Led
    now: Callable[[], int]
    cycles: Callable[[], int]
    read_memory: Callable[[int, int], bytes]
    write_memory: Callable[[int, bytes], None]
    models: Models
    events: Events = field(default_factory=Events)
    exceptions: Exceptions = field(default_factory=Exceptions)
    wait: Callable[[int | None], None] = lambda _until: None
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    pins: Pins = field(default_factory=Pins)

    def at(self, when: int, call: Callable[[], None]) -> Event:
        """Have call made at a time of now(): between two blocks of code, or before a register is accessed."""
        return self.events.at(when, call)

    def set_led(self, *levels: bool) -> None:
        """Take the levels of the pins that the LED, or the LEDs that are a bar, hang on."""
        active_low = self.board.led is not None and self.board.led.active_low
        lit = sum(level != active_low for level in levels) / len(levels)
        if lit != self.led.lit:
            self.led.set(lit, self.now())


@dataclass
class Register:
    """A register: its value, which bits software may write, and what else happens."""

    name: str
    value: int = 0
    writable: int = WORD
    on_read: Callable[[], int] | None = None
    on_write: Callable[[int], None] | None = None


@dataclass
class Settling:
    """Something that takes time in hardware: true from the reads-th look after start."""

    reads: int = 4
    _left: int | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin; a start while it runs changes nothing."""
        if self._left is None:
            self._left = self.reads

    def stop(self) -> None:
        """Go back to not started."""
        self._left = None

    def look(self) -> bool:
        """Return whether it is done; each look brings the end nearer."""
        if self._left is None:
            return False
        self._left = max(0, self._left - 1)
        return self._left == 0

    @property
    def is_started(self) -> bool:
        """Whether it runs or is done."""
        return self._left is not None

    @property
    def is_done(self) -> bool:
        """Whether it is done, without bringing the end nearer."""
        return self._left == 0


class Peripheral:
    """A block of registers at an address. Subclasses define() their registers in set_up().

    One model covers what our ports use of the hardware; any other register is an error. needs and may
    are the settings that a board file must and may give, with the values that they can have.
    """

    needs: ClassVar[Mapping[str, range]] = {}
    may: ClassVar[Mapping[str, range]] = {}

    def __init__(self, system: System, spec: boards.Peripheral) -> None:
        self.system = system
        self.base = spec.base
        self.bytes = spec.bytes
        self.settings = spec.settings
        self.name = spec.model
        self._registers: dict[int, Register] = {}
        self.set_up()

    def set_up(self) -> None:
        """Define the registers."""
        raise NotImplementedError

    def define(
        self,
        offset: int,
        name: str,
        reset: int = 0,
        *,
        writable: int = WORD,
        on_read: Callable[[], int] | None = None,
        on_write: Callable[[int], None] | None = None,
    ) -> Register:
        """Add a register; on_read gives its value, on_write is told the new one after the mask."""
        register = Register(name, reset, writable, on_read, on_write)
        self._registers[offset] = register
        return register

    def read(self, offset: int, size: int) -> int:
        """Return size bytes of the register at offset."""
        register = self._find(offset)
        value = register.on_read() if register.on_read else register.value
        return (value >> 8 * (offset % 4)) & ((1 << 8 * size) - 1)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write size bytes of the register at offset; bits that are not writable keep their value."""
        register = self._find(offset)
        shift = 8 * (offset % 4)
        mask = ((1 << 8 * size) - 1) << shift & register.writable
        register.value = register.value & ~mask | value << shift & mask
        if register.on_write:
            register.on_write(register.value)

    def set_interrupt(self, is_high: bool) -> None:
        """Set the level of the interrupt line that the setting irq names; without it there is none."""
        if "irq" in self.settings:
            self.system.exceptions.set_line(self.settings["irq"], is_high)

    def _find(self, offset: int) -> Register:
        register = self._registers.get(offset & ~3)
        if register is None:
            raise UnknownRegisterError(
                f"{self.name} has no register at offset {offset:#05x} in the emulator."
            )
        return register


P = TypeVar("P", bound=Peripheral)


class Models:
    """All peripherals in the order in which they were added."""

    def __init__(self) -> None:
        self._all: list[Peripheral] = []
        self._by_kind: dict[type[Peripheral], list[Peripheral]] = {}

    def add(self, peripheral: Peripheral) -> None:
        """Take a peripheral in."""
        self._all.append(peripheral)
        self._by_kind.clear()

    def __iter__(self) -> Iterator[Peripheral]:
        return iter(self._all)

    def every(self, kind: type[P]) -> list[P]:
        """Return all peripherals of a kind."""
        if kind not in self._by_kind:
            self._by_kind[kind] = [model for model in self._all if isinstance(model, kind)]
        return cast("list[P]", self._by_kind[kind])

    def one(self, kind: type[P]) -> P:
        """Return the first peripheral of a kind. Raises InputError if the board lists none."""
        found = self.every(kind)
        if not found:
            raise InputError(f"the board's [emulation] lists no peripheral of the kind {kind.__name__}.")
        return found[0]

    def at(self, address: int) -> Peripheral | None:
        """Return the peripheral that an address belongs to."""
        for model in self._all:
            if model.base <= address < model.base + model.bytes:
                return model
        return None
