# SPDX-License-Identifier: Apache-2.0
"""Apollo3 Blue, as far as our port uses it. Source: Apollo3 Blue Datasheet, Ambiq DS-A3-0p9p1 (DS)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import Peripheral, Register, Settling
from toolkit.emulator.peripherals.pl011 import Pl011

_UART0_POWER = 7
_DOMAINS = {2: 0x181, 3: 0x00E, 4: 0x070, 5: 0x200}
"""By bits of DEVPWRSTATUS those of DEVPWREN: HCPA (UARTs), HCPB (IOM0 to 2), HCPC (IOM3 to 5), the ADC."""
_PADS = 50
_PULL, _INPEN = 1, 2


class Clkgen(Peripheral):
    """CLKGEN (DS, Clock Generator): CCTRL takes a value only while the key stands in CLKKEY."""

    def set_up(self) -> None:
        """Define CLKKEY and CCTRL."""
        self._key = self.define(0x014, "CLKKEY")
        self.define(0x018, "CCTRL", 1, writable=1, on_write=self._check_key)

    def _check_key(self, _value: int) -> None:
        if self._key.value != 0x47:
            raise WrongUseError("CLKGEN.CCTRL is written without the key 0x47 in CLKKEY.")


class Pwrctrl(Peripheral):
    """PWRCTRL (DS, Power Control): a domain is on some time after one of its devices was asked for."""

    def set_up(self) -> None:
        """Define DEVPWREN, MEMPWREN and DEVPWRSTATUS."""
        self._domains = {bit: Settling() for bit in _DOMAINS}
        self._wanted = self.define(0x008, "DEVPWREN", on_write=self._switch)
        self.define(0x010, "MEMPWREN", 0xC0003FFF)
        self.define(0x018, "DEVPWRSTATUS", writable=0, on_read=self._look)

    def _switch(self, value: int) -> None:
        for bit, devices in _DOMAINS.items():
            if value & devices:
                self._domains[bit].start()
            else:
                self._domains[bit].stop()

    def _look(self) -> int:
        return sum(1 << bit for bit, domain in self._domains.items() if domain.look())

    def has_power(self, device: int) -> bool:
        """Return whether a device, by its bit in DEVPWREN, is switched on, and its domain is on."""
        on = any(d.is_done and _DOMAINS[bit] >> device & 1 for bit, d in self._domains.items())
        return on and bool(self._wanted.value >> device & 1)


class Cachectrl(Peripheral):
    """CACHECTRL (DS, Flash Cache): ready a while after each invalidation."""

    def set_up(self) -> None:
        """Define CACHECFG and CTRL."""
        self._ready = Settling()
        self._ready.start()
        self.define(0x000, "CACHECFG")
        self.define(0x008, "CTRL", on_read=lambda: 4 if self._ready.look() else 0, on_write=self._invalidate)

    def _invalidate(self, value: int) -> None:
        if value & 1:
            self._ready.stop()
            self._ready.start()


class Gpio(Peripheral):
    """GPIO (DS, GPIO and Pad Configuration): pads behind PADKEY, and the output words.

    The settings led_0 ... are the pads that LEDs hang on: a bar, whose brightness is their mean.
    """

    may: ClassVar[Mapping[str, range]] = {f"led_{number}": range(_PADS) for number in range(10)}

    def set_up(self) -> None:
        """Define PADREG, CFG, PADKEY and the output registers."""
        self._leds = [pad for name, pad in sorted(self.settings.items()) if name.startswith("led_")]
        self._shown: list[tuple[int, int]] = []
        for word in range(13):
            self.define(4 * word, f"PADREG{word}", 0x18181818, on_write=self._set_up_pads)
        for word in range(7):
            self.define(0x040 + 4 * word, f"CFG{word}", on_write=self._set_up_pads)
        self._key = self.define(0x060, "PADKEY")
        self._out = [
            self.define(0x088 + 4 * word, f"WT{letter}", on_write=lambda _value: self._show())
            for word, letter in enumerate("AB")
        ]
        for word, letter in enumerate("AB"):
            self._define_set_clear(0x090 + 4 * word, letter, self._out[word])

        for word, letter in enumerate("AB"):
            self.define(0x080 + 4 * word, f"RD{letter}", writable=0, on_read=self._reader(word))

    def _reader(self, word: int) -> Callable[[], int]:
        pads = range(32 * word, min(32 * word + 32, _PADS))
        return lambda: sum(self._level(pad) << pad % 32 for pad in pads)

    def _level(self, pad: int) -> bool:
        """What the input of a pad says; 0 where PADREG does not enable it."""
        padreg = self._find(pad & ~3).value >> 8 * (pad % 4)
        if not padreg & _INPEN:
            return False
        if self._is_output(pad):
            return bool(self._out[pad // 32].value >> pad % 32 & 1)
        return self.system.pins.level(pad, True if padreg & _PULL else None)

    def _define_set_clear(self, offset: int, letter: str, out: Register) -> None:
        def set_bits(value: int) -> None:
            out.value |= value
            self._show()

        def clear_bits(value: int) -> None:
            out.value &= ~value
            self._show()

        self.define(offset, f"WTS{letter}", on_write=set_bits)
        self.define(offset + 8, f"WTC{letter}", on_write=clear_bits)

    def _set_up_pads(self, _value: int) -> None:
        if self._key.value != 0x73:
            raise WrongUseError("a pad is set up without the key 0x73 in GPIO.PADKEY.")
        self._shown = [(pad // 32, pad % 32) for pad in self._leds if self._is_output(pad)]

    def function(self, pad: int) -> int:
        """Return the function number (FNCSEL) that a pad is set to."""
        return self._find(pad & ~3).value >> (8 * (pad % 4) + 3) & 7

    def analog_problem(self, pad: int) -> str:
        """Return what of a pad's settings disturbs its voltage; the function of the ADC is 0."""
        padreg = self._find(pad & ~3).value >> 8 * (pad % 4)
        wrong = self.function(pad) or padreg & (_INPEN | _PULL)
        return f"pad {pad} is not set to the ADC, without input and pull-up." if wrong else ""

    def _is_output(self, pad: int) -> bool:
        config = self._find(0x040 + 4 * (pad // 8)).value >> 4 * (pad % 8)
        return self.function(pad) == 3 and config & 6 == 2

    def _show(self) -> None:
        if self._shown:
            self.system.set_led(*(bool(self._out[word].value >> bit & 1) for word, bit in self._shown))


class Uart(Pl011):
    """UART (DS, UART; a PL011 with clock bits in CR). Settings: pads tx and rx, tx_function, rx_function."""

    needs: ClassVar[Mapping[str, range]] = {
        **dict.fromkeys(("tx", "rx"), range(_PADS)),
        **dict.fromkeys(("tx_function", "rx_function"), range(8)),
    }

    def off(self) -> str:
        """Return that PWRCTRL has not switched its power on."""
        has_power = self.system.models.one(Pwrctrl).has_power(_UART0_POWER)
        return "" if has_power else "before PWRCTRL has switched its power on"

    def clock_hz(self) -> float:
        """Return what CLKSEL chooses, while CLKEN is set."""
        clock = {1: 24e6, 2: 12e6, 3: 6e6, 4: 3e6}.get(self.control.value >> 4 & 7, 0.0)
        return clock if self.control.value & 8 else 0.0

    def pin_problem(self) -> str:
        """Return which pad has another function."""
        gpio = self.system.models.one(Gpio)
        for line in ("rx", "tx"):
            if gpio.function(self.settings[line]) != self.settings[f"{line}_function"]:
                return f"pad {self.settings[line]} is not set to {self.title}'s {line.upper()}."
        return ""


MODELS: dict[str, type[Peripheral]] = {
    "apollo3_cachectrl": Cachectrl,
    "apollo3_clkgen": Clkgen,
    "apollo3_gpio": Gpio,
    "apollo3_pwrctrl": Pwrctrl,
    "apollo3_uart": Uart,
}
