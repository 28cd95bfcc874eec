# SPDX-License-Identifier: Apache-2.0
"""False accepts become files of the data, in the form that the source reads."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.cli.options import open_pipeline
from toolkit.errors import InputError
from toolkit.listen.listen import Heard, by_own_time, ears_of, listen
from toolkit.listen.negatives import Nest, nest_of, write_negatives
from toolkit.listen.recording import Recording, read_recording

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


@pytest.mark.parametrize(("verb", "label"), [("listen", "none"), ("stream", "rest")])
def test_what_was_heard_wrongly_is_cut_out_once_and_reads_as_it_was(
    hearing: dict[str, Path], tmp_path: Path, verb: str, label: str
) -> None:
    """With no labels in it, all that is detected is wrong."""
    pipeline = open_pipeline(hearing[verb])
    file = tmp_path / ("night.wav" if verb == "listen" else "night.csv")
    shutil.copy(hearing[verb] / ("kitchen.wav" if verb == "listen" else "walk.csv"), file)
    (tmp_path / "empty.csv").write_text("start,end,label\n")
    ears, recordings = by_own_time(ears_of(pipeline, 25.0), [read_recording(file, ears_of(pipeline).takes)])
    heard = [listen(ears, recordings[0], tmp_path / "empty.csv")]
    (tmp_path / "data" / label).mkdir(parents=True)
    nest = Nest(tmp_path / "data" / label, label, "")

    written = write_negatives(ears, recordings, heard, nest, 10)

    assert len(written) == len(heard[0].detections) > 1
    again = read_recording(written[0], ears.takes)
    end = round(heard[0].detections[0].at * ears.rate)
    assert (again.items == recordings[0].items[end - len(again.items) : end]).all()
    assert len(again.items) >= ears.feed.first_items
    before = written[0].stat().st_mtime_ns
    assert write_negatives(ears, recordings, heard, nest, 10) == []
    assert written[0].stat().st_mtime_ns == before
    with pytest.raises(InputError, match=r"does not match group = '/\(p\)_'"):
        write_negatives(ears, recordings, heard, Nest(nest.folder, label, "/(p)_"), 10)


def test_what_lies_across_a_gap_is_no_negative_and_what_lies_behind_is_cut_where_it_was(
    hearing: dict[str, Path], tmp_path: Path
) -> None:
    """A recording of which two seconds are missing, in the middle of something that is detected."""
    pipeline = open_pipeline(hearing["stream"])
    ears = ears_of(pipeline, 25.0)
    ears = replace(ears, takes=replace(ears.takes, options={**ears.takes.options, "time": "ms"}))
    head, *rows = (hearing["stream"] / "walk.csv").read_text().split()
    whole = [f"{40 * place},{row}" for place, row in enumerate(rows)]
    (tmp_path / "empty.csv").write_text("start,end,label\n")

    def heard_in(lines: list[str]) -> tuple[Recording, Heard, list[Path]]:
        (tmp_path / "night.csv").write_text("\n".join([f"ms,{head}", *lines, ""]))
        timed, (recording,) = by_own_time(ears, [read_recording(tmp_path / "night.csv", ears.takes)])
        heard = listen(timed, recording, tmp_path / "empty.csv")
        folder = tmp_path / str(len(lines)) / "rest"
        folder.mkdir(parents=True)
        return recording, heard, write_negatives(timed, [recording], [heard], Nest(folder, "rest", ""), 99)

    before, all_heard, _ = heard_in(whole)
    at = round(all_heard.detections[0].at * 25) - 2
    cut, heard, written = heard_in([*whole[:at], *whole[at + 50 :]])
    assert [row for row, _ in cut.jumps] == [at]
    late = [one for one in heard.detections if one.at > (at + 50 + ears.feed.first_items) / 25]
    assert {round(one.at, 3) for one in late} <= {round(one.at, 3) for one in all_heard.detections}
    for path in written:
        items = read_recording(path, ears.takes).items
        places = range(len(before.items) - len(items) + 1)
        assert any((before.items[place : place + len(items)] == items).all() for place in places)


def test_a_class_that_is_detected_and_one_that_is_not_there_are_refused(hearing: dict[str, Path]) -> None:
    pipeline = open_pipeline(hearing["listen"])
    ears = ears_of(pipeline)
    with pytest.raises(InputError, match="this class is detected"):
        nest_of(pipeline, ears, "low")
    with pytest.raises(InputError, match="there is no such class"):
        nest_of(pipeline, ears, "nine")
    assert nest_of(pipeline, ears, "none").folder == hearing["listen"] / "data" / "none"
