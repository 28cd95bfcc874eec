# SPDX-License-Identifier: Apache-2.0
"""From a compiled model and a board to firmware: a PlatformIO project, then its ELF."""

from toolkit.firmware.application import Application
from toolkit.firmware.build import Firmware, build_firmware, load_firmware, worst_stack
from toolkit.firmware.fitting import build_to_fit
from toolkit.firmware.render import FirmwareProject, render_project
from toolkit.firmware.sizes import Sizes
from toolkit.firmware.tflm import Tflm, find_tree, least_arena

__all__ = [
    "Application",
    "Firmware",
    "FirmwareProject",
    "Sizes",
    "Tflm",
    "build_firmware",
    "build_to_fit",
    "find_tree",
    "least_arena",
    "load_firmware",
    "render_project",
    "worst_stack",
]
