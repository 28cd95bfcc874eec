# SPDX-License-Identifier: Apache-2.0
"""Our own: SAM-BA, with the bootloader of the Nano 33 BLE, over USB. Nothing needs to be installed."""

from __future__ import annotations

from toolkit.errors import DeviceError
from toolkit.flash.method import Job, PortKind, Usable
from toolkit.flash.samba import BAUD, PAGE_BYTES, Samba, crc16, pages_of
from toolkit.runners.serial import open_port
from toolkit.targets.board import Upload

_TIMES = 3
_OPEN_S = 3.0


class SambaMethod:
    """Writes page by page, verifies each by its CRC, writes again what differs, and resets."""

    name = "samba"
    about = "over USB, with the bootloader on the board; built in"

    def port(self, upload: Upload) -> PortKind:
        """Return that it is the bootloader's."""
        return "bootloader"

    def usable(self, upload: Upload) -> Usable:
        """Return that nothing is missing."""
        return Usable()

    def flash(self, job: Job) -> None:
        """Flash. Raises DeviceError if the bootloader is another one, goes away, or a page stays wrong."""
        port = open_port(job.port, BAUD, wait_s=_OPEN_S)
        try:
            samba = Samba(port, job.port, job.board.mcu)
            job.on_line(f"{job.port}: {samba.version}")
            _write(samba, job)
            if not samba.start():
                job.on_line("this bootloader cannot reset the board: press its reset button")
        finally:
            port.close()


def _write(samba: Samba, job: Job) -> None:
    """Write all pages, then those again that the bootloader's checksum says are wrong."""
    pages = dict(enumerate(pages_of(job.image.data)))
    samba.erase()
    wrong = pages
    for _ in range(_TIMES):
        for done, (index, page) in enumerate(wrong.items()):
            job.on_progress(done, len(wrong), "writing")
            samba.write(index * PAGE_BYTES, page)
        wrong = _differing(samba, job, pages)
        if not wrong:
            return
    first = min(wrong) * PAGE_BYTES + job.image.origin
    raise DeviceError(
        f"{job.board.name} was written, but its flash is not what was sent: {len(wrong):,} of {len(pages):,} "
        f"pages differ, the first at {first:#010x}.",
        hint="Try: once more, or --method bossac: the flash may be worn out, or the bootloader another one",
    )


def _differing(samba: Samba, job: Job, pages: dict[int, bytes]) -> dict[int, bytes]:
    found = {}
    for index, page in pages.items():
        job.on_progress(index, len(pages), "verifying")
        if samba.checksum(index * PAGE_BYTES, len(page)) != crc16(page):
            found[index] = page
    job.on_progress(len(pages), len(pages), "verified")
    return found


METHOD = SambaMethod()
