# SPDX-License-Identifier: Apache-2.0
"""picotool of Raspberry Pi, with the bootloader in the chip's ROM."""

from toolkit.flash.program import Program

METHOD = Program(
    "picotool",
    about="the bootloader in the chip",
    install="see https://github.com/raspberrypi/picotool",
    absent="No accessible RP-series devices in BOOTSEL mode were found|No accessible RP2040 devices",
    needs="board in BOOTSEL mode",
    look="that BOOTSEL was held while the cable was plugged in",
)
