# SPDX-License-Identifier: Apache-2.0
"""pyOCD, with a debug probe."""

from toolkit.flash.program import Program

METHOD = Program("pyocd", about="a debug probe", install="pip install pyocd")
