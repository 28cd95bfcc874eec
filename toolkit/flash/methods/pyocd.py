# SPDX-License-Identifier: Apache-2.0
"""pyOCD, with a debug probe."""

from toolkit.flash.program import Program

METHOD = Program(
    "pyocd",
    about="a debug probe, on the board or wired to it",
    install="pip install pyocd",
    absent="No (connected|available) debug probes",
    needs="debug probe",
    look="the cable of the probe, and its wires to the board",
)
