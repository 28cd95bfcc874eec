# SPDX-License-Identifier: Apache-2.0
"""The STM32F746's LTDC with the panel of the Discovery board.

Sources: RM0385 rev 8 (RM) 18; UM1907 rev 5 (UM), LCD; STM32F746xx data sheet, table 12 (pins).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.cortex_m import SystemControl
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.emulator.peripherals.stm32 import Gpio
from toolkit.emulator.peripherals.stm32f7 import Rcc
from toolkit.emulator.screen import Picture, Screen

_LTDC_CLOCK = 1 << 26
_SHADOWED = ("CR", "WHPCR", "WVPCR", "PFCR", "CACR", "BFCR", "CFBAR", "CFBLR", "CFBLNR")
_PLACES = (0x84, 0x88, 0x8C, 0x94, 0x98, 0xA0, 0xAC, 0xB0, 0xB4)
_L8, _CONSTANT_ALPHA = 5, 0x405
_DTCM_END, _LINE = 0x20010000, 32
# The panel's own: RK043FN48H, clock in Hz, and sync, porches of both sides by pixels and lines.
_PIXEL_HZ = (5e6, 12e6)
_TIMING = {"SSCR": (41, 10), "BPCR": (54, 12), "AWCR": (534, 284), "TWCR": (566, 286)}
_AF, _AF_PG12 = 14, 9
_PINS = {"E": (4,), "I": (9, 10, 14, 15), "J": (*range(12), 13, 14, 15), "K": (0, 1, 2, 4, 5, 6, 7)}
_LCD_DISP, _BACKLIGHT = 12, 3


class Ltdc(Screen):
    """LTDC with layer 1 in L8. What it reads of RAM is what was cleaned out of the data cache.

    A board shows of the rest what the cache happened to write back; here it stays what it was, at first 0.
    """

    def set_up(self) -> None:
        """Define timing, control, reload, and layer 1 with its table of colours."""
        self._colours = np.zeros((256, 3), np.uint8)
        self._lines: dict[int, bytes] = {}
        for offset, name in ((0x08, "SSCR"), (0x0C, "BPCR"), (0x10, "AWCR"), (0x14, "TWCR")):
            self.define(offset, name, writable=0x0FFF07FF)
        self._timing = {name: self._registers[8 + 4 * i] for i, name in enumerate(_TIMING)}
        self._control = self.define(0x18, "GCR", 0x2220, writable=0xF0010001)
        self.define(0x24, "SRCR", on_read=lambda: 0, on_write=self._reload)
        self._background = self.define(0x2C, "BCCR", writable=0xFFFFFF)
        self._layer = {
            name: self.define(offset, f"L1{name}", 0x607 if name == "BFCR" else 0)
            for name, offset in zip(_SHADOWED, _PLACES, strict=True)
        }
        self._shown = {name: register.value for name, register in self._layer.items()}
        self.define(0xC4, "L1CLUTWR", on_write=self._set_colour)
        for core in self.system.models.every(SystemControl):
            core.on_clean.append(self._take_line)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without a clock LTDC ignores it, which is a mistake."""
        rcc = self.system.models.one(Rcc)
        if not rcc.apb2enr.value & _LTDC_CLOCK or not rcc.pixel_hz():
            raise WrongUseError("LTDC is used before RCC gives it its clocks: APB2ENR and PLLSAI.")
        super().write(offset, size, value)

    def _take_line(self, address: int) -> None:
        self._lines[address] = self.system.read_memory(address, _LINE)

    def _set_colour(self, value: int) -> None:
        self._colours[value >> 24] = (value >> 16 & 0xFF, value >> 8 & 0xFF, value & 0xFF)

    def _reload(self, value: int) -> None:
        if value & 3:
            self._shown = {name: register.value for name, register in self._layer.items()}
            if self._shown["CR"] & 1 and self._shown["CFBAR"] < _DTCM_END:
                raise WrongUseError(f"LTDC cannot read {self._shown['CFBAR']:#x}: it is in the DTCM.")

    def picture(self) -> Picture:
        """Return what the panel shows, (height, width, 3); black while it is off or has no backlight.

        Raises WrongUseError for what a panel would show as noise, or not at all: timing, clock, pins.
        """
        display = self.system.board.display
        assert display is not None, "boards/*.toml with LTDC has [display]"
        picture = np.zeros((display.height, display.width, 3), np.uint8)
        if not self._control.value & 1 or not self._is_lit():
            return picture
        self._check_panel()
        picture[:] = [self._background.value >> shift & 0xFF for shift in (16, 8, 0)]
        if self._shown["CR"] & 1:
            rows, columns = self._window()
            picture[rows, columns] = self._colours[self._pixels(rows, columns)]
        return picture

    def _port(self, name: str) -> Gpio:
        number = ord(name) - ord("A")
        return next(port for port in self.system.models.every(Gpio) if port.number == number)

    def _is_lit(self) -> bool:
        return self._port("I").drives_high(_LCD_DISP) and self._port("K").drives_high(_BACKLIGHT)

    def _check_panel(self) -> None:
        wrong = ""
        hz = self.system.models.one(Rcc).pixel_hz()
        if not _PIXEL_HZ[0] <= hz <= _PIXEL_HZ[1]:
            wrong = f"the panel's clock is {hz / 1e6:g} MHz; it takes 5 to 12."
        for name, (across, down) in _TIMING.items():
            value = self._timing[name].value
            if value != (across - 1) << 16 | (down - 1):
                wrong = f"LTDC.{name} is {value:#x}; the panel wants {across} pixels, {down} lines, less one."
        for port, pins in _PINS.items():
            for pin in pins:
                if not self._port(port).is_alternate(pin, _AF):
                    wrong = f"P{port}{pin} is not set to LTDC."
        if not self._port("G").is_alternate(12, _AF_PG12):
            wrong = "PG12 is not set to LTDC's B4."
        if self._control.value >> 28:
            wrong = "GCR turns a signal's polarity round: the panel's are active when low."
        if wrong:
            raise WrongUseError(wrong)

    def _window(self) -> tuple[slice, slice]:
        """Return the layer's rows and columns of the picture."""
        across, down = self._shown["WHPCR"], self._shown["WVPCR"]
        left, top = _TIMING["BPCR"]
        return (
            slice((down & 0xFFF) - top, (down >> 16) + 1 - top),
            slice((across & 0xFFF) - left, (across >> 16) + 1 - left),
        )

    def _pixels(self, rows: slice, columns: slice) -> NDArray[np.uint8]:
        width, height = columns.stop - columns.start, rows.stop - rows.start
        pitch, line = self._shown["CFBLR"] >> 16, (self._shown["CFBLR"] & 0x1FFF) - 3
        is_grey = self._shown["PFCR"] & 7 == _L8 and self._shown["CR"] >> 4 & 1
        if not is_grey or self._shown["CACR"] & 0xFF != 255 or self._shown["BFCR"] != _CONSTANT_ALPHA:
            raise WrongUseError("LTDC's layer is not opaque L8 by its table: the emulator knows no other.")
        if (line, self._shown["CFBLNR"] & 0x7FF) != (width, height):
            raise WrongUseError(f"LTDC's layer has lines of {line} pixels, its window {width} by {height}.")
        start = self._shown["CFBAR"]
        data = b"".join(
            self._lines.get(address, bytes(_LINE))
            for address in range(start & ~(_LINE - 1), start + pitch * height, _LINE)
        )
        found = np.frombuffer(data, np.uint8)[start % _LINE :][: pitch * height]
        return found.reshape(height, pitch)[:, :width]


MODELS: dict[str, type[Peripheral]] = {"stm32f7_ltdc": Ltdc}
