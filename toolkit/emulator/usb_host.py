# SPDX-License-Identifier: Apache-2.0
"""A computer at the board's USB plug: enumerates the device, and is its serial port.

Source: USB 2.0 chapters 8 and 9; CDC 1.2 with PSTN 1.2. One transaction after the other, each in the time
that it takes on a full-speed bus. There are no frames: an endpoint that answers NAK is asked again once it
may answer something else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Literal

from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.nrf52_power import PowerClock
from toolkit.emulator.peripherals.nrf52_usbd import PACKET_BYTES, SET_ADDRESS, Hand, Packet, Setup, Usbd

IN = 0x80
DATA = DATA_INTERFACE = 1
GET_STATUS, CLEAR_FEATURE, SET_FEATURE, GET_DESCRIPTOR, SET_CONFIGURATION, SET_INTERFACE = 0, 1, 3, 6, 9, 11
SET_LINE_CODING, GET_LINE_CODING, SET_CONTROL_LINE_STATE, SEND_BREAK = 0x20, 0x21, 0x22, 0x23
DEVICE, CONFIGURATION, STRING = 1, 2, 3
TO_INTERFACE_OF_CLASS = 0x21
DTR_RTS = 3

_OVERHEAD_US, _BYTE_US = 8.0, 0.7
_DEBOUNCE_S, _RESET_S, _RECOVERY_S, _SET_ADDRESS_S, _IDLE_S, _TIMEOUT_S = 0.1, 0.01, 0.01, 0.002, 0.003, 5.0
_MOST_ERRORS = 3

Fault = Literal["data", "ack"]
Script = Generator["Transfer | float", None, None]


@dataclass
class Transfer:
    """A request on endpoint 0: what came of it is hand, ACK, STALL, or None for no answer at all."""

    setup: Setup
    data: bytes = b""
    hand: Hand | None = None
    is_done: bool = False
    came: bytearray = field(default_factory=bytearray)
    stage: Literal["setup", "data", "status"] = "setup"
    toggle: int = 1
    sent: int = 0
    errors: int = 0


class UsbHost:
    """The host. Events do its work while the machine runs; is_busy while more will come by themselves.

    faults is asked before each packet with data what happens to it: the packet is lost, or the answer to it.
    read_gap_s is how long a slow reader waits between two packets; reads says whether there is one at all.
    received are the bytes that came; packets their sizes. transfers counts what was carried, both ways.
    """

    def __init__(self, usbd: Usbd) -> None:
        self._usbd = usbd
        self._system = usbd.system
        self._hz = self._system.board.clock.hz
        self.faults: Callable[[], Fault | None] = lambda: None
        self.read_gap_s = 0.0
        self.reads = False
        self.received = bytearray()
        self.packets: list[int] = []
        self.transfers = 0
        self.device = self.configuration = b""
        self.strings: list[str] = []
        self.is_configured = False
        self.stalled: set[int] = set()
        self._control: deque[Transfer] = deque()
        self._out: deque[bytes] = deque()
        self._forget()
        self._turn = 0
        self._slot: Event | None = None
        self._pause: Event | None = None
        self._script: Script | None = None
        self._waits_for: Transfer | None = None
        self._read_at = 0
        self._is_silent = True
        usbd.on_change = self._look
        self._system.line.more_comes = lambda: self.is_busy

    def _forget(self) -> None:
        self.address = 0
        self._in_toggle = self._out_toggle = 0
        self._errors = 0
        self.stalled.clear()

    @property
    def is_busy(self) -> bool:
        """Whether something will happen on the bus without the firmware."""
        return self._slot is not None or self._pause is not None

    @property
    def unsent(self) -> int:
        """How many packets wait to be taken by the device."""
        return len(self._out)

    # Cable and bus

    def plug(self) -> None:
        """Put the cable in; once the device pulls up it is enumerated, and the port is opened."""
        self._system.models.one(PowerClock).plug()
        self._run(self._enumerated())

    def unplug(self) -> None:
        """Take it out."""
        self._system.models.one(PowerClock).unplug()
        self._end()

    def reset(self) -> None:
        """Reset the bus, whatever is under way, and enumerate anew; what was not sent is forgotten."""
        self._end()
        self._run(self._enumerated())

    def _end(self) -> None:
        for transfer in self._control:
            transfer.is_done = True
        self._control.clear()
        self._out.clear()
        self._silence()
        self._script, self._waits_for, self.is_configured, self.reads = None, None, False, False
        self._forget()

    def suspend(self) -> None:
        """Be silent; after 3 ms the device notices."""
        self._silence()
        self._after(_IDLE_S, self._usbd.suspend)

    def resume(self) -> None:
        """Be there again."""
        self._silence()
        self._usbd.resume()
        self._is_silent = False
        self._look()

    def _silence(self) -> None:
        self._is_silent = True
        for event in (self._slot, self._pause):
            if event is not None:
                event.cancel()
        self._slot = self._pause = None

    # What it asks of the device

    def request(self, setup: Setup, data: bytes = b"") -> Transfer:
        """Make a request, behind those that wait."""
        transfer = Transfer(setup, data)
        self._control.append(transfer)
        self._system.at(self._now() + round(_TIMEOUT_S * self._hz), lambda: self._time_out(transfer))
        self._look()
        return transfer

    def give_up(self) -> None:
        """Forget the requests that wait, as a program does whose patience ends."""
        for transfer in (given_up := list(self._control)):
            transfer.is_done = True
        self._control.clear()
        if self._waits_for in given_up:
            self._go_on()

    def write(self, data: bytes, packet_bytes: int = PACKET_BYTES) -> None:
        """Send bytes to the port in packets of a size; b"" is a packet without data."""
        for start in range(0, max(1, len(data)), packet_bytes):
            self._out.append(data[start : start + packet_bytes])
        self._look()

    def open(self, baud: int = 115200) -> None:
        """A program opens the port, and reads."""
        self._run(self._opened(baud))

    def close(self) -> None:
        """It closes it; what comes is not fetched any more."""
        self.reads = False
        self._run(self._closed())

    def clear_halt(self, endpoint: int) -> Transfer:
        """End the halt of an endpoint."""
        return self.request(Setup(0x02, CLEAR_FEATURE, 0, endpoint, 0))

    def read(self, is_on: bool) -> None:
        """Go on or stop fetching what the device sends."""
        self.reads = is_on
        self._look()

    def collect(self) -> bytes:
        """Return what came since the last call."""
        data = bytes(self.received)
        self.received.clear()
        return data

    # Scripts: what is done after what

    def _run(self, script: Script) -> None:
        self._script = script
        self._go_on()

    def _go_on(self) -> None:
        self._pause = self._waits_for = None
        script = self._script
        if script is None:
            return
        try:
            step = next(script)
        except StopIteration:
            self._script = None
            return
        if isinstance(step, Transfer):
            self._waits_for = step
            if step.is_done:
                self._go_on()
        else:
            self._after(step, self._go_on)

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        def happen() -> None:
            self._pause = None
            call()

        self._pause = self._system.at(self._now() + max(1, round(seconds * self._hz)), happen)

    def _enumerated(self) -> Script:
        """As computers do it: a look at the device's first bytes, its address, all it says, and its use."""
        while not self._usbd.is_attached:
            yield 0.001
        yield _DEBOUNCE_S
        yield from self._reset_bus()
        yield self._descriptor(DEVICE, 0, PACKET_BYTES)
        yield from self._reset_bus()
        yield self.request(Setup(0x00, SET_ADDRESS, 5, 0, 0))
        self.address = 5
        yield _SET_ADDRESS_S
        yield (device := self._descriptor(DEVICE, 0, 18))
        yield (head := self._descriptor(CONFIGURATION, 0, 9))
        total = int.from_bytes(head.came[2:4], "little")
        yield (whole := self._descriptor(CONFIGURATION, 0, total))
        self.device, self.configuration = bytes(device.came), bytes(whole.came)
        yield from self._strings()
        yield (used := self.request(Setup(0x00, SET_CONFIGURATION, 1, 0, 0)))
        self.is_configured = used.hand is Hand.ACK
        yield from self._opened(115200)

    def _reset_bus(self) -> Script:
        self._is_silent = True
        yield _RESET_S
        self._forget()
        self._usbd.reset()
        yield _RECOVERY_S
        self._is_silent = False

    def _strings(self) -> Script:
        self.strings = []
        yield self._descriptor(STRING, 0, 255)
        for index in self.device[14:17]:
            yield (said := self._descriptor(STRING, index, 255))
            self.strings.append(said.came[2:].decode("utf-16-le"))

    def _opened(self, baud: int) -> Script:
        coding = baud.to_bytes(4, "little") + bytes([0, 0, 8])
        yield self.request(Setup(TO_INTERFACE_OF_CLASS, SET_LINE_CODING, 0, 0, 7), coding)
        yield self.request(Setup(TO_INTERFACE_OF_CLASS, SET_CONTROL_LINE_STATE, DTR_RTS, 0, 0))
        self.read(True)

    def _closed(self) -> Script:
        yield self.request(Setup(TO_INTERFACE_OF_CLASS, SET_CONTROL_LINE_STATE, 0, 0, 0))

    def _descriptor(self, kind: int, index: int, length: int) -> Transfer:
        language = 0x0409 if kind == STRING and index else 0
        return self.request(Setup(IN, GET_DESCRIPTOR, kind << 8 | index, language, length))

    # Transactions

    def _now(self) -> int:
        return self._system.now()

    def _look(self) -> None:
        """Something may have changed: ask again, soon."""
        if self._slot is None and not self._is_silent and (self._control or self._out or self.reads):
            self._plan(0)

    def _plan(self, size: int) -> None:
        cycles = round((_OVERHEAD_US + _BYTE_US * size) * self._hz / 1e6)
        self._slot = self._system.at(self._now() + cycles, self._transact)

    def _transact(self) -> None:
        """Make the next transaction that gets an answer other than NAK."""
        self._slot = None
        pipes = (self._step_control, self._step_out, self._step_in)
        for index in range(len(pipes)):
            moved = pipes[(self._turn + index) % len(pipes)]()
            if moved is not None:
                self._turn = (self._turn + index + 1) % len(pipes)
                if self._slot is None and not self._is_silent:
                    self._plan(moved)
                return

    def _time_out(self, transfer: Transfer) -> None:
        if transfer in self._control:
            self._control.remove(transfer)
            self._finish(transfer, None)

    def _finish(self, transfer: Transfer, hand: Hand | None) -> None:
        transfer.hand, transfer.is_done = hand, True
        self.transfers += 1
        setup = transfer.setup
        if hand is Hand.ACK and setup.type & 0x60 == 0:
            is_interface = setup.request == SET_INTERFACE and setup.index == DATA_INTERFACE
            is_all = setup.request == SET_CONFIGURATION or is_interface
            ends_halt = setup.request == CLEAR_FEATURE and setup.type == 2
            if is_all or (ends_halt and setup.index == DATA | IN):
                self._in_toggle = 0
            if is_all or (ends_halt and setup.index == DATA):
                self._out_toggle = 0
            if is_all:
                self.stalled.clear()
            if ends_halt:
                self.stalled.discard(setup.index)
        if transfer is self._waits_for:
            self._go_on()

    def _step_control(self) -> int | None:
        if not self._control:
            return None
        transfer = self._control[0]
        stage = {"setup": self._send_setup, "data": self._move_data, "status": self._move_status}
        before = (transfer.stage, transfer.errors)
        size = stage[transfer.stage](transfer)
        if transfer.errors >= _MOST_ERRORS and transfer.errors != before[1]:
            self._leave(transfer, None)
        return size

    def _leave(self, transfer: Transfer, hand: Hand | None) -> int:
        self._control.popleft()
        self._finish(transfer, hand)
        return 0

    def _send_setup(self, transfer: Transfer) -> int | None:
        fault = self.faults()
        if fault == "data":
            return 8
        if self._usbd.setup(self.address, transfer.setup) is None:
            transfer.errors += 1
        elif fault is None:
            has_data = transfer.setup.length > 0
            transfer.stage, transfer.errors = ("data" if has_data else "status"), 0
        return 8

    def _move_data(self, transfer: Transfer) -> int | None:
        return self._fetch_data(transfer) if transfer.setup.is_read else self._give_data(transfer)

    def _fetch_data(self, transfer: Transfer) -> int | None:
        answer = self._usbd.token_in(self.address, 0)
        if not isinstance(answer, Packet):
            return self._no_packet(transfer, answer)
        fault = self.faults()
        if fault == "data":
            return len(answer.data)
        if answer.toggle == transfer.toggle:
            transfer.came += answer.data
            transfer.toggle ^= 1
        if fault is None:
            self._usbd.ack(0)
            is_short = len(answer.data) < PACKET_BYTES
            if is_short or len(transfer.came) >= transfer.setup.length:
                transfer.stage, transfer.errors = "status", 0
        return len(answer.data)

    def _give_data(self, transfer: Transfer) -> int | None:
        part = transfer.data[transfer.sent : transfer.sent + PACKET_BYTES]
        fault = self.faults()
        if fault == "data":
            return len(part)
        hand = self._usbd.token_out(self.address, 0, Packet(transfer.toggle, part))
        if hand is not Hand.ACK:
            return self._no_packet(transfer, hand)
        if fault is None:
            transfer.sent += len(part)
            transfer.toggle ^= 1
            if transfer.sent >= len(transfer.data):
                transfer.stage, transfer.errors = "status", 0
        return len(part)

    def _no_packet(self, transfer: Transfer, hand: Hand | None) -> int | None:
        if hand is Hand.STALL:
            return self._leave(transfer, hand)
        if hand is None:
            transfer.errors += 1
            return 0
        return None

    def _move_status(self, transfer: Transfer) -> int | None:
        if transfer.setup.is_read:
            hand = self._usbd.token_out(self.address, 0, Packet(1, b""))
        else:
            answer = self._usbd.token_in(self.address, 0)
            hand = Hand.ACK if isinstance(answer, Packet) else answer
            if hand is Hand.ACK:
                self._usbd.ack(0)
        return self._leave(transfer, hand) if hand is Hand.ACK else self._no_packet(transfer, hand)

    def _step_out(self) -> int | None:
        if not self._out or DATA in self.stalled or not self.is_configured:
            return None
        fault = self.faults()
        size = len(self._out[0])
        if fault == "data":
            return size
        hand = self._usbd.token_out(self.address, DATA, Packet(self._out_toggle, self._out[0]))
        if hand is Hand.STALL:
            self.stalled.add(DATA)
        if hand is not Hand.ACK:
            return None
        if fault is None:
            self._out.popleft()
            self._out_toggle ^= 1
            self.transfers += 1
        return size

    def _step_in(self) -> int | None:
        if not self.reads or DATA | IN in self.stalled or not self.is_configured:
            return None
        if self._now() < self._read_at:
            self._slot = self._slot or self._system.at(self._read_at, self._transact)
            return None
        answer = self._usbd.token_in(self.address, DATA)
        if answer is Hand.STALL:
            self.stalled.add(DATA | IN)
        if not isinstance(answer, Packet):
            return None
        fault = self.faults()
        if fault == "data":
            return len(answer.data)
        if answer.toggle == self._in_toggle:
            self._in_toggle ^= 1
            self._take(answer.data)
        if fault is None:
            self._usbd.ack(DATA)
        self._read_at = self._now() + round(self.read_gap_s * self._hz)
        return len(answer.data)

    def _take(self, data: bytes) -> None:
        self.received += data
        self.packets.append(len(data))
        self.transfers += 1
        if b"\n" in data:
            self._system.line.on_output()
