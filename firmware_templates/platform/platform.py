# SPDX-License-Identifier: Apache-2.0
"""PlatformIO's view of this platform: it asks for no package, so that nothing is downloaded."""

import re

from platformio.exception import UserSideException
from platformio.platform.base import PlatformBase
from platformio.project.helpers import get_project_dir


class TinymlPlatform(PlatformBase):
    """Bare metal; builder/main.py finds the compiler."""

    def is_embedded(self) -> bool:
        """Return True: there is no operating system below."""
        return True

    def run(self, variables, targets, *options, **more):  # type: ignore[no-untyped-def]
        """Build, unless the folder's name would be read as commands by the shell or by SCons."""
        folder = get_project_dir()
        if not re.fullmatch(r"[\w./\\:~+@ -]*", folder) or "\n" in folder:
            raise UserSideException(
                f"SCons would read the name of the folder {folder!r} as commands. "
                "Move the project to a folder of letters, digits, dashes and spaces, or run tinyml build."
            )
        return super().run(variables, targets, *options, **more)
