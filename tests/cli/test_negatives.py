# SPDX-License-Identifier: Apache-2.0
"""False accepts become files of the data, in the form that the source reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit.cli.options import open_pipeline
from toolkit.errors import InputError
from toolkit.listen.listen import by_own_time, ears_of, listen
from toolkit.listen.negatives import Nest, nest_of, write_negatives
from toolkit.listen.recording import read_recording

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


def test_a_class_that_is_detected_and_one_that_is_not_there_are_refused(hearing: dict[str, Path]) -> None:
    pipeline = open_pipeline(hearing["listen"])
    ears = ears_of(pipeline)
    with pytest.raises(InputError, match="this class is detected"):
        nest_of(pipeline, ears, "low")
    with pytest.raises(InputError, match="there is no such class"):
        nest_of(pipeline, ears, "nine")
    assert nest_of(pipeline, ears, "none").folder == hearing["listen"] / "data" / "none"
