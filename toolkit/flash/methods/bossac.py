# SPDX-License-Identifier: Apache-2.0
"""Arduino's fork of BOSSA, for the bootloader of the Nano 33 BLE."""

from toolkit.flash.program import Program

METHOD = Program(
    "bossac",
    about="over USB, with the bootloader on the board",
    install="arduino-cli core install arduino:mbed_nano, and its folder on the PATH",
)
