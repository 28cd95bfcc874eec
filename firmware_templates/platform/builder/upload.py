# SPDX-License-Identifier: Apache-2.0
"""`pio run -t upload`: which command puts the firmware on the board. Stands alone: no toolkit, no SCons.

tinyml-toolkit does it where the Python that runs PlatformIO has it: it knows every method and says what to
press. Without it, the programs for debug probes remain, as platformio.ini says how to call them.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

AUTO = "auto"
_TOOLKIT = "tinyml-toolkit"


class Wish(NamedTuple):
    """What is to be flashed and how: the ELF file, protocol a method's name or AUTO, port a name or ""."""

    board: str
    elf: Path
    protocol: str
    port: str


class NoUploadError(Exception):
    """Nothing here can flash the board; hint is what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def upload(wish: Wish, programs: Mapping[str, str]) -> int:
    """Flash, and return the exit code. programs are custom_upload_<name> of platformio.ini, in their order.

    Raises NoUploadError.
    """
    command = toolkit_command(wish) if has_toolkit() else program_command(wish, programs)
    return subprocess.run(command, cwd=wish.elf.parent, check=False).returncode


def has_toolkit() -> bool:
    """Return whether this Python has tinyml-toolkit."""
    try:
        distribution(_TOOLKIT)
    except PackageNotFoundError:
        return False
    return True


def toolkit_command(wish: Wish) -> list[str]:
    """Return the toolkit's command."""
    words = [sys.executable, "-m", "toolkit", "flash", "--board", wish.board, "--elf", str(wish.elf)]
    method = [] if wish.protocol == AUTO else ["--method", wish.protocol]
    return [*words, *method, *(["--port", wish.port] if wish.port else [])]


def program_command(wish: Wish, programs: Mapping[str, str]) -> list[str]:
    """Return the command of the wanted program, or of the first that is installed. Raises NoUploadError."""
    hint = f"{sys.executable} -m pip install {_TOOLKIT}"
    others = f", or upload_protocol = {' or '.join(programs)}" if programs else ""
    if wish.protocol != AUTO and wish.protocol not in programs:
        raise NoUploadError(f"{wish.protocol} needs {_TOOLKIT} beside PlatformIO", hint + others)
    for name, text in programs.items():
        names = {ending: wish.elf.with_suffix(f".{ending}").name for ending in ("elf", "bin", "hex")}
        words = [word.format(**names) for word in shlex.split(text)]
        found = shutil.which(words[0])
        if wish.protocol in (AUTO, name) and found:
            return [found, *words[1:]]
    tried = ", ".join(programs) if wish.protocol == AUTO else wish.protocol
    raise NoUploadError(f"no program to flash {wish.board} is installed: looked for {tried or 'none'}", hint)
