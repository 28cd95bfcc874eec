# SPDX-License-Identifier: Apache-2.0
"""A method that is a program: it is run as the board file says, on the files of the image."""

from __future__ import annotations

import os
import re
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
_FORBIDDEN = r"LIBUSB_ERROR_ACCESS|[Pp]ermission denied|insufficient permissions"
_RULES = (
    "Try: the udev rules that come with the program (Debian puts OpenOCD's into /lib/udev/rules.d), "
    "then plug it in again"
)
_ENDINGS = ("elf", "bin", "hex")


@dataclass(frozen=True)
class Program:
    """A program of somebody else's; install says how to get it.

    absent is a regular expression for what it says if what it speaks to is not plugged in, needs is what that
    is, and look is what to look at then. also_good is an exit code that is success too, with the words that
    it has to have said.
    """

    name: str
    install: str = ""
    about: str = ""
    absent: str = ""
    needs: str = "device"
    look: str = "the cable, and that it carries data"
    also_good: tuple[int, str] | None = None

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
        if not self._is_good(done):
            raise self._failed(job, command, done)

    def _is_good(self, done: process.Finished) -> bool:
        code, words = self.also_good or (0, "")
        return done.exit_code == 0 or (done.exit_code == code and words in done.output)

    def _failed(self, job: Job, command: list[str], done: process.Finished) -> DeviceError:
        note = f"Note: {job.upload.note}" if job.upload.note else ""
        if re.search(_FORBIDDEN, done.output):
            return DeviceError(
                f"{self.name} found a {self.needs}, but your user may not open it.", hint=_RULES
            )
        if self.absent and re.search(self.absent, done.output):
            return DeviceError(
                f"{self.name} finds no {self.needs}: none is plugged in.",
                hint="\n".join(filter(None, (f"Check: {self.look}", note))),
            )
        tail = "\n".join(f"  {line}" for line in done.output.splitlines()[-_TAIL:])
        return DeviceError(
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
