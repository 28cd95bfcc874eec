# SPDX-License-Identifier: Apache-2.0
"""What the verbs listen and stream share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from toolkit import ui
from toolkit.cli.options import board_option, open_pipeline
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from toolkit.listen.listen import Ears, Heard
    from toolkit.listen.score import Tally

F = TypeVar("F", bound=Callable[..., Any])


def recordings_options(command: F) -> F:
    """Add FILES, --labels, --on and --board."""
    path = click.Path(path_type=Path, exists=True, dir_okay=False)
    for option in (
        board_option,
        click.option("--on", type=click.Choice(["int8", "board"]), help="Default: the int8 model."),
        click.option("--labels", type=path, help="What is in the one FILE, and when."),
        click.argument("files", type=path, nargs=-1, required=True),
    ):
        command = option(command)
    return command


def show_recordings(
    folder: Path,
    files: Sequence[Path],
    labels: Path | None,
    on: str | None,
    board: str | None,
    rate: float,
    as_json: bool,
) -> None:
    """Print the detections in files, and what they are worth where there are labels."""
    from toolkit.listen.listen import by_own_time, ears_of, listen, tally
    from toolkit.listen.on_board import hear_on_board
    from toolkit.listen.recording import read_recording

    if labels is not None and len(files) > 1:
        raise UsageError("--labels are of one recording.", hint="Try: a label file beside each recording")
    pipeline = open_pipeline(folder)
    if on == "board":
        ears, heard = hear_on_board(pipeline, pipeline.one_board(board), files, labels, rate)
    else:
        ears = ears_of(pipeline, rate)
        recordings = [read_recording(path, ears.takes) for path in files]
        ears, recordings = by_own_time(ears, recordings)
        heard = [listen(ears, recording, labels) for recording in recordings]
    found = tally(ears, heard)
    if as_json:
        ui.result_json(_json(ears, heard, found))
        return
    ui.note(f"{_spans(ears)}; {ears.rule.words()}")
    if not ears.rate:
        ui.note("times are in rows: --rate RATE, the rows a second, gives seconds and false accepts an hour")
    for each in heard:
        for note in each.notes:
            ui.note(f"{each.name}: {note}")
    ui.table(("time", "detected", "score", "", "file"), _lines(ears, heard))
    if found:
        ui.table(
            ("", "detected", "missed", "false accepts", "an hour"), [_line(ears, each) for each in found]
        )


def _spans(ears: Ears) -> str:
    window, hop = ears.time_of(ears.feed.first_items), ears.time_of(ears.feed.hop_items)
    unit = "s" if ears.rate else "rows"
    return f"a window of {window:.4g} {unit} each {hop:.4g} {unit}"


def _lines(ears: Ears, heard: Sequence[Heard]) -> list[tuple[str, ...]]:
    lines = []
    for each in heard:
        rights = each.scored.right if each.scored else (None,) * len(each.detections)
        found = [
            (one.at, one.label, f"{one.score:.2f}", {True: "", False: "false accept", None: ""}[right])
            for one, right in zip(each.detections, rights, strict=True)
        ]
        missed = each.scored.missed if each.scored else ()
        found += [(event.start, event.label, "", "missed") for event in missed]
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


def _json(ears: Ears, heard: Sequence[Heard], tallies: Sequence[Tally]) -> dict[str, Any]:
    return {
        "unit": "s" if ears.rate else "rows",
        "window": ears.time_of(ears.feed.first_items),
        "hop": ears.time_of(ears.feed.hop_items),
        "files": [asdict(each) for each in heard],
        "tallies": [{**asdict(each), "an_hour": each.an_hour if ears.rate else None} for each in tallies],
    }
