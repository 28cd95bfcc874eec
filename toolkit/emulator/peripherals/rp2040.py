# SPDX-License-Identifier: Apache-2.0
"""RP2040, as far as our port uses it. Source: RP2040 Datasheet, Raspberry Pi (DS).

Not there: the aliases of registers that set, clear and flip bits, and core 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral, Register, Settling
from toolkit.emulator.peripherals.pl011 import Pl011

_PINS = 30
_BLOCKS = 0x01FFFFFF
IO_BANK0, PADS_BANK0, PLL_SYS, UART0 = 5, 8, 12, 22
_ROSC_HZ = 6_500_000
_FLASH_MOST_HZ = 50_000_000  # Winbond W25Q16JV datasheet, 9.6: reading by 03h
_UART, _SIO = 2, 5
_TICK_ENABLE = 1 << 9
_PAD_DOWN, _PAD_UP, _PAD_INPUT = 1 << 2, 1 << 3, 1 << 6
_PD, _POSTDIVPD, _VCOPD = 1, 1 << 3, 1 << 5


class Ssi(Peripheral):
    """SSI (DS 4.10), which reads the flash for the core; its settings change only while it is off.

    Checked when it is switched on: reading by 03h, as the loader sets it up. That the core reads the flash
    before is not seen.
    """

    def set_up(self) -> None:
        """Define what the loader writes."""
        self._on = self.define(0x008, "SSIENR", writable=1, on_write=self._switch)
        self._control = self._define_setting(0x000, "CTRLR0", writable=0x017FFFFF)
        self._frames = self._define_setting(0x004, "CTRLR1", writable=0xFFFF)
        self._slave = self.define(0x010, "SER", writable=1)
        self._divisor = self._define_setting(0x014, "BAUDR", writable=0xFFFE)
        self._flash = self._define_setting(0x0F4, "SPI_CTRLR0", reset=0x03000000)

    def _define_setting(self, offset: int, name: str, reset: int = 0, writable: int = WORD) -> Register:
        return self.define(
            offset, name, reset, writable=writable, on_write=lambda _value: self._check_off(name)
        )

    def _check_off(self, name: str) -> None:
        if self._on.value:
            raise WrongUseError(f"SSI.{name} is written while the SSI is on.")

    def _switch(self, is_on: int) -> None:
        if is_on and self.problem():
            raise WrongUseError(f"the SSI does not read the flash: {self.problem()}.")

    def problem(self) -> str:
        """Return what is wrong with the settings for 03h, an address of 24 bits, a word; "" for nothing."""
        divisor = self._divisor.value
        if not divisor or self.system.board.clock.hz / divisor > _FLASH_MOST_HZ:
            return f"BAUDR is {divisor}, for at most {_FLASH_MOST_HZ // 1_000_000} MHz"
        read_after_command = self._control.value >> 8 & 3 == 3 and not self._frames.value
        if not read_after_command or self._control.value >> 16 & 0x1F != 31:
            return "CTRLR0 is not set to a command and a word"
        if self._control.value >> 21 & 3:
            return "CTRLR0 is not set to one line"
        if self._flash.value != 3 << 24 | 2 << 8 | 6 << 2:
            return "SPI_CTRLR0 is not 03h with 24 bits of address"
        return "" if self._slave.value else "SER selects no chip"


class Resets(Peripheral):
    """RESETS (DS 2.14): a block is ready some time after it was taken out of reset."""

    def set_up(self) -> None:
        """Define RESET and RESET_DONE."""
        self._blocks = {number: Settling() for number in range(25)}
        self.define(0x0, "RESET", _BLOCKS, writable=_BLOCKS, on_write=self._hold)
        self.define(0x8, "RESET_DONE", writable=0, on_read=self._look)

    def _hold(self, held: int) -> None:
        for number, block in self._blocks.items():
            if held >> number & 1:
                block.stop()
            else:
                block.start()

    def _look(self) -> int:
        return sum(block.look() << number for number, block in self._blocks.items())

    def is_ready(self, number: int) -> bool:
        """Return whether a block can be used."""
        return self._blocks[number].is_done


class Block(Peripheral):
    """What is held in reset until RESETS lets it go."""

    number: ClassVar[int]

    def read(self, offset: int, size: int) -> int:
        """Read a register; in reset there is nothing to read."""
        self._check_reset()
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; in reset there is nothing to write."""
        self._check_reset()
        super().write(offset, size, value)

    def _check_reset(self) -> None:
        if not self.system.models.one(Resets).is_ready(self.number):
            raise WrongUseError(f"{self.name} is used while RESETS holds it in reset.")


class Xosc(Peripheral):
    """XOSC (DS 2.16): the crystal is stable some time after it was switched on."""

    needs: ClassVar[Mapping[str, range]] = {"hz": range(1_000_000, 15_000_001)}

    def set_up(self) -> None:
        """Define CTRL, STATUS and STARTUP."""
        self.crystal = Settling()
        self._control = self.define(0x00, "CTRL", writable=0xFFFFFF, on_write=self._switch)
        self.define(0x04, "STATUS", writable=0, on_read=lambda: self.crystal.look() << 31)
        self._startup = self.define(0x0C, "STARTUP", writable=0x103FFF)

    def _switch(self, value: int) -> None:
        if value >> 12 == 0xFAB and value & 0xFFF == 0xAA0:
            self.crystal.start()
        else:
            self.crystal.stop()

    @property
    def output_hz(self) -> int:
        """What it gives, 0 while it is not stable."""
        return self.settings["hz"] if self.crystal.is_done else 0


class Pll(Block):
    """PLL_SYS (DS 2.18): locked some time after it was powered; dividers behind it are powered apart."""

    number = PLL_SYS

    def set_up(self) -> None:
        """Define CS, PWR, FBDIV_INT and PRIM."""
        self.lock = Settling()
        self._cs = self.define(0x0, "CS", 1, writable=0x13F, on_read=self._look)
        self._power = self.define(0x4, "PWR", 0x2D, writable=0x2D, on_write=self._switch)
        self._times = self.define(0x8, "FBDIV_INT", writable=0xFFF)
        self._dividers = self.define(0xC, "PRIM", 0x77000, writable=0x77000)

    def _look(self) -> int:
        return self._cs.value | self.lock.look() << 31

    def _switch(self, off: int) -> None:
        if off & (_PD | _VCOPD):
            self.lock.stop()
            return
        reference = self.system.models.one(Xosc).output_hz / (self._cs.value & 0x3F or 1)
        if not 750e6 <= reference * self._times.value <= 1600e6 or reference < 5e6:
            raise WrongUseError(f"PLL_SYS cannot make {self._times.value} times {reference / 1e6:g} MHz.")
        self.lock.start()

    @property
    def output_hz(self) -> float:
        """What it gives, 0 while it is not locked or its dividers are off."""
        if not self.lock.is_done or self._power.value & _POSTDIVPD:
            return 0.0
        divider = (self._dividers.value >> 16 & 7) * (self._dividers.value >> 12 & 7)
        reference = self.system.models.one(Xosc).output_hz / (self._cs.value & 0x3F or 1)
        return reference * self._times.value / divider if divider else 0.0


class Clocks(Peripheral):
    """CLOCKS (DS 2.15): clk_ref, clk_sys and clk_peri. A change of source takes a while."""

    def set_up(self) -> None:
        """Define the three clocks."""
        self._sources = [0, 0]
        self._taken = [Settling(), Settling()]
        self._ref = self.define(
            0x30, "CLK_REF_CTRL", writable=0x63, on_write=lambda value: self._take(0, value & 3)
        )
        self.define(0x34, "CLK_REF_DIV", 0x100, writable=0x300)
        self.define(0x38, "CLK_REF_SELECTED", writable=0, on_read=lambda: self._selected(0))
        self._sys = self.define(
            0x3C, "CLK_SYS_CTRL", writable=0xE1, on_write=lambda value: self._take(1, value & 1)
        )
        self.define(0x40, "CLK_SYS_DIV", 0x100)
        self.define(0x44, "CLK_SYS_SELECTED", writable=0, on_read=lambda: self._selected(1))
        self._peri = self.define(0x48, "CLK_PERI_CTRL", writable=0xCE0)
        self._adc = self.define(0x60, "CLK_ADC_CTRL", writable=0xCE0)
        self._adc_div = self.define(0x64, "CLK_ADC_DIV", 0x100, writable=0x300)
        self.define(0x78, "CLK_SYS_RESUS_CTRL", 0xFF, writable=0x111FF)

    def _take(self, clock: int, source: int) -> None:
        if source == self._sources[clock]:
            return
        if not self._input_hz(clock, source):
            raise WrongUseError(f"{('clk_ref', 'clk_sys')[clock]} is set to a source that does not run.")
        self._sources[clock] = source
        self._taken[clock].stop()
        self._taken[clock].start()

    def _selected(self, clock: int) -> int:
        is_taken = not self._taken[clock].is_started or self._taken[clock].look()
        return 1 << self._sources[clock] if is_taken else 0

    def _input_hz(self, clock: int, source: int) -> float:
        models = self.system.models
        if clock == 0:
            return {0: _ROSC_HZ, 2: models.one(Xosc).output_hz}.get(source, 0.0)
        if source == 0:
            return self._input_hz(0, self._sources[0])
        return models.one(Pll).output_hz if not self._sys.value >> 5 & 7 else 0.0

    @property
    def reference_hz(self) -> float:
        """clk_ref, that the watchdog's tick is made of."""
        return self._input_hz(0, self._sources[0])

    @property
    def adc_hz(self) -> float:
        """clk_adc, of PLL_USB, undivided; 0 for what else it may be set to."""
        plls = self.system.models.every(Pll)
        is_on = self._adc.value & 0xEE0 == 0x800 and self._adc_div.value == 0x100
        return plls[1].output_hz if is_on and len(plls) > 1 else 0.0

    @property
    def system_hz(self) -> float:
        """clk_sys, that of the core."""
        return self._input_hz(1, self._sources[1])

    @property
    def peripheral_hz(self) -> float:
        """clk_peri, that of the UARTs; only from clk_sys."""
        is_on = self._peri.value & 0xEE0 == 0x800
        return self.system_hz if is_on else 0.0


class Pads(Block):
    """PADS_BANK0 (DS 2.19.6.3)."""

    number = PADS_BANK0

    def set_up(self) -> None:
        """Define a word for each pin."""
        self._pads = [self.define(4 + 4 * pin, f"GPIO{pin}", 0x56, writable=0xFF) for pin in range(_PINS)]

    def pad(self, pin: int) -> int:
        """Return the settings of a pin."""
        return self._pads[pin].value


class Io(Block):
    """IO_BANK0 (DS 2.19.6.1)."""

    number = IO_BANK0

    def set_up(self) -> None:
        """Define GPIO_CTRL of each pin."""
        self._pins = [
            self.define(4 + 8 * pin, f"GPIO{pin}_CTRL", 0x1F, writable=0x3003331F) for pin in range(_PINS)
        ]

    def function(self, pin: int) -> int:
        """Return the function that a pin has."""
        return self._pins[pin].value


class Sio(Peripheral):
    """SIO (DS 2.3.1): the pins' levels; the setting led is the pin that the LED hangs on."""

    needs: ClassVar[Mapping[str, range]] = {"led": range(_PINS)}

    def set_up(self) -> None:
        """Define what reads, sets and clears pins."""
        self._level = self._outputs = 0
        self.define(0x004, "GPIO_IN", writable=0, on_read=self._levels)
        self.define(0x014, "GPIO_OUT_SET", on_read=lambda: 0, on_write=lambda value: self._show(value, 0))
        self.define(0x018, "GPIO_OUT_CLR", on_read=lambda: 0, on_write=lambda value: self._show(0, value))
        self.define(0x024, "GPIO_OE_SET", on_read=lambda: 0, on_write=lambda value: self._enable(value, 0))
        self.define(0x028, "GPIO_OE_CLR", on_read=lambda: 0, on_write=lambda value: self._enable(0, value))

    def _enable(self, on: int, off: int) -> None:
        self._outputs = (self._outputs | on) & ~off

    def _levels(self) -> int:
        return sum(self._read(pin) << pin for pin in range(_PINS))

    def _read(self, pin: int) -> bool:
        """What the pad's input says; 0 where it is not enabled."""
        pad = self.system.models.one(Pads).pad(pin)
        if not pad & _PAD_INPUT:
            return False
        if self._outputs >> pin & 1 and self.system.models.one(Io).function(pin) == _SIO:
            return bool(self._level >> pin & 1)
        pull = {_PAD_UP: True, _PAD_DOWN: False}.get(pad & (_PAD_UP | _PAD_DOWN))
        return self.system.pins.level(pin, pull)

    def _show(self, high: int, low: int) -> None:
        self._level = (self._level | high) & ~low
        led = self.settings["led"]
        if self._outputs >> led & 1 and self.system.models.one(Io).function(led) == _SIO:
            self.system.set_led(bool(self._level >> led & 1))


class Uart(Pl011):
    """UART0 (DS 4.2). Settings: tx and rx are the pins of the line."""

    needs: ClassVar[Mapping[str, range]] = {"tx": range(_PINS), "rx": range(_PINS)}

    def off(self) -> str:
        """Return that it is in reset, or has no clock."""
        if not self.system.models.one(Resets).is_ready(UART0):
            return "while RESETS holds it in reset"
        return "" if self.clock_hz() else "without clk_peri"

    def clock_hz(self) -> float:
        """Return clk_peri."""
        return self.system.models.one(Clocks).peripheral_hz

    def pin_problem(self) -> str:
        """Return which pin has another function, or a pad that does not let the line through."""
        io, pads = self.system.models.one(Io), self.system.models.one(Pads)
        for line in ("tx", "rx"):
            if io.function(self.settings[line]) != _UART:
                return f"GPIO{self.settings[line]} is not set to {self.title}'s {line.upper()}."
        tx, rx = pads.pad(self.settings["tx"]), pads.pad(self.settings["rx"])
        if tx & 0x80 or not rx & 0x40:
            return "the pads of TX and RX are not an output and an input."
        return ""


class Watchdog(Peripheral):
    """WATCHDOG (DS 4.7): CTRL, and the tick that it makes of the reference clock."""

    def set_up(self) -> None:
        """Define CTRL and TICK."""
        self.define(0x00, "CTRL", 0x07000000, writable=0x47000000)
        self._tick = self.define(0x2C, "TICK", 0x200, writable=0x3FF, on_read=self._read_tick)

    def _read_tick(self) -> int:
        return self._tick.value | (self._tick.value & _TICK_ENABLE) << 1

    @property
    def tick_hz(self) -> float:
        """How many ticks a second there are; 0 while it makes none."""
        cycles = self._tick.value & 0x1FF
        is_on = self._tick.value & _TICK_ENABLE and cycles
        return self.system.models.one(Clocks).reference_hz / cycles if is_on else 0.0


class Timer(Block):
    """TIMER (DS 4.6): the lower half of the time, and alarm 0; the setting irq is TIMER_IRQ_0's."""

    number = 21
    may: ClassVar[Mapping[str, range]] = {"irq": range(32)}

    def set_up(self) -> None:
        """Define ALARM0, ARMED, TIMERAWL, INTR, INTE and INTS."""
        self._raised = 0
        self._event: Event | None = None
        self._alarm = self.define(0x10, "ALARM0", on_write=self._arm)
        self.define(0x28, "TIMERAWL", writable=0, on_read=self._time)
        self.define(0x34, "INTR", on_read=lambda: self._raised, on_write=self._clear)
        self._enabled = self.define(0x38, "INTE", writable=1, on_write=lambda _value: self._update())

    def _cycles_a_tick(self) -> float:
        hz = self.system.models.one(Watchdog).tick_hz
        if abs(hz - 1e6) > 1e4:
            raise WrongUseError(
                f"TIMER counts {hz:,.0f} ticks a second: WATCHDOG.TICK does not make them 1 us."
            )
        return self.system.board.clock.hz / hz

    def _time(self) -> int:
        return int(self.system.now() / self._cycles_a_tick()) & WORD

    def _arm(self, value: int) -> None:
        if self._event is not None:
            self._event.cancel()
        left = (value - self._time()) & WORD or WORD + 1
        ticks = int(self.system.now() / self._cycles_a_tick()) + left
        self._event = self.system.at(math.ceil(ticks * self._cycles_a_tick()), self._fire)

    def _fire(self) -> None:
        self._event = None
        self._raised |= 1
        self._update()

    def _clear(self, value: int) -> None:
        self._raised &= ~value
        self._update()

    def _update(self) -> None:
        self.set_interrupt(bool(self._raised & self._enabled.value))


MODELS: dict[str, type[Peripheral]] = {
    "rp2040_clocks": Clocks,
    "rp2040_io": Io,
    "rp2040_pads": Pads,
    "rp2040_pll": Pll,
    "rp2040_resets": Resets,
    "rp2040_sio": Sio,
    "rp2040_ssi": Ssi,
    "rp2040_timer": Timer,
    "rp2040_uart": Uart,
    "rp2040_watchdog": Watchdog,
    "rp2040_xosc": Xosc,
}
