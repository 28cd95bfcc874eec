# SPDX-License-Identifier: Apache-2.0
"""dfu-util, for a bootloader that speaks USB DFU.

After :leave the board restarts before dfu-util has its last answer: 0.9 to 0.11 then end with 74, as they do
for other errors. Source: dfu-util's man page (:leave); particle-iot/device-os, issue 599.
"""

from toolkit.flash.program import Program

METHOD = Program(
    "dfu-util",
    about="over USB, with the bootloader in the microcontroller",
    install="apt-get install dfu-util",
    absent="No DFU capable USB device available",
    needs="board in DFU mode",
    look="BOOT0 high when the board was reset, and the cable at its own USB plug",
    also_good=(74, "File downloaded successfully"),
)
