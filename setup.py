# SPDX-License-Identifier: Apache-2.0
"""A wheel carries the data folders inside the package; a checkout has them beside it."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DATA = ("boards", "examples", "firmware_templates")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "build", "data", ".pio")


class BuildWithData(build_py):
    """Copies the data folders, with their dotfiles, to toolkit/_data, where toolkit/paths.py looks."""

    def run(self) -> None:
        """Build the package, then copy."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "toolkit" / "_data"
        shutil.rmtree(target, ignore_errors=True)
        for name in DATA:
            shutil.copytree(Path(__file__).parent / name, target / name, ignore=LEFT_OUT)


setup(cmdclass={"build_py": BuildWithData})
