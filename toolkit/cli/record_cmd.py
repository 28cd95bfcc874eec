# SPDX-License-Identifier: Apache-2.0
"""tinyml record"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Name, Real, feed_options, project_option
from toolkit.errors import TinymlError, UsageError

if TYPE_CHECKING:
    from toolkit.emulator.feed import Feed
    from toolkit.record.asked import Asked
    from toolkit.record.recorder import Recorder
    from toolkit.record.take import Take
    from toolkit.runners.link import Link


@click.command("record")
@click.option("--label", help="What the recordings are: the folder they go to.")
@click.option("--port", type=Name(), help="Serial port of the board; auto: the one that fits the board.")
@click.option("--board", type=Name(), help="An emulated board, or which one auto looks for.")
@click.option(
    "--sensor",
    "sensors",
    multiple=True,
    type=Name(),
    help="What to record; again for several at once. Default: accel, or the only one that there is; "
    "microphone in a project of sounds.",
)
@click.option("--seconds", type=Real(min=0.001), default=2.0, show_default=True, help="Of each recording.")
@click.option("--count", type=click.IntRange(1, 100000), default=1, show_default=True, help="How many.")
@click.option("--pause", type=Real(min=0), help="Seconds before each. Default: 1, none in emulation.")
@click.option(
    "--rate", type=click.IntRange(1, 1000000), help="Rows a second, at least. Default: 100; of sound 16000."
)
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="N|NAME=N",
    type=Name(),
    help="Largest value, at least, in the sensor's unit. Default: 4 g, 2000 dps, of others the smallest.",
)
@feed_options
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder. Default: the project's data folder.",
)
@click.option(
    "--sketch",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write an Arduino sketch that records into this new folder, instead of recording.",
)
@project_option
def command(
    label: str | None,
    port: str | None,
    board: str | None,
    sensors: tuple[str, ...],
    seconds: float,
    count: int,
    pause: float | None,
    rate: int | None,
    ranges: tuple[str, ...],
    feeds: tuple[str, ...],
    rates: tuple[str, ...],
    output: Path | None,
    sketch: Path | None,
    folder: Path,
) -> None:
    """Record what the sensors of a board sense, into the project's data.

    The board needs the firmware that records: tinyml flash --recorder. Without --port it is an emulated one.

    \b
    Examples:
      tinyml record --port auto --label wave --seconds 1 --count 2 --output my_data
      tinyml record --port /dev/ttyACM0 --label circle --sensor accel --sensor gyro --output my_data
      tinyml record --board nano33ble --feed accel=walk.csv --label walk --output my_data
      tinyml record --board nano33ble_sense --sketch my_recorder
    """
    from toolkit.record.asked import Asked, choose_sensors, ranges_of
    from toolkit.record.files import require_label, require_room
    from toolkit.record.places import place_for
    from toolkit.record.recorder import Recorder
    from toolkit.runners.session import Session

    if sketch is not None:
        _write_sketch(board, sketch, folder)
        return
    if not label or not label.strip():
        raise UsageError("what is recorded needs a name.", hint="Try: --label wave")
    if port and (feeds or rates):
        raise UsageError("--feed is for an emulated board; --port is a real one.", hint="Try: one of the two")
    label = require_label(label)
    place = place_for(folder, output)
    require_room(place.folder, label, place.group)
    where = _Where(port, board, sensors, place.is_sound, feeds, rates, folder)
    with _opened(where) as (link, fed):
        recorder = Recorder(Session(link, on_word=ui.note))
        there = [sensor.name for sensor in recorder.sensors]
        chosen = choose_sensors(there, sensors, recorder.board, is_sound=place.is_sound)
        asked = Asked(tuple(chosen), rate, ranges_of(ranges, chosen))
        wait_s = (1.0 if port else 0.0) if pause is None else pause
        _record_series(recorder, asked, _Series(label, place.folder, seconds, count, wait_s), fed)


@dataclass(frozen=True)
class _Series:
    """Recordings one after the other: so many of so many seconds, with a wait before each."""

    label: str
    folder: Path
    seconds: float
    count: int
    wait_s: float


def _record_series(recorder: Recorder, asked: Asked, series: _Series, fed: Mapping[str, Feed]) -> None:
    from toolkit.record.fed import require_left
    from toolkit.record.files import save_take
    from toolkit.record.words import clipped_series, take_words

    clipped = []
    with _telling_kept(series.count) as keep:
        for number in range(1, series.count + 1):
            require_left(fed, asked.sensors, series.seconds, asked.hertz)
            _wait(series.wait_s, f"{series.label} {number} of {series.count}")
            take = _recorded(recorder, asked, series.seconds, fed, is_first=number == 1)
            path = save_take(take, series.folder, series.label)
            keep()
            if any(track.clipped for track in take.tracks):
                clipped.append(path)
            ui.result(f"{ui.one_line(path)}: {take_words(take, asked)}")
    if word := clipped_series(clipped, series.count):
        ui.result(word)


@contextmanager
def _telling_kept(count: int) -> Iterator[Callable[[], None]]:
    """Yield what to call for each recording that is kept; where it ends too soon, say how many are."""
    kept = 0

    def keep() -> None:
        nonlocal kept
        kept += 1

    try:
        yield keep
    except (KeyboardInterrupt, TinymlError):
        if count > 1:
            ui.note(f"{kept} of {count} kept")
        raise


def _write_sketch(board: str | None, sketch: Path, folder: Path) -> None:
    from toolkit.firmware.sketch import write_sketch
    from toolkit.record.places import board_for

    path = write_sketch(board_for(board, folder).name, sketch)
    ui.result(f"Wrote {ui.one_line(path)}. Upload it by Arduino's IDE.")
    ui.result("Then: tinyml record --port auto --label LABEL")


def _recorded(
    recorder: Recorder, asked: Asked, seconds: float, fed: Mapping[str, Feed], *, is_first: bool
) -> Take:
    from toolkit.record.fed import without_the_end
    from toolkit.record.words import less_than_asked

    with ui.progress("recording") as on_progress:
        take = recorder.take(
            asked.sensors, seconds, rate_hz=asked.hertz, ranges=asked.every_range, on_progress=on_progress
        )
    take, word = without_the_end(take, fed)
    for note in [*(less_than_asked(take, asked) if is_first else ()), word]:
        if note:
            ui.note(note)
    return take


def _wait(seconds: float, what: str) -> None:
    if seconds > 0:
        ui.note(f"{what} begins in {seconds:g} s")
        time.sleep(seconds)


@dataclass(frozen=True)
class _Where:
    """What the options say of the board."""

    port: str | None
    board: str | None
    sensors: tuple[str, ...]
    is_sound: bool
    feeds: tuple[str, ...]
    rates: tuple[str, ...]
    folder: Path


@contextmanager
def _opened(where: _Where) -> Iterator[tuple[Link, Mapping[str, Feed]]]:
    """Yield the link to the board, and what is fed to an emulated one."""
    from toolkit.record.places import on_port

    fed: Mapping[str, Feed] = {}
    if where.port:
        with ui.progress("connect"):
            link = on_port(where.port, where.board, where.folder)
    else:
        link, fed = _emulated(where)
    try:
        yield link, fed
    finally:
        link.close()


def _emulated(where: _Where) -> tuple[Link, Mapping[str, Feed]]:
    """Return the link to an emulated board, and what is fed to it; what cannot be is told before a build."""
    from toolkit.record.asked import choose_sensors
    from toolkit.record.fed import require_fed
    from toolkit.record.places import board_for, emulated
    from toolkit.runners.feeds import read_feeds

    board = board_for(where.board, where.folder)
    there = [sensor.name for sensor in board.sensors]
    chosen = choose_sensors(there, where.sensors, board.name, is_sound=where.is_sound)
    fed = read_feeds(board, where.feeds, where.rates, on_word=ui.note)
    require_fed(fed, chosen)
    with ui.progress(f"build {board.name}: the firmware that records") as on_progress:
        link = emulated(
            where.board, where.folder, fed, on_line=lambda line: on_progress(0, 0, line), on_word=ui.note
        )
    return link, fed
