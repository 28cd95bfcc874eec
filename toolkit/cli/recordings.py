# SPDX-License-Identifier: Apache-2.0
"""What the verbs listen and stream share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from toolkit import ui
from toolkit.cli.options import Real, board_option, open_pipeline
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from toolkit.listen.by_sensors import Run
    from toolkit.listen.curve import Point
    from toolkit.listen.delays import Light
    from toolkit.listen.listen import Ears, Heard
    from toolkit.listen.score import Tally
    from toolkit.pipeline.pipeline import Pipeline

_SAID = 4
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Wanted:
    """What the options of listen and stream say; see recordings_options."""

    labels: Path | None = None
    on: str | None = None
    board: str | None = None
    parts: int | None = None
    choose: float | None = None
    rate: float = 0.0
    plot: Path | None = None


def recordings_options(command: F) -> F:
    """Add FILES, --labels, --on, --board, --parts, --choose and --plot."""
    path = click.Path(path_type=Path, exists=True, dir_okay=False)
    for option in (
        click.option(
            "--plot",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE.png",
            help="Draw misses and false accepts over the threshold; with labels.",
        ),
        click.option(
            "--choose",
            type=Real(min=0.0),
            metavar="N",
            help="Choose the threshold with the fewest misses and at most N false accepts an hour.",
        ),
        click.option(
            "--parts",
            type=click.IntRange(1, 1000),
            help="With --on board: cut into so many parts, heard at the same time. Default: by cores.",
        ),
        board_option,
        click.option(
            "--on",
            type=click.Choice(["int8", "board", "line"]),
            help="int8, the default: the model on this computer. board: the firmware in emulation; your own "
            "application hears by the board's microphone or sensors. line: its features and model alone, "
            "which get the recording over the serial line.",
        ),
        click.option("--labels", type=path, help="What is in the one FILE, and when."),
        click.argument("files", type=path, nargs=-1, required=True),
    ):
        command = option(command)
    return command


def show_recordings(folder: Path, files: Sequence[Path], wanted: Wanted, as_json: bool) -> None:
    """Print the detections in files, and what they are worth where there are labels."""
    from toolkit.listen.curve import curve
    from toolkit.listen.listen import tally

    if wanted.labels is not None and len(files) > 1:
        raise UsageError("--labels are of one recording.", hint="Try: a label file beside each recording")
    pipeline = open_pipeline(folder)
    ears, heard, ran = _hear(pipeline, files, wanted)
    found, points = tally(ears, heard), curve(ears, heard)
    if wanted.plot is not None:
        _draw(ears, points, wanted.plot)
    if as_json:
        run = _run_json(pipeline, wanted, ran) if ran else {}
        ui.result_json({**_json(ears, heard, found, points), **run})
        return
    _show(ears, heard, ran.lights if ran else ())
    what = "word" if ears.feed.is_sound else "event"
    for line in _run_lines(pipeline, wanted, ran, what) if ran else ():
        ui.result(line)
    _show_worth(ears, found, points, wanted)


def _show(ears: Ears, heard: Sequence[Heard], lights: Sequence[Light]) -> None:
    """Print what was detected, and when."""
    ui.note(f"{_spans(ears)}; {ears.rule.words()}")
    if not ears.rate:
        ui.note("times are in rows: --rate RATE, the rows a second, gives seconds and false accepts an hour")
    for each in heard:
        for note in each.notes:
            ui.note(f"{each.name}: {note}")
    ui.table(("time", "detected", "score", "", "file"), _lines(ears, heard, lights))


def _draw(ears: Ears, points: Sequence[Point], place: Path) -> None:
    from toolkit.files import write_atomic
    from toolkit.listen.picture import worth_png

    if place.suffix.lower() != ".png":
        raise UsageError(f"--plot {place.name}: a picture is a .png.", hint="Try: --plot worth.png")
    if not points:
        raise UsageError("--plot needs labels.", hint="Try: --labels, or a label file beside the recording")
    write_atomic(place, worth_png(ears, points))
    ui.note(f"{place}: misses and false accepts over the threshold")


def _show_worth(ears: Ears, found: Sequence[Tally], points: Sequence[Point], wanted: Wanted) -> None:
    """Print what the detections are worth, with this threshold and with others."""
    if points:
        ui.table(("threshold", "detected", "false accepts", "an hour"), _curve_lines(ears, points))
    if found:
        ui.table(
            ("", "detected", "missed", "false accepts", "an hour"), [_line(ears, each) for each in found]
        )
    if wanted.choose is not None:
        _choose(points, wanted.choose)


def _hear(pipeline: Pipeline, files: Sequence[Path], wanted: Wanted) -> tuple[Ears, list[Heard], Run | None]:
    from toolkit.listen.by_sensors import hear_by_sensors, senses
    from toolkit.listen.listen import by_own_time, ears_of, listen
    from toolkit.listen.on_board import hear_on_board
    from toolkit.listen.recording import read_recording

    if wanted.on == "board" and senses(pipeline):
        board = pipeline.one_board(wanted.board)
        return hear_by_sensors(pipeline, board, files, wanted.labels, wanted.rate, wanted.parts)
    if wanted.on is not None and wanted.on != "int8":
        board = pipeline.one_board(wanted.board)
        if wanted.on == "board":
            ui.note("no application of your own reads a sensor: the recording goes over the serial line")
        return *hear_on_board(pipeline, board, files, wanted.labels, wanted.rate), None
    ears = ears_of(pipeline, wanted.rate)
    recordings = [read_recording(path, ears.takes) for path in files]
    ears, recordings = by_own_time(ears, recordings)
    return ears, [listen(ears, recording, wanted.labels) for recording in recordings], None


def _curve_lines(ears: Ears, points: Sequence[Point]) -> list[tuple[str, ...]]:
    """Return the points of which a neighbour differs, so that a long plateau is two lines."""
    kept = []
    for place, point in enumerate(points):
        around = points[max(place - 1, 0) : place + 2]
        if place in (0, len(points) - 1) or len({(p.tally.hits, p.tally.false_accepts) for p in around}) > 1:
            kept.append(point)
    return [
        (
            f"{point.threshold:.2f}",
            f"{point.tally.hits} of {point.tally.hits + point.tally.misses}",
            str(point.tally.false_accepts),
            f"{point.tally.an_hour:.1f}" if ears.rate else "?",
        )
        for point in kept
    ]


def _choose(points: Sequence[Point], most_an_hour: float) -> None:
    from toolkit.listen.curve import choose

    if not points:
        raise UsageError("--choose needs labels.", hint="Try: --labels, or a label file beside the recording")
    best = choose(points, most_an_hour)
    if best is None:
        ui.result(f"no threshold has at most {most_an_hour:g} false accepts an hour here")
        return
    tally = best.tally
    ui.result(
        f"threshold = {best.threshold:g} for [firmware.decision]: here {tally.hits} of "
        f"{tally.hits + tally.misses} detected, {tally.an_hour:.1f} false accepts an hour. "
        "What it is worth, another recording says"
    )


def _run_lines(pipeline: Pipeline, wanted: Wanted, ran: Run, what: str) -> list[str]:
    """Return what a firmware did, line by line; what is a word for one of its events."""
    from toolkit.listen.delays import delay_words, light_words
    from toolkit.listen.energy import energy_of

    board = pipeline.one_board(wanted.board)
    lines = [f"{board.name}: {ran.span:,.1f} s heard, {ran.times_real:.1f} times as fast as they last"]
    if ran.delays:
        lines.append(delay_words([delay.seconds for delay in ran.delays], what))
    if ran.lights:
        lines.append(light_words(ran.lights))
    lines.append(f"the core is busy {ran.duty:.2%} of the time")
    energy = energy_of(board, ran.duty, ran.sensors)
    unknown = f"its energy is not known: boards/{board.name}.toml has no [power]"
    lines.append(unknown if energy is None else energy.words())
    said = ", ".join(f"{text!r} {count} times" for text, count in ran.said[:_SAID])
    return [*lines, f"the application said {said}"] if said else lines


def _run_json(pipeline: Pipeline, wanted: Wanted, ran: Run) -> dict[str, Any]:
    from toolkit.listen.energy import energy_of

    board = pipeline.one_board(wanted.board)
    energy = energy_of(board, ran.duty, ran.sensors)
    return {
        "board": board.name,
        "energy": None if energy is None else {**asdict(energy), "joules_a_day": energy.joules_a_day},
        "delays": [asdict(each) for each in ran.delays],
        "lights": [asdict(each) for each in ran.lights],
        "duty": round(ran.duty, 6),
        "said": dict(ran.said),
        "times_real": ran.times_real,
    }


def _spans(ears: Ears) -> str:
    window, hop = ears.time_of(ears.feed.first_items), ears.time_of(ears.feed.hop_items)
    unit = "s" if ears.rate else "rows"
    return f"a window of {window:.4g} {unit} each {hop:.4g} {unit}"


def _lines(ears: Ears, heard: Sequence[Heard], lights: Sequence[Light]) -> list[tuple[str, ...]]:
    lines = []
    for each in heard:
        rights = each.scored.right if each.scored else (None,) * len(each.detections)
        found = [
            (one.at, one.label, f"{one.score:.2f}", {True: "", False: "false accept", None: ""}[right])
            for one, right in zip(each.detections, rights, strict=True)
        ]
        missed = each.scored.missed if each.scored else ()
        found += [(event.start, event.label, "", "missed") for event in missed]
        own = [light for light in lights if light.file == each.name]
        found += [(light.start, "", "", "LED lights") for light in own]
        found += [(light.end, "", "", "LED goes out") for light in own if light.end is not None]
        lines += [(_time(ears, at), *words, each.name) for at, *words in sorted(found)]
    return lines


def _time(ears: Ears, at: float) -> str:
    if not ears.rate:
        return f"row {at:.0f}"
    minutes, seconds = divmod(at, 60)
    return f"{int(minutes)}:{seconds:05.2f}"


def _line(ears: Ears, tally: Tally) -> tuple[str, ...]:
    an_hour = f"{tally.an_hour:.1f}" if ears.rate else "?"
    events = tally.hits + tally.misses
    return tally.label, f"{tally.hits} of {events}", str(tally.misses), str(tally.false_accepts), an_hour


def _json(
    ears: Ears, heard: Sequence[Heard], tallies: Sequence[Tally], points: Sequence[Point]
) -> dict[str, Any]:
    return {
        "unit": "s" if ears.rate else "rows",
        "window": ears.time_of(ears.feed.first_items),
        "hop": ears.time_of(ears.feed.hop_items),
        "files": [asdict(replace(each, track=None)) for each in heard],
        "tallies": [{**asdict(each), "an_hour": each.an_hour if ears.rate else None} for each in tallies],
        "curve": [
            {
                "threshold": point.threshold,
                "hits": point.tally.hits,
                "misses": point.tally.misses,
                "false_accepts": point.tally.false_accepts,
                "an_hour": point.tally.an_hour if ears.rate else None,
            }
            for point in points
        ],
    }
