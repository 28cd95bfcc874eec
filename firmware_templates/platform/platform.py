# SPDX-License-Identifier: Apache-2.0
"""PlatformIO's view of this platform: it asks for no package, so that nothing is downloaded."""

from platformio.platform.base import PlatformBase


class TinymlPlatform(PlatformBase):
    """Bare metal; builder/main.py finds the compiler."""

    def is_embedded(self) -> bool:
        """Return True: there is no operating system below."""
        return True
