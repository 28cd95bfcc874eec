# SPDX-License-Identifier: Apache-2.0
"""nRF52840, as far as our port uses it. Source: nRF52840 Product Specification v1.7 (PS)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral, Register, Settling
from toolkit.emulator.peripherals.sending import Transmitter, Waiting
from toolkit.emulator.serial_line import Frame

_DISCONNECTED = 1 << 31
_TIMER_HZ = 16_000_000
_P0, _PORT_BYTES, _INPUT_OFF = 0x5000_0000, 0x300, 2


class Clock(Peripheral):
    """CLOCK (PS 5.4): the 32 MHz crystal takes a while to run."""

    def set_up(self) -> None:
        """Define the high-frequency clock's registers."""
        self._crystal = Settling()
        self.define(0x000, "TASKS_HFCLKSTART", on_read=lambda: 0, on_write=self._start)
        self.define(0x004, "TASKS_HFCLKSTOP", on_read=lambda: 0, on_write=self._stop)
        self.define(0x100, "EVENTS_HFCLKSTARTED", on_read=lambda: int(self._crystal.look()))
        self.define(0x558, "APPROTECT.DISABLE", writable=0xFF)
        self.define(0x55C, "TRACECONFIG")
        self.define(
            0x40C, "HFCLKSTAT", writable=0, on_read=lambda: 0x10001 if self._crystal.look() else 0x10000
        )

    def _start(self, value: int) -> None:
        if value & 1:
            self._crystal.start()

    def _stop(self, value: int) -> None:
        if value & 1:
            self._crystal.stop()


class Gpio(Peripheral):
    """A GPIO port (PS 6.9); the setting led is the number of the pin that the LED hangs on."""

    may: ClassVar[Mapping[str, range]] = {"led": range(32)}

    def set_up(self) -> None:
        """Define OUT, DIR with their set and clear registers, and PIN_CNF."""
        self.on_change: list[Callable[[], None]] = []
        self._out = self.define(0x504, "OUT", on_write=lambda _value: self._show())
        self.define(0x508, "OUTSET", on_read=lambda: self._out.value, on_write=lambda v: self._set_out(v, 0))
        self.define(0x50C, "OUTCLR", on_read=lambda: self._out.value, on_write=lambda v: self._set_out(0, v))
        self.define(0x510, "IN", writable=0, on_read=lambda: sum(self._level(p) << p for p in range(32)))
        self._dir = self.define(0x514, "DIR", on_write=lambda _value: self._show())
        self.define(0x518, "DIRSET", on_read=lambda: self._dir.value, on_write=lambda v: self._set_dir(v, 0))
        self.define(0x51C, "DIRCLR", on_read=lambda: self._dir.value, on_write=lambda v: self._set_dir(0, v))
        self._set_ups = [
            self.define(0x700 + 4 * pin, f"PIN_CNF[{pin}]", 2, on_write=self._pin_setter(pin))
            for pin in range(32)
        ]

    def drives_low(self, pin: int) -> bool:
        """Return whether the pin is an output, and low."""
        return bool(self._dir.value & ~self._out.value & 1 << pin)

    def drives_high(self, pin: int) -> bool:
        """Return whether the pin is an output, and high."""
        return bool(self._dir.value & self._out.value & 1 << pin)

    def _level(self, pin: int) -> bool:
        """What the input buffer of a pin says; 0 where PIN_CNF does not connect it."""
        set_up, bit = self._set_ups[pin].value, 1 << pin
        if set_up & _INPUT_OFF:
            return False
        if self._dir.value & bit:
            return bool(self._out.value & bit)
        port = (self.base - _P0) // _PORT_BYTES
        return self.system.pins.level(32 * port + pin, {1: False, 3: True}.get(set_up >> 2 & 3))

    def _pin_setter(self, pin: int) -> Callable[[int], None]:
        return lambda value: self._set_dir((value & 1) << pin, (~value & 1) << pin)

    def _set_out(self, ones: int, zeros: int) -> None:
        self._out.value = (self._out.value | ones) & ~zeros
        self._show()

    def _set_dir(self, ones: int, zeros: int) -> None:
        self._dir.value = (self._dir.value | ones) & ~zeros
        self._show()

    def _show(self) -> None:
        for call in self.on_change:
            call()
        led = self.settings.get("led")
        if led is not None and self._dir.value >> led & 1:
            self.system.set_led(bool(self._out.value >> led & 1))


class Timer(Peripheral):
    """TIMER (PS 6.30): of the 16 MHz clock, or a counter of PPI events. Its shortcuts only clear."""

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define tasks, events, MODE, BITMODE, PRESCALER and the capture registers."""
        self._count = 0
        self._since: int | None = None
        self._runs = False
        self._inten = 0
        self.define(0x000, "TASKS_START", on_write=lambda value: self._run(value, True))
        self.define(0x004, "TASKS_STOP", on_write=lambda value: self._run(value, False))
        self.define(0x008, "TASKS_COUNT", on_write=self._count_up)
        self.define(0x00C, "TASKS_CLEAR", on_write=self._clear)
        self.define(0x304, "INTENSET", on_read=lambda: self._inten, on_write=lambda v: self._ask(v, 0))
        self.define(0x308, "INTENCLR", on_read=lambda: self._inten, on_write=lambda v: self._ask(0, v))
        self._mode = self.define(0x504, "MODE", writable=3)
        self._bitmode = self.define(0x508, "BITMODE", writable=3)
        self._prescaler = self.define(0x510, "PRESCALER", 4, writable=0xF)
        self._shorts = self.define(0x200, "SHORTS", writable=0x3F)
        self._planned: dict[int, Event | None] = {}
        self._happened: list[Register] = []
        self._limits: list[Register] = []
        for index in range(6):
            limit = self.define(0x540 + 4 * index, f"CC[{index}]", on_write=self._planner(index))
            self._limits.append(limit)
            event = self.define(0x140 + 4 * index, f"EVENTS_COMPARE[{index}]", on_write=self._update)
            self._happened.append(event)
            self.define(0x040 + 4 * index, f"TASKS_CAPTURE[{index}]", on_write=self._capturer(limit))

    @property
    def count(self) -> int:
        """What the timer counted, within its bits."""
        return (self._count + self._turns()) & self._mask()

    def _turns(self) -> int:
        if self._since is None:
            return 0
        return (self.system.now() - self._since) * _TIMER_HZ // self._cycles_hz()

    def _cycles_hz(self) -> int:
        return self.system.board.clock.hz << self._prescaler.value

    def _capturer(self, register: Register) -> Callable[[int], None]:
        def capture(value: int) -> None:
            if value & 1:
                register.value = self.count

        return capture

    def _mask(self) -> int:
        return (1 << (16, 8, 24, 32)[self._bitmode.value]) - 1

    def _run(self, value: int, runs: bool) -> None:
        if value & 1:
            self._count, self._runs = self.count, runs
            self._since = self.system.now() if runs and self._mode.value == 0 else None
            self._plan_again()

    def _clear(self, value: int) -> None:
        if value & 1:
            self._count = 0
            if self._since is not None:
                self._since = self.system.now()
            self._plan_again()

    def _plan_again(self) -> None:
        for index in list(self._planned):
            self._plan(index)

    def _count_up(self, value: int) -> None:
        if not value & 1:
            return
        if self._mode.value == 0:
            raise WrongUseError("TASKS_COUNT of a TIMER that is not in counter mode does nothing.")
        self._count += int(self._runs)

    def _planner(self, index: int) -> Callable[[int], None]:
        return lambda _value: self._plan(index)

    def _plan(self, index: int) -> None:
        """Have the event happen when the count comes to CC[index] the next time."""
        planned = self._planned.get(index)
        if planned is not None:
            planned.cancel()
        self._planned[index] = None
        if self._since is None:
            return
        turns = (self._limits[index].value - self.count) & self._mask() or self._mask() + 1
        cycles = -(-(self._turns() + turns) * self._cycles_hz() // _TIMER_HZ)
        self._planned[index] = self.system.at(self._since + cycles, lambda: self._compare(index))

    def _compare(self, index: int) -> None:
        self._happened[index].value = 1
        if self._shorts.value >> index & 1:
            self._clear(1)
        for ppi in self.system.models.every(Ppi):
            ppi.event(self.base + 0x140 + 4 * index)
        self._update(0)
        if not self._shorts.value >> index & 1:
            self._plan(index)

    def _ask(self, ones: int, zeros: int) -> None:
        self._inten = (self._inten | ones) & ~zeros
        self._update(0)

    def _update(self, _value: int) -> None:
        self.set_interrupt(any(self._inten >> 16 + i & 1 and r.value for i, r in enumerate(self._happened)))


class Ppi(Peripheral):
    """PPI (PS 6.16): events of one peripheral are tasks of another."""

    def set_up(self) -> None:
        """Define the channel enables and the end points of the 20 free channels."""
        self._enabled = self.define(0x500, "CHEN")
        self.define(0x504, "CHENSET", on_read=lambda: self._enabled.value, on_write=self._enable)
        self.define(0x508, "CHENCLR", on_read=lambda: self._enabled.value, on_write=self._disable)
        self._ends = [
            (self.define(0x510 + 8 * i, f"CH[{i}].EEP"), self.define(0x514 + 8 * i, f"CH[{i}].TEP"))
            for i in range(20)
        ]

    def _enable(self, value: int) -> None:
        self._enabled.value |= value

    def _disable(self, value: int) -> None:
        self._enabled.value &= ~value

    def event(self, address: int) -> None:
        """Run the tasks that hang on the event register at address."""
        if not self._enabled.value:
            return
        for index, (event, task) in enumerate(self._ends):
            if self._enabled.value >> index & 1 and event.value == address:
                target = self.system.models.at(task.value)
                if target is None:
                    raise WrongUseError(f"PPI channel {index} leads to {task.value:#010x}; nothing is there.")
                target.write(task.value - target.base, 4, 1)


# Events of UARTE by the number of their bit in INTEN; the register stands at 0x100 + 4 * number.
_RXDRDY, _ENDRX, _TXDRDY, _ENDTX, _ERROR = 2, 4, 7, 8, 9
_RXTO, _RXSTARTED, _TXSTARTED, _TXSTOPPED = 17, 19, 20, 22
_UARTE_EVENTS = {
    "RXDRDY": _RXDRDY,
    "ENDRX": _ENDRX,
    "TXDRDY": _TXDRDY,
    "ENDTX": _ENDTX,
    "ERROR": _ERROR,
    "RXTO": _RXTO,
    "RXSTARTED": _RXSTARTED,
    "TXSTARTED": _TXSTARTED,
    "TXSTOPPED": _TXSTOPPED,
}
_OVERRUN, _FRAMING, _BREAK = 1, 4, 8
_SHORT_START, _SHORT_STOP = 1 << 5, 1 << 6
_FIFO_BYTES = 4
_TIMEOUT_FRAMES = 5


class Uarte(Peripheral):
    """UARTE (PS 6.34): EasyDMA both ways; the settings tx and rx are the pins as PSEL has them.

    What comes while no buffer is started waits in a FIFO of 4 bytes, as many as PS 6.34.3 lets come after
    STOPRX; the next one is lost with OVERRUN. RXTO comes after five frames. PS does not say what a byte with
    an error does beside ERROR: nothing with bad_bytes = 0, RXDRDY with 1, with 2 it is stored too.
    """

    needs: ClassVar[Mapping[str, range]] = {"tx": range(64), "rx": range(64)}
    may: ClassVar[Mapping[str, range]] = {"irq": range(240), "bad_bytes": range(3)}

    def set_up(self) -> None:
        """Define tasks, events, pins, speed and the two EasyDMA channels."""
        system = self.system
        self._is_on = self._stores = False
        self._buffer = (0, 0)
        self._filled = 0
        self._fifo: list[int] = []
        self._sending: Event | None = None
        self._inten = 0
        self._asked: list[Register] = []
        self._transmitter, self._waiting = Transmitter(system), Waiting(system)
        for offset, name, task in (
            (0x000, "STARTRX", self._start_receiving),
            (0x004, "STOPRX", self._stop_receiving),
            (0x008, "STARTTX", self._send),
            (0x00C, "STOPTX", self._stop_sending),
            (0x02C, "FLUSHRX", self._flush),
        ):
            self.define(offset, f"TASKS_{name}", on_read=lambda: 0, on_write=_task(task))
        self._happened = {
            bit: self.define(0x100 + 4 * bit, f"EVENTS_{name}", writable=1, on_write=self._update_interrupt)
            for name, bit in _UARTE_EVENTS.items()
        }
        self._shorts = self.define(0x200, "SHORTS", writable=0x60)
        for offset, name, change in (
            (0x300, "INTEN", lambda value: value),
            (0x304, "INTENSET", lambda value: self._inten | value),
            (0x308, "INTENCLR", lambda value: self._inten & ~value),
        ):
            self.define(offset, name, on_read=lambda: self._inten, on_write=self._inten_writer(change))
        self._errors = self.define(0x480, "ERRORSRC")
        self._enable = self.define(0x500, "ENABLE", writable=0xF)
        self._pins = {
            name: self.define(offset, f"PSEL.{name}", WORD)
            for name, offset in (("RTS", 0x508), ("TXD", 0x50C), ("CTS", 0x510), ("RXD", 0x514))
        }
        self._baudrate = self.define(0x524, "BAUDRATE", 0x04000000)
        self._rx = (self.define(0x534, "RXD.PTR"), self.define(0x538, "RXD.MAXCNT", writable=0xFFFF))
        self._rx_amount = self.define(0x53C, "RXD.AMOUNT", writable=0)
        self._tx = (self.define(0x544, "TXD.PTR"), self.define(0x548, "TXD.MAXCNT", writable=0xFFFF))
        self._tx_amount = self.define(0x54C, "TXD.AMOUNT", writable=0)
        self._config = self.define(0x56C, "CONFIG", writable=0x1F)
        hz, has_room = system.board.clock.hz, lambda: self._stores and not self._fifo
        system.line.connect(system.events, system.now, hz, self.receive, has_room)

    def read(self, offset: int, size: int) -> int:
        """Read a register; who asks for an event again and again lets the time go on to it."""
        value = super().read(offset, size)
        if 0x100 <= offset < 0x180:
            self._waiting.look(bool(value) or self._sending is None)
        return value

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; ones clear the bits of ERRORSRC."""
        if offset == 0x480:
            self._errors.value &= ~value
        else:
            super().write(offset, size, value)

    def _inten_writer(self, change: Callable[[int], int]) -> Callable[[int], None]:
        def write(value: int) -> None:
            self._inten = change(value)
            self._asked = [event for bit, event in self._happened.items() if self._inten >> bit & 1]
            self._update_interrupt(0)

        return write

    def _update_interrupt(self, _value: int) -> None:
        self.set_interrupt(any(register.value for register in self._asked))

    def _event(self, bit: int) -> None:
        self._happened[bit].value = 1
        for ppi in self.system.models.every(Ppi):
            ppi.event(self.base + 0x100 + 4 * bit)
        self._update_interrupt(0)

    def _check_ready(self) -> None:
        if self._enable.value != 8:
            raise WrongUseError(f"{self.name} is used while ENABLE is {self._enable.value}, not 8.")

    def _start_receiving(self) -> None:
        self._check_ready()
        self._is_on = self._stores = True
        self._buffer = (self._rx[0].value, self._rx[1].value)
        self._filled = 0
        self._event(_RXSTARTED)
        self.system.line.listen()
        self.system.line.ready()
        while self._fifo and self._stores:
            self._store(self._fifo.pop(0))

    def _stop_receiving(self) -> None:
        if self._is_on:
            self._is_on = False
            after = math.ceil(_TIMEOUT_FRAMES * self.system.line.frame_cycles)
            self.system.at(self.system.now() + after, self._time_out)

    def _time_out(self) -> None:
        if self._stores:
            self._end_buffer(restart=False)
        self._event(_RXTO)

    def _flush(self) -> None:
        pointer, most = (register.value for register in self._rx)
        data, self._fifo = bytes(self._fifo[:most]), self._fifo[most:]
        self.system.write_memory(pointer, data)
        self._rx_amount.value = len(data)
        self._event(_ENDRX)

    def receive(self, frame: Frame) -> None:
        """Take a frame from the line, if the receiver is on and has the board's pin."""
        is_off = self._enable.value != 8 or self._pins["RXD"].value != self.settings["rx"]
        if is_off or not (self._is_on or self._stores):
            return
        if frame.framing:
            self._errors.value |= _FRAMING | (_BREAK if frame.is_break else 0)
        bad_bytes = self.settings.get("bad_bytes", 0)
        if not frame.framing or bad_bytes:
            self._event(_RXDRDY)
        if not frame.framing or bad_bytes == 2:
            self._take(frame.byte)
        if frame.framing:
            self._event(_ERROR)

    def _take(self, byte: int) -> None:
        if self._stores:
            self._store(byte)
        elif len(self._fifo) < _FIFO_BYTES:
            self._fifo.append(byte)
        else:
            self._errors.value |= _OVERRUN
            self._event(_ERROR)

    def _store(self, byte: int) -> None:
        pointer, most = self._buffer
        self.system.write_memory(pointer + self._filled, bytes([byte]))
        self._filled += 1
        if self._filled >= most:
            self._end_buffer(restart=bool(self._shorts.value & _SHORT_START))

    def _end_buffer(self, *, restart: bool) -> None:
        self._rx_amount.value = self._filled
        self._stores = False
        self._event(_ENDRX)
        if restart:
            self._start_receiving()
        elif self._shorts.value & _SHORT_STOP:
            self._stop_receiving()

    def _send(self) -> None:
        self._check_ready()
        self._check_line()
        pointer, length = (register.value for register in self._tx)
        if not 0x20000000 <= pointer < 0x20040000:
            raise WrongUseError(f"{self.name} sends from {pointer:#010x}; EasyDMA reaches RAM only.")
        if self._sending is not None:
            raise WrongUseError(f"{self.name} is told to send while it still sends.")
        self._event(_TXSTARTED)
        self._transmitter.send(self.system.read_memory(pointer, length))
        self._sending = self.system.at(self._transmitter.done_at, self._end_sending)

    def _end_sending(self) -> None:
        self._sending = None
        self._tx_amount.value = self._tx[1].value
        self._event(_TXDRDY)
        self._event(_ENDTX)

    def _stop_sending(self) -> None:
        """Stop at once, or behind what is being sent: a board cuts that short, which no port relies on."""
        self.system.at(max(self._transmitter.done_at, self.system.now() + 1), lambda: self._event(_TXSTOPPED))

    def _check_line(self) -> None:
        wrong = self.system.line.baud_problem("UARTE0", self._baudrate.value * 16e6 / 2**32)
        if self._pins["TXD"].value != self.settings["tx"]:
            wrong = f"UARTE0 sends on PSEL.TXD {self._pins['TXD'].value:#x}, not on the board's TX pin."
        if self._config.value & 0x1E:
            wrong = "UARTE0 is set to a parity bit or two stop bits; the board's line is 8N1."
        if wrong:
            raise WrongUseError(wrong)


def _task(run: Callable[[], None]) -> Callable[[int], None]:
    """Return what a write to a task's register does: a one runs it."""
    return lambda value: run() if value & 1 else None


class Pwm(Peripheral):
    """PWM (PS 6.17), as far as it is switched off: a stop takes a while."""

    def set_up(self) -> None:
        """Define the stop task with its event, ENABLE and the pins."""
        self._stopped = Settling(2)
        self.define(0x004, "TASKS_STOP", on_write=lambda v: self._stopped.start() if v & 1 else None)
        self.define(0x104, "EVENTS_STOPPED", on_read=lambda: int(self._stopped.look()))
        self.define(0x200, "SHORTS")
        self.define(0x308, "INTENCLR", on_read=lambda: 0)
        self.define(0x500, "ENABLE", writable=1)
        for index in range(4):
            self.define(0x560 + 4 * index, f"PSEL.OUT[{index}]", WORD)


class Nvmc(Peripheral):
    """NVMC's cache (PS 4.3): stored, nothing more."""

    def set_up(self) -> None:
        """Define READY and ICACHECNF."""
        self.define(0x400, "READY", 1, writable=0)
        self.define(0x540, "ICACHECNF")


MODELS: dict[str, type[Peripheral]] = {
    "nrf52_gpio": Gpio,
    "nrf52_nvmc": Nvmc,
    "nrf52_ppi": Ppi,
    "nrf52_pwm": Pwm,
    "nrf52_timer": Timer,
    "nrf52_uarte": Uarte,
}
