# SPDX-License-Identifier: Apache-2.0
"""tinyml record"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Name, Real, feed_options, project_option
from toolkit.errors import TinymlError, UsageError

if TYPE_CHECKING:
    from toolkit.record.recorder import Recorder
    from toolkit.record.take import Take
    from toolkit.runners.link import Link

_SOUND_HZ, _ROWS_HZ = 16000, 100
_OFF_BY = 0.02


@click.command("record")
@click.option("--label", type=Name(), help="What the recordings are: the folder they go to.")
@click.option("--port", type=Name(), help="Serial port of the board; auto: the one that fits the board.")
@click.option("--board", type=Name(), help="An emulated board, or which one auto looks for.")
@click.option(
    "--sensor",
    "sensors",
    multiple=True,
    type=Name(),
    help="What to record; again for several at once. Default: accel; microphone in a project of sounds.",
)
@click.option("--seconds", type=Real(min=0.001), default=2.0, show_default=True, help="Of each recording.")
@click.option("--count", type=click.IntRange(1, 100000), default=1, show_default=True, help="How many.")
@click.option("--pause", type=Real(min=0), help="Seconds before each. Default: 1, none in emulation.")
@click.option(
    "--rate", type=click.IntRange(1, 1000000), help="Rows a second, at least. Default: 100; of sound 16000."
)
@click.option(
    "--range", "range_", type=click.IntRange(0), default=0, help="Largest value, in the sensor's unit."
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
    range_: int,
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
      tinyml record --board nano33ble_sense --sketch recorder
    """
    from toolkit.record.files import SOUND, require_label, save_take
    from toolkit.record.places import place_for
    from toolkit.record.recorder import Recorder
    from toolkit.runners.session import Session

    if sketch is not None:
        _write_sketch(board, sketch, folder)
        return
    if label is None:
        raise UsageError("what is recorded needs a name.", hint="Try: --label wave")
    if port and (feeds or rates):
        raise UsageError("--feed is for an emulated board; --port is a real one.", hint="Try: one of the two")
    require_label(label)
    place = place_for(folder, output)
    chosen = sensors or ((SOUND,) if place.is_sound else ("accel",))
    wait_s = (1.0 if port else 0.0) if pause is None else pause
    with _opened(_Where(port, board, feeds, rates, folder)) as link:
        recorder = Recorder(Session(link, on_word=ui.note))
        hertz = rate or (_SOUND_HZ if SOUND in chosen else _ROWS_HZ)
        with _telling_kept(count) as keep:
            for number in range(1, count + 1):
                _wait(wait_s, f"{label} {number} of {count}")
                take = _recorded(recorder, chosen, seconds, hertz, range_)
                path = save_take(take, place.folder, label)
                keep()
                ui.result(f"{ui.one_line(path)}: {_words(take)}")


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


def _recorded(recorder: Recorder, chosen: tuple[str, ...], seconds: float, hertz: int, range_: int) -> Take:
    with ui.progress("recording") as on_progress:
        return recorder.take(chosen, seconds, rate_hz=hertz, range_=range_, on_progress=on_progress)


def _wait(seconds: float, what: str) -> None:
    if seconds > 0:
        ui.note(f"{what} begins in {seconds:g} s")
        time.sleep(seconds)


def _words(take: Take) -> str:
    first = take.tracks[0]
    hertz = float(first.setting.rate_hz)
    words = [f"{len(first.rows) / hertz:.3g} s, {len(first.rows):,} rows at {hertz:g} Hz"]
    words += [
        f"{track.sensor.name} up to {track.setting.range:,} {track.sensor.unit}"
        for track in take.tracks
        if track.sensor.unit != "1"
    ]
    if take.measured_hz is not None and abs(take.measured_hz / hertz - 1) > _OFF_BY:
        words.append(f"{take.measured_hz:.4g} Hz by the board's clock")
    words += [f"LOST {track.lost:,} rows of {track.sensor.name}" for track in take.tracks if track.lost]
    return "; ".join(words if take.lost else [*words, "none lost"])


@dataclass(frozen=True)
class _Where:
    """What the options say of the board."""

    port: str | None
    board: str | None
    feeds: tuple[str, ...]
    rates: tuple[str, ...]
    folder: Path


@contextmanager
def _opened(where: _Where) -> Iterator[Link]:
    from toolkit.record.places import board_for, emulated, on_port
    from toolkit.runners.feeds import read_feeds

    board = None if where.port else board_for(where.board, where.folder)
    fed = read_feeds(board, where.feeds, where.rates, on_word=ui.note) if board else {}
    with ui.progress("connect") as on_progress:
        if where.port:
            link = on_port(where.port, where.board, where.folder)
        else:
            link = emulated(
                where.board,
                where.folder,
                fed,
                on_line=lambda line: on_progress(0, 0, line),
                on_word=ui.note,
            )
    try:
        yield link
    finally:
        link.close()
