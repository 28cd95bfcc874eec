# SPDX-License-Identifier: Apache-2.0
"""A copy to the USB drive that the board's debug probe or bootloader makes, which writes it into the flash.

Source: UM1907 (32F746GDISCOVERY), ST-LINK/V2-1, mass storage; ST RN0093 (ST-LINK firmware), drag and drop:
the drive goes away while the probe writes, and comes back. RP2040 Datasheet 2.8.4: the drive takes UF2, and
goes away as soon as all of it is there; the firmware starts. Not yet tried on hardware.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from toolkit.errors import DeviceError, UsageError
from toolkit.flash import drives
from toolkit.flash.image import require_same_bytes
from toolkit.flash.method import Job, PortKind, Usable
from toolkit.flash.uf2 import uf2_of
from toolkit.targets.board import Board, Upload

_PIECE = 64 * 1024
_OTHER = "or another way: --method list shows them"


@dataclass(frozen=True)
class Drive:
    """The method. Seconds: verdict_s for the drive to come back, quiet_s if it never goes away."""

    name: str = "drive"
    about: str = "a copy to the board's USB drive"
    verdict_s: float = 20.0
    quiet_s: float = 6.0
    look_s: float = 0.1

    def port(self, upload: Upload) -> PortKind:
        """Return that none is needed."""
        return "none"

    def usable(self, upload: Upload) -> Usable:
        """Return that nothing has to be installed."""
        return Usable()

    def flash(self, job: Job) -> None:
        """Copy the image, then wait for what the probe says of it.

        Raises DeviceError without the drive, for a copy that breaks off and with the words of FAIL.TXT;
        UsageError if there is more than one.
        """
        require_same_bytes(job.image, "bin")
        drive = self._find(job)
        before = drives.complaint(drive)
        job.on_line(f"copying to {drive}")
        image, family = job.image, job.upload.uf2_family
        if family:
            went_away = _copy(job, drive / "firmware.uf2", uf2_of(image.data, image.origin, family))
            self._wait_for_start(job, drive, went_away)
            return
        went_away = _copy(job, drive / "firmware.bin", image.data)
        job.on_line("waiting for the probe to write it")
        self._wait(job, drive, before, went_away)

    def _find(self, job: Job) -> Path:
        label, wait_s = job.upload.label, job.patience.reset_s
        deadline = time.monotonic() + wait_s
        found = drives.find_drives(label)
        if not found:
            how = "with its bootloader started" if job.upload.uf2_family else ""
            words = ", ".join(filter(None, ("plug the board in", how)))
            job.on_line(f"no drive {label} is there: {words}; waiting up to {wait_s:.0f} s")
        while not found and time.monotonic() < deadline:
            time.sleep(self.look_s)
            found = drives.find_drives(label)
        if not found:
            raise _no_drive(job.upload, job.board)
        if len(found) > 1:
            raise UsageError(
                f"more than one drive is a {job.board.title}: {', '.join(map(str, found))}.",
                hint=f"Try: unplug all boards but one, {_OTHER}",
            )
        return found[0]

    def _wait_for_start(self, job: Job, drive: Path, gone: bool) -> None:
        """Return once the drive is away: the bootloader has the whole image, and has started it."""
        job.on_line("waiting for the board to start it")
        began = time.monotonic()
        while not gone:
            if time.monotonic() > began + self.verdict_s:
                raise DeviceError(
                    f"{drive} stays: the bootloader of {job.board.title} has not taken the firmware.",
                    hint=f"Try: unplug the board, plug it in, flash again; {_OTHER}",
                )
            time.sleep(self.look_s)
            gone = not drives.find_drives(job.upload.label)

    def _wait(self, job: Job, drive: Path, before: str | None, gone: bool) -> None:
        """Return once the drive is back without a complaint, or stays as it is.

        before is a complaint from earlier, which may still be there; gone says that the drive went away as
        the last bytes reached it, before this computer was told that they had.
        """
        began, back_at, must_come_back = time.monotonic(), 0.0, gone
        while True:
            now = time.monotonic()
            there = drives.find_drives(job.upload.label)
            gone = gone or not there
            back_at = back_at or (now if gone and there else 0.0)
            said = drives.complaint(there[0]) if there else None
            if said is not None and (gone or before is None or now > began + self.quiet_s):
                raise _refused(said, job.board)
            if (back_at and now > back_at + 10 * self.look_s) or (not gone and now > began + self.quiet_s):
                return
            if now > began + self.verdict_s and must_come_back:
                raise _lost(drive)
            if now > began + self.verdict_s:
                job.on_line(f"{drive} did not come back: whether the probe wrote it, tinyml check can say")
                return
            time.sleep(self.look_s)


def _copy(job: Job, target: Path, data: bytes) -> bool:
    """Write the bytes from the first to the last, and out of this computer's cache.

    Return whether the drive went away at the end, as a probe does that is quick. Raises DeviceError.
    """
    try:
        with _opened(target) as stream:
            for at in range(0, len(data), _PIECE):
                stream.write(data[at : at + _PIECE])
                job.on_progress(min(at + _PIECE, len(data)), len(data))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        said = drives.complaint(target.parent)
        if said is not None:
            raise _refused(said, job.board) from error
        if error.errno not in (errno.EIO, errno.ENODEV, errno.ENXIO):
            raise _broken(error, target.parent) from error
        return True
    return False


def _opened(target: Path) -> BinaryIO:
    """Return the file on the drive, empty. Raises DeviceError for a link, pipe or device of that name.

    A link would lead the image to another file of this computer.
    """
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(target.lstat().st_mode):
            raise DeviceError(
                f"{target} is no regular file, but a link or something else: nothing was written.",
                hint=f"Check: that this is the drive of the board's debug probe; {_OTHER}",
            )
    stream = os.fdopen(os.open(target, flags | getattr(os, "O_BINARY", 0), 0o666), "wb")
    stream.truncate(0)
    return stream


def _lost(drive: Path) -> DeviceError:
    return DeviceError(
        f"{drive} went away during the copy and did not come back within the time.",
        hint=f"Check: the cable; then flash again, {_OTHER}",
    )


def _broken(error: OSError, drive: Path) -> DeviceError:
    if error.errno == errno.ENOSPC:
        why = "it says that it is full, as it does if the probe does not reach the microcontroller"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DeviceError(f"{drive} may not be written.", hint=f"Try: mount it for your user, {_OTHER}")
    else:
        why = f"{error.strerror}"
    return DeviceError(
        f"the copy to {drive} broke off: {why}. The firmware is not on the board.",
        hint=f"Try: unplug the board, plug it in, flash again; {_OTHER}",
    )


def _no_drive(upload: Upload, board: Board) -> DeviceError:
    label, device = upload.label, drives.unmounted(upload.label)
    if device:
        return DeviceError(
            f"the drive {label} is plugged in as {device}, but not mounted.",
            hint=f"Try: udisksctl mount -b {device}, {_OTHER}",
        )
    if upload.uf2_family:
        return DeviceError(
            f"there is no drive {label}: no {board.title} is plugged in with its bootloader started.",
            hint=f"Check: the cable, and that it carries data; then {upload.note}, {_OTHER}",
        )
    return DeviceError(
        f"there is no drive {label}: no {board.title} is plugged in at its debug probe's USB plug.",
        hint=f"Check: the cable, that it carries data, and the plug (ST-LINK), {_OTHER}",
    )


def _refused(said: str, board: Board) -> DeviceError:
    return DeviceError(
        f"the probe could not write the firmware to {board.title}. {drives.FAIL} says: {said}",
        hint=f"Try: unplug the board, plug it in, flash again. If it stays: BOOT0 high once, {_OTHER}",
    )


METHOD = Drive()
