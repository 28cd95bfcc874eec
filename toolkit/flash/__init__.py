# SPDX-License-Identifier: Apache-2.0
"""Putting a firmware on a board: one file for each method in methods/, in the order of the board file."""

from toolkit.flash.bootloader import Patience
from toolkit.flash.built import ElfFile
from toolkit.flash.choice import Way, choose_way, require_ways, ways
from toolkit.flash.flash import flash_firmware, require_flashable
from toolkit.flash.method import Job, Method, Usable, flash_methods

__all__ = [
    "ElfFile",
    "Job",
    "Method",
    "Patience",
    "Usable",
    "Way",
    "choose_way",
    "flash_firmware",
    "flash_methods",
    "require_flashable",
    "require_ways",
    "ways",
]
