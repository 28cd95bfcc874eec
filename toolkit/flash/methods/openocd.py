# SPDX-License-Identifier: Apache-2.0
"""OpenOCD, with a debug probe."""

from toolkit.flash.program import Program

METHOD = Program("openocd", about="a debug probe", install="apt-get install openocd")
