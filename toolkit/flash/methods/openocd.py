# SPDX-License-Identifier: Apache-2.0
"""OpenOCD, with a debug probe."""

from toolkit.flash.program import Program

METHOD = Program(
    "openocd",
    about="a debug probe, on the board or wired to it",
    install="apt-get install openocd",
    absent="unable to find a matching CMSIS-DAP device|Error: open failed|No ST-?L(INK|ink).* found",
    needs="debug probe",
    look="the cable of the probe, and its wires to the board",
)
