# SPDX-License-Identifier: Apache-2.0
"""The bootloader that Ambiq puts into each Apollo3, over the serial line. Nothing has to be installed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from toolkit.flash.apollo3.session import Patience, update_board
from toolkit.flash.method import Job, PortKind, Usable
from toolkit.targets.board import Upload

_USUAL_BAUDS = (115200,)


@dataclass(frozen=True)
class Ambiq:
    """The method; patience is how long to wait for the board. How long for the person, the job says."""

    name: str = "ambiq"
    about: str = "over the serial line, with the bootloader on the board"
    patience: Patience = field(default_factory=Patience)

    def port(self, upload: Upload) -> PortKind:
        """Return that the bootloader is on the firmware's own line."""
        return "line"

    def usable(self, upload: Upload) -> Usable:
        """Return that nothing has to be installed."""
        return Usable()

    def flash(self, job: Job) -> None:
        """Update the board. Raises as update_board does."""
        update_board(
            job.port,
            job.image.data,
            bauds=job.upload.bauds or _USUAL_BAUDS,
            on_step=job.on_line,
            on_progress=job.on_progress,
            patience=replace(self.patience, bootloader_s=job.patience.reset_s),
        )


METHOD = Ambiq()
