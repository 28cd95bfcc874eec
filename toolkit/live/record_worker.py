# SPDX-License-Identifier: Apache-2.0
"""A recording of a board's sensors in a process of its own, as the live page starts it.

`python -m toolkit.live.record_worker FOLDER BOARD PORT LABEL SECONDS SENSORS FEED` records into the project's
data, as `tinyml record` does, and writes a line of JSON to stdout for all rows that come. PORT "" is an
emulated board, FEED "" or a table that its sensors sense.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import TinymlError
from toolkit.live.telling import tell
from toolkit.project.config import load_project
from toolkit.record.files import SOUND, require_label, save_take
from toolkit.record.places import emulated, on_port, place_for
from toolkit.record.recorder import Recorder
from toolkit.runners.feeds import read_feeds
from toolkit.runners.link import Link
from toolkit.runners.session import Session
from toolkit.targets.board import load_board, use_boards_of

_SOUND_HZ, _ROWS_HZ = 16000, 100
_MOST_POINTS = 100
"""Of a piece of sound: more is no better plot."""


def _link(folder: Path, board: str, port: str, sensors: list[str], feed: str) -> Link:
    if port:
        return on_port(port, board, folder)
    given = [f"{name}={feed}" for name in sensors] if feed else []
    fed = read_feeds(load_board(board), given, on_word=lambda text: tell("line", text=text))
    tell("line", text=f"record: the firmware that records, for {board}")
    return emulated(board, folder, fed)


def _tell_rows(name: str, rows: NDArray[np.float64]) -> None:
    step = -(-len(rows) // _MOST_POINTS)
    tell("rows", text="", sensor=name, rows=np.round(rows[::step], 4).tolist())


def main(folder: str, board: str, port: str, label: str, seconds: str, sensors: str, feed: str) -> int:
    """Record; return the exit code of tinyml record."""
    root, names = Path(folder), [name for name in sensors.split(",") if name]
    try:
        require_label(label)
        use_boards_of(load_project(root).root)
        place = place_for(root, None)
        chosen = names or [SOUND if place.is_sound else "accel"]
        hertz = _SOUND_HZ if SOUND in chosen else _ROWS_HZ
        link = _link(root, board, port, chosen, feed)
        try:
            recorder = Recorder(Session(link, on_word=lambda text: tell("line", text=text)))
            take = recorder.take(chosen, float(seconds), rate_hz=hertz, on_rows=_tell_rows)
        finally:
            link.close()
        path = save_take(take, place.folder, label)
        lost = f", LOST {take.lost:,} rows" if take.lost else ", none lost"
        rows = len(take.tracks[0].rows)
        tell("line", text=f"{path.relative_to(place.folder).as_posix()}: {rows:,} rows{lost}")
    except TinymlError as error:
        tell("error", text=error.message, hint=error.hint)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
