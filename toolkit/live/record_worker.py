# SPDX-License-Identifier: Apache-2.0
"""A recording of a board's sensors in a process of its own, as the live page starts it.

`python -m toolkit.live.record_worker FOLDER BOARD PORT LABEL STEM SECONDS SENSORS FEED` records into the
project's data, as `tinyml record` does, and writes a line of JSON to stdout for all rows that come. PORT ""
is an emulated board, STEM "" the label, FEED "" or a table that its sensors sense.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.emulator.feed import Feed
from toolkit.errors import TinymlError
from toolkit.live.own import place_to_record
from toolkit.live.telling import end_in_order, tell
from toolkit.project.config import load_project
from toolkit.record.asked import Asked, choose_sensors
from toolkit.record.fed import without_the_end
from toolkit.record.files import save_take
from toolkit.record.places import emulated, on_port
from toolkit.record.recorder import Recorder
from toolkit.record.words import take_words
from toolkit.runners.feeds import read_feeds
from toolkit.runners.link import Link
from toolkit.runners.session import Session
from toolkit.targets.board import load_board, use_boards_of

_MOST_POINTS = 100
"""Of a piece of sound: more is no better plot."""


def _say(text: str) -> None:
    tell("line", text=text)


def _emulated(
    folder: Path, name: str, sensors: list[str], feed: str, *, is_sound: bool
) -> tuple[Link, dict[str, Feed]]:
    """Return the link to an emulated board, whose sensors a table feeds, and what is fed."""
    board = load_board(name)
    chosen = choose_sensors([each.name for each in board.sensors], sensors, name, is_sound=is_sound)
    fed = read_feeds(board, [f"{each}={feed}" for each in chosen] if feed else [], on_word=_say)
    if not feed:
        _say(f"record: nothing is fed to {chosen[0]} of the emulated {name}, which lies still")
    _say(f"record: the firmware that records, for {name}")
    return emulated(name, folder, fed), fed


def _tell_rows(name: str, rows: NDArray[np.float64]) -> None:
    step = -(-len(rows) // _MOST_POINTS)
    tell("rows", text="", sensor=name, rows=np.round(rows[::step], 4).tolist())


def main(
    folder: str, board: str, port: str, label: str, stem: str, seconds: str, sensors: str, feed: str
) -> int:
    """Record; return the exit code of tinyml record."""
    end_in_order()
    root, names = Path(folder), [name for name in sensors.split(",") if name]
    try:
        use_boards_of(load_project(root).root)
        place = place_to_record(root, label, stem)
        fed: dict[str, Feed] = {}
        if port:
            link = on_port(port, board, root)
        else:
            link, fed = _emulated(root, board, names, feed, is_sound=place.is_sound)
        try:
            recorder = Recorder(Session(link, on_word=_say))
            there = [sensor.name for sensor in recorder.sensors]
            asked = Asked(tuple(choose_sensors(there, names, board, is_sound=place.is_sound)))
            take = recorder.take(
                asked.sensors,
                float(seconds),
                rate_hz=asked.hertz,
                ranges=asked.every_range,
                on_rows=_tell_rows,
            )
        finally:
            link.close()
        take, word = without_the_end(take, fed)
        path = save_take(take, place.folder, label, stem)
        if word:
            _say(f"record: {word}")
        _say(f"{path.relative_to(place.folder).as_posix()}: {take_words(take, asked)}")
    except TinymlError as error:
        tell("error", text=error.message, hint=error.hint)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
