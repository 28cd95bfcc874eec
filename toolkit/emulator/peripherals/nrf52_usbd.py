# SPDX-License-Identifier: Apache-2.0
"""USBD of the nRF52840: registers on one side, packets of a full-speed bus on the other.

Source: nRF52840 Product Specification v1.7 (PS) 6.35, errata 171, 187, 199 and 223 of its revisions 1 to 3.
Where PS is silent: a reset of the bus empties all buffers; a packet that is in USBD stays where its endpoint
is switched off or halted.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.nrf52_power import Errata, PowerClock
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.emulator.peripherals.sending import Waiting

PACKET_BYTES = 64
SET_ADDRESS = 5
_ENDPOINTS = 8
_USBRESET, _STARTED, _ENDEPIN, _EP0DATADONE, _ENDEPOUT = 0, 1, 2, 10, 12
_SOF, _USBEVENT, _EP0SETUP, _EPDATA = 21, 22, 23, 24
_SUSPEND, _RESUME, _READY = 1 << 8, 1 << 9, 1 << 11
_DURING_DMA = 0x82
_READY_CYCLES = 6400
_DMA_CYCLES, _DMA_CYCLES_A_BYTE = 64, 4
_RAM = range(0x20000000, 0x20040000)


class Hand(enum.Enum):
    """What a device answers in place of data."""

    ACK = "ack"
    NAK = "nak"
    STALL = "stall"


class Packet(NamedTuple):
    """Data to the host, with the bit that tells a packet from its repetition."""

    toggle: int
    data: bytes


@dataclass(frozen=True)
class Setup:
    """The eight bytes of a request."""

    type: int
    request: int
    value: int
    index: int
    length: int

    @property
    def is_read(self) -> bool:
        """Whether its data go to the host; without data it is a write."""
        return bool(self.type & 0x80) and self.length > 0

    def as_sent(self) -> bytes:
        """Return them in their order."""
        words = (number.to_bytes(2, "little") for number in (self.value, self.index, self.length))
        return bytes([self.type, self.request]) + b"".join(words)


@dataclass
class _Endpoint:
    """One number, both ways: what is in USBD's buffers, and the toggles of what comes next."""

    to_host: bytes | None = None
    to_host_toggle: int = 0
    from_host: bytes | None = None
    from_host_toggle: int = 0
    accepts: bool = False
    halted: set[bool] = field(default_factory=set)


class Usbd(Peripheral):
    """USBD (PS 6.35) without isochronous endpoints. The setting irq is its interrupt.

    The bus calls reset, suspend, resume, setup, token_in and token_out with the device's address; what is not
    answered at all is None. on_change hears when an endpoint may answer something else than before.
    """

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define tasks, events, what a request said, and the endpoints' EasyDMA."""
        self.on_change: Callable[[], None] = lambda: None
        self._inten = 0
        self._enables = 0
        self._is_ready = False
        self._is_moving = False
        self._waiting = Waiting(self.system)
        self._ends = [_Endpoint() for _ in range(_ENDPOINTS)]
        self._setup: Setup | None = None
        self._allows_status = self._allows_data = self._stalls = False
        self._define_tasks()
        self._happened = {
            bit: self.define(0x100 + 4 * bit, f"EVENTS_{name}", writable=1, on_write=self._update_interrupt)
            for bit, name in _event_names().items()
        }
        self._shorts = self.define(0x200, "SHORTS", on_write=self._refuse_shorts)
        self.define(0x304, "INTENSET", on_read=lambda: self._inten, on_write=lambda v: self._ask(v, 0))
        self.define(0x308, "INTENCLR", on_read=lambda: self._inten, on_write=lambda v: self._ask(0, v))
        self._cause = self.define(0x400, "EVENTCAUSE")
        for number in range(_ENDPOINTS):
            self._define_endpoint(number)
        self._went = self.define(0x46C, "EPDATASTATUS")
        self._address = self.define(0x470, "USBADDR", writable=0)
        for index, name in enumerate(_SETUP_NAMES):
            self.define(0x480 + 4 * index, name, writable=0, on_read=self._setup_reader(index))
        self._enabled = self.define(0x500, "ENABLE", writable=1, on_write=self._enable)
        self._pull_up = self.define(0x504, "USBPULLUP", writable=1, on_write=self._pull)
        self.define(0x50C, "DTOGGLE", on_write=self._set_toggle)
        self._in_enabled = self.define(0x510, "EPINEN", 1)
        self._out_enabled = self.define(0x514, "EPOUTEN", 1, on_write=lambda _: self.on_change())
        self.define(0x518, "EPSTALL", on_write=self._halt)
        self._erratum_199 = self.define(0xC1C, "erratum 199")

    def _define_tasks(self) -> None:
        for number in range(_ENDPOINTS):
            self.define(0x004 + 4 * number, f"TASKS_STARTEPIN[{number}]", on_write=self._in_starter(number))
            self.define(0x028 + 4 * number, f"TASKS_STARTEPOUT[{number}]", on_write=self._out_starter(number))
        for offset, name, run in (
            (0x04C, "EP0RCVOUT", self._allow_data),
            (0x050, "EP0STATUS", self._allow_status),
            (0x054, "EP0STALL", self._stall),
        ):
            self.define(offset, f"TASKS_{name}", on_write=self._task(run))

    def _define_endpoint(self, number: int) -> None:
        end = self._ends[number]
        self.define(0x420 + 4 * number, "HALTED.EPIN", writable=0, on_read=lambda: int(True in end.halted))
        self.define(0x444 + 4 * number, "HALTED.EPOUT", writable=0, on_read=lambda: int(False in end.halted))
        self.define(
            0x4A0 + 4 * number,
            f"SIZE.EPOUT[{number}]",
            on_read=lambda: self._size(end),
            on_write=lambda _: self._accept(number),
        )
        for base, name in ((0x600, "EPIN"), (0x700, "EPOUT")):
            for place, part in enumerate(("PTR", "MAXCNT", "AMOUNT")):
                self.define(base + 0x14 * number + 4 * place, f"{name}[{number}].{part}")

    # Registers

    def read(self, offset: int, size: int) -> int:
        """Read a register; who asks again and again whether something ended lets the time go on."""
        value = super().read(offset, size)
        if 0x100 <= offset < 0x180:
            self._waiting.look(bool(value) or not self._is_moving)
        elif offset == 0x400:
            self._waiting.look(bool(value & _READY) or self._is_ready or not self._enabled.value)
        return value

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; ones clear the bits of two of them."""
        if offset in (0x400, 0x46C):
            self._find(offset).value &= ~value
        else:
            super().write(offset, size, value)

    def _setup_reader(self, index: int) -> Callable[[], int]:
        return lambda: self._setup.as_sent()[index] if self._setup else 0

    def _refuse_shorts(self, value: int) -> None:
        if value:
            raise WrongUseError("the emulator's USBD knows no SHORTS.")

    def _ask(self, ones: int, zeros: int) -> None:
        self._inten = (self._inten | ones) & ~zeros
        self._update_interrupt(0)

    def _update_interrupt(self, _value: int) -> None:
        asked = any(event.value and self._inten >> bit & 1 for bit, event in self._happened.items())
        self.set_interrupt(asked)

    def _event(self, bit: int) -> None:
        self._happened[bit].value = 1
        self._update_interrupt(0)

    def _caused(self, cause: int) -> None:
        self._cause.value |= cause
        self._event(_USBEVENT)

    def _task(self, run: Callable[[], None]) -> Callable[[int], None]:
        def start(value: int) -> None:
            if not value & 1:
                return
            if not self._is_ready:
                raise WrongUseError("a task of USBD is started before EVENTCAUSE says READY.")
            if self._is_moving:
                raise WrongUseError("a task of USBD is started while EasyDMA runs (erratum 199).")
            run()
            self.on_change()

        return start

    # Power

    def _enable(self, value: int) -> None:
        if not value:
            self._is_ready = False
            self._forget()
            return
        if self._is_ready:
            return
        errata = self.system.models.one(Errata)
        if errata.erratum_171.value != 0xC0 or errata.erratum_187.value != 3:
            raise WrongUseError(
                "USBD is enabled without what errata 171 and 187 ask for: it may not come up."
            )
        self.system.at(self.system.now() + _READY_CYCLES, self._become_ready)

    def _become_ready(self) -> None:
        if self._enabled.value and not self._is_ready:
            self._is_ready = True
            self._enables += 1
            self._caused(_READY)

    def _pull(self, value: int) -> None:
        if value:
            power = self.system.models.one(PowerClock)
            if not self._is_ready:
                raise WrongUseError("USB is pulled up before EVENTCAUSE says READY.")
            if self._enables < 2:
                raise WrongUseError("USB is pulled up at the first ENABLE after a reset (erratum 223).")
            if not power.crystal_runs:
                raise WrongUseError("USB is pulled up while the crystal does not run.")
            if power.read(0x438, 4) != 3:
                raise WrongUseError("USB is pulled up before its supply is ready (USBPWRRDY).")
        self.on_change()

    @property
    def is_attached(self) -> bool:
        """Whether a host sees a device."""
        return bool(self._pull_up.value and self._is_ready)

    def _forget(self) -> None:
        for end in self._ends:
            end.__dict__.update(_Endpoint().__dict__)
        self._address.value = 0
        self._setup = None
        self._in_enabled.value = self._out_enabled.value = 1
        self._allows_status = self._allows_data = self._stalls = False

    # Endpoints, from the firmware

    def _size(self, end: _Endpoint) -> int:
        if self._is_moving:
            raise WrongUseError("SIZE.EPOUT is read while EasyDMA runs: it may be wrong then.")
        return len(end.from_host or b"")

    def _accept(self, number: int) -> None:
        end = self._ends[number]
        if end.from_host:
            raise WrongUseError(f"SIZE.EPOUT[{number}] is written while a packet waits: it would be lost.")
        end.from_host, end.accepts = None, True
        self.on_change()

    def _halt(self, value: int) -> None:
        end, is_in = self._ends[value & 7], bool(value & 0x80)
        (end.halted.add if value & 0x100 else end.halted.discard)(is_in)
        self.on_change()

    def _set_toggle(self, value: int) -> None:
        end, toggle = self._ends[value & 7], (value >> 8 & 3) - 1
        if toggle >= 0 and value & 0x80:
            end.to_host_toggle = toggle
        elif toggle >= 0:
            end.from_host_toggle = toggle

    def _in_starter(self, number: int) -> Callable[[int], None]:
        def start() -> None:
            end = self._ends[number]
            if end.to_host is not None and number:
                raise WrongUseError(f"EPIN[{number}] is started while its last packet was not fetched.")
            if number == 0 and (self._setup is None or not self._setup.is_read):
                raise WrongUseError("EPIN[0] is started though the host asked for no data.")
            if not self._in_enabled.value >> number & 1:
                raise WrongUseError(f"EPIN[{number}] is started while EPINEN has it off.")
            pointer, length = self._memory_of(0x600 + 0x14 * number, f"EPIN[{number}]")
            data = self.system.read_memory(pointer, length)
            setup = self._setup

            def ended() -> None:
                if number or setup is self._setup:
                    end.to_host = data

            self._move(_ENDEPIN + number, length, 0x608 + 0x14 * number, ended)

        return self._task(start)

    def _out_starter(self, number: int) -> Callable[[int], None]:
        def start() -> None:
            end = self._ends[number]
            if end.from_host is None:
                raise WrongUseError(f"EPOUT[{number}] is started while no packet waits.")
            pointer, most = self._memory_of(0x700 + 0x14 * number, f"EPOUT[{number}]")
            data = end.from_host
            if most < len(data):
                raise WrongUseError(f"EPOUT[{number}].MAXCNT is {most}, the packet has {len(data)} bytes.")

            def ended() -> None:
                self.system.write_memory(pointer, data)
                end.from_host, end.accepts = None, number > 0

            self._move(_ENDEPOUT + number, len(data), 0x708 + 0x14 * number, ended)

        return self._task(start)

    def _memory_of(self, offset: int, name: str) -> tuple[int, int]:
        pointer, length = self._registers[offset].value, self._registers[offset + 4].value
        if pointer not in _RAM or (length and pointer + length - 1 not in _RAM):
            raise WrongUseError(f"{name}.PTR is {pointer:#010x}; EasyDMA reaches RAM only.")
        if pointer % 4:
            raise WrongUseError(f"{name}.PTR is {pointer:#010x}, not aligned to 4 bytes.")
        if length > PACKET_BYTES:
            raise WrongUseError(f"{name}.MAXCNT is {length}; a packet has {PACKET_BYTES} bytes at most.")
        return pointer, length

    def _move(self, event: int, length: int, amount: int, ended: Callable[[], None]) -> None:
        if self._erratum_199.value != _DURING_DMA:
            raise WrongUseError("EasyDMA of USBD is started without what erratum 199 asks for.")
        self._is_moving = True
        self._event(_STARTED)

        def end() -> None:
            self._is_moving = False
            self._registers[amount].value = length
            if self._is_ready:
                ended()
                self._event(event)
                self.on_change()

        self.system.at(self.system.now() + _DMA_CYCLES + _DMA_CYCLES_A_BYTE * length, end)

    # Endpoint 0, from the firmware

    def _asked(self, task: str) -> Setup:
        if self._setup is None:
            raise WrongUseError(f"{task} is started though the host asked for nothing.")
        return self._setup

    def _allow_data(self) -> None:
        setup = self._asked("EP0RCVOUT")
        if setup.is_read or not setup.length:
            raise WrongUseError("EP0RCVOUT is started though no data come from the host.")
        self._allows_data = True

    def _allow_status(self) -> None:
        setup = self._asked("EP0STATUS")
        if setup.request == SET_ADDRESS and not setup.type:
            raise WrongUseError("EP0STATUS is started for SET_ADDRESS, which USBD answers by itself.")
        if setup.is_read and self._ends[0].to_host is not None:
            raise WrongUseError("EP0STATUS is started while data for the host wait.")
        self._allows_status = True

    def _stall(self) -> None:
        self._asked("EP0STALL")
        self._stalls = True

    # The bus

    def reset(self) -> None:
        """The host resets the bus."""
        self._forget()
        self._event(_USBRESET)

    def suspend(self) -> None:
        """Nothing was on the bus for 3 ms."""
        self._caused(_SUSPEND)

    def resume(self) -> None:
        """There is again."""
        self._caused(_RESUME)

    def setup(self, address: int, setup: Setup) -> Hand | None:
        """A request, which a device always takes."""
        if not self._hears(address):
            return None
        self._setup = replace(setup)  # a new one, even if it is the last one again
        end = self._ends[0]
        end.to_host = end.from_host = None
        end.to_host_toggle = end.from_host_toggle = 1
        self._allows_data = self._stalls = False
        self._allows_status = setup.request == SET_ADDRESS and not setup.type
        self._event(_EP0SETUP)
        return Hand.ACK

    def _hears(self, address: int) -> bool:
        return self.is_attached and address == self._address.value

    def token_in(self, address: int, number: int) -> Packet | Hand | None:
        """The host asks an endpoint for data; it then says ack() if they came whole."""
        end = self._ends[number]
        if not self._hears(address) or not self._in_enabled.value >> number & 1:
            return None
        if True in end.halted or (number == 0 and self._stalls):
            return Hand.STALL
        if number == 0 and not (self._setup and self._setup.is_read):
            return Packet(1, b"") if self._allows_status else Hand.NAK
        return Hand.NAK if end.to_host is None else Packet(end.to_host_toggle, end.to_host)

    def ack(self, number: int) -> None:
        """The host has the data of the last token_in."""
        end = self._ends[number]
        if number == 0 and self._setup is not None and not self._setup.is_read:
            self._allows_status = False
            if self._setup.request == SET_ADDRESS and not self._setup.type:
                self._address.value = self._setup.value
            return
        end.to_host = None
        end.to_host_toggle ^= 1
        self._tell(number, number)

    def token_out(self, address: int, number: int, packet: Packet) -> Hand | None:
        """The host sends data to an endpoint."""
        end = self._ends[number]
        if not self._hears(address) or not self._out_enabled.value >> number & 1:
            return None
        if False in end.halted or (number == 0 and self._stalls):
            return Hand.STALL
        if number == 0 and self._setup is not None and self._setup.is_read:
            has_ended, self._allows_status = self._allows_status, False
            return Hand.ACK if has_ended else Hand.NAK
        if packet.toggle != end.from_host_toggle:
            return Hand.ACK  # the last one again: the host did not hear our answer
        if not (end.accepts if number else self._allows_data):
            return Hand.NAK
        end.from_host, end.accepts = packet.data, False
        end.from_host_toggle ^= 1
        if number == 0:
            self._allows_data = False
        self._tell(number, 16 + number)
        return Hand.ACK

    def _tell(self, number: int, bit: int) -> None:
        if number == 0:
            self._event(_EP0DATADONE)
        else:
            self._went.value |= 1 << bit
            self._event(_EPDATA)


_SETUP_NAMES = (
    *("BMREQUESTTYPE", "BREQUEST", "WVALUEL", "WVALUEH"),
    *("WINDEXL", "WINDEXH", "WLENGTHL", "WLENGTHH"),
)


def _event_names() -> dict[int, str]:
    names = {_USBRESET: "USBRESET", _STARTED: "STARTED", _EP0DATADONE: "EP0DATADONE"}
    names |= {_USBEVENT: "USBEVENT", _EP0SETUP: "EP0SETUP", _EPDATA: "EPDATA"}
    for number in range(_ENDPOINTS):
        names |= {_ENDEPIN + number: f"ENDEPIN[{number}]", _ENDEPOUT + number: f"ENDEPOUT[{number}]"}
    return names


MODELS: dict[str, type[Peripheral]] = {"nrf52_usbd": Usbd}
