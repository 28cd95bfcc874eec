# SPDX-License-Identifier: Apache-2.0
"""Where TensorBoard's files of trainings go: build/tensorboard/<run>/, numbered as `tinyml runs` has them."""

from __future__ import annotations

import shutil
from pathlib import Path

from toolkit.project.runs import next_run, run_of
from toolkit.reading import parse_json

FOLDER = "tensorboard"


def live_logs(build: Path) -> Path:
    """Return where a training that begins now, or goes on, writes."""
    return build / FOLDER / str(next_run(build))


def settle_logs(build: Path, live: Path | None) -> Path:
    """Return the logs of the run that build holds: live's, if it wrote there, else made from history.json.

    A training whose outcome a kept run already has is that run.
    """
    run = run_of(build)
    settled = build / FOLDER / str(run if run is not None else next_run(build))
    if live is not None and live.is_dir():
        if live != settled:
            shutil.rmtree(settled, ignore_errors=True)
            live.rename(settled)
        return settled
    from toolkit.training.events import write_events

    write_events(parse_json((build / "history.json").read_text(encoding="utf-8")), settled)
    return settled
