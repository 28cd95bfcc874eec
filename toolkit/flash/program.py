# SPDX-License-Identifier: Apache-2.0
"""A method that is a program: it is run as the board file says, on the files of the image."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from toolkit import process
from toolkit.errors import CompileError, DeviceError
from toolkit.flash.image import require_same_bytes
from toolkit.flash.method import Job, PortKind, Usable
from toolkit.targets.board import Upload

_TIMEOUT_S = 300.0
_TAIL = 8
_ENDINGS = ("elf", "bin", "hex")


@dataclass(frozen=True)
class Program:
    """A program of somebody else's; install says how to get it.

    good_codes are the exit codes that mean success.
    """

    name: str
    install: str = ""
    about: str = ""
    good_codes: tuple[int, ...] = (0,)

    def port(self, upload: Upload) -> PortKind:
        """Return which port its command names."""
        if upload.touch_1200:
            return "bootloader"
        return "line" if any("{port}" in word for word in upload.command) else "none"

    def usable(self, upload: Upload) -> Usable:
        """Return whether the program, and every script that it runs, is installed."""
        words = [step[0] for step in (*upload.prepare, upload.command) if step]
        missing = [word for word in dict.fromkeys((*words, *_scripts(upload))) if not find_program(word)]
        if not missing:
            return Usable()
        get = "; ".join(filter(None, (self.install, upload.note))) or "put it on the PATH"
        return Usable(f"{', '.join(missing)} is not installed", get)

    def flash(self, job: Job) -> None:
        """Run the commands. Raises DeviceError with the program's own last lines if one fails."""
        steps = (*job.upload.prepare, job.upload.command)
        for ending in _ENDINGS:
            if any(f"{{{ending}}}" in word for step in steps for word in step):
                require_same_bytes(job.image, ending)
        for step in steps:
            self._run(job, _words(step, job.port))

    def _run(self, job: Job, command: list[str]) -> None:
        try:
            done = process.run(command, timeout_s=_TIMEOUT_S, cwd=job.image.folder, on_line=job.on_line)
        except CompileError as error:
            raise DeviceError(f"{self.name} did not finish within {_TIMEOUT_S:g} s.") from error
        if done.exit_code not in self.good_codes:
            tail = "\n".join(f"  {line}" for line in done.output.splitlines()[-_TAIL:])
            note = f"Note: {job.upload.note}" if job.upload.note else ""
            raise DeviceError(
                f"{self.name} could not flash {job.board.name} (exit code {done.exit_code}):\n{tail}",
                hint=note or f"It was run as: {' '.join(command)}",
            )


def _scripts(upload: Upload) -> list[str]:
    return [word for step in (*upload.prepare, upload.command) for word in step if word.endswith(".py")]


def find_program(name: str) -> str | None:
    """Return where a program is: on the PATH, or beside the Python that runs the toolkit."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), beside]))


def _words(step: tuple[str, ...], port: str) -> list[str]:
    """A step's command; images are named relative to their folder, so that no tool trips over a space."""
    names = {ending: f"firmware.{ending}" for ending in _ENDINGS}
    words = [word.format(port=port, **names) for word in step]
    return [
        find_program(word) or word if word == words[0] or word.endswith(".py") else word for word in words
    ]
