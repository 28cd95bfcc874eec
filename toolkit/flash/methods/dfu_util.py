# SPDX-License-Identifier: Apache-2.0
"""dfu-util, for a bootloader that speaks USB DFU."""

from toolkit.flash.program import Program

METHOD = Program(
    "dfu-util",
    about="over USB, with the bootloader in the microcontroller",
    install="apt-get install dfu-util",
)
