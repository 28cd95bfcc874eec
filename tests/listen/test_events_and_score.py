# SPDX-License-Identifier: Apache-2.0
"""Labels of recordings as people have them, and what detections are worth against them."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.listen.events import Event, events_of_column, labels_beside, read_events
from toolkit.listen.score import Detection, score, tallies


def test_audacity_s_label_track(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("\ufeff0.5\t1.25\tyes\n\\\t100.0\t2000.0\n3\t3\tno way\n\n", encoding="utf-8")
    assert read_events(file) == (Event(0.5, 1.25, "yes"), Event(3.0, 3.0, "no way"))


def test_a_csv_of_labels_in_any_order_of_columns(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("label,start,end,who\nyes,1,2.5,me\n")
    assert read_events(file) == (Event(1.0, 2.5, "yes"),)
    file.write_text("label;start;end;who\nyes;1;2,5;me\n")
    assert read_events(file) == (Event(1.0, 2.5, "yes"),)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.txt", "1.0 2.0 yes\n", r"a.txt:1: is no label: start, end and label with tabs"),
        ("a.txt", "0\t1\tyes\n2\t1\tyes\n", r"a.txt:2: '2' to '1' is not a start and an end"),
        ("a.csv", "start,end,label\n2,1,x\n", r"a.csv:2: 2.0 to 1.0 is not a start and an end"),
        ("a.csv", "start,stop,label\n", r"a.csv has no column 'end'"),
        ("a.csv", "start,end,label\n1,nan,x\n", r"a.csv:2: nan in the column 'end' is NaN"),
        ("a.csv", "start,end,label\n1,2\n", r"a.csv:2: has 2 cells; the header names 3"),
        ("a.csv", "start,end,label\n1,2,x,y\n", r"a.csv:2: has 4 cells"),
    ],
)
def test_wrong_labels_are_told_with_their_line(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words):
        read_events(tmp_path / name)


def test_labels_stand_beside_the_recording(tmp_path: Path) -> None:
    assert labels_beside(tmp_path / "a.wav") is None
    (tmp_path / "a.csv").write_text("")
    assert labels_beside(tmp_path / "a.wav") == tmp_path / "a.csv"
    assert labels_beside(tmp_path / "a.csv") is None


def test_runs_of_a_column_are_events() -> None:
    found = events_of_column(("a", "a", "b", "a"), 2.0)
    assert found == (Event(0.0, 1.0, "a"), Event(1.0, 1.5, "b"), Event(1.5, 2.0, "a"))


def test_hits_misses_and_false_accepts() -> None:
    events = [Event(10, 11, "yes"), Event(20, 21, "yes"), Event(30, 31, "no")]
    heard = [
        Detection(10.2, "yes", 0.9),  # the window began before the event and overlaps it
        Detection(11.5, "yes", 0.9),  # the same event again
        Detection(12.0, "yes", 0.9),  # the window began when the event was over
        Detection(30.5, "yes", 0.9),  # another class
    ]
    found = score(heard, events, reach=1.0)
    assert found.right == (True, True, False, False)
    assert found.missed == (events[1], events[2])
    yes, no, every = tallies(("yes", "no"), [(heard, events, found)], span=1800.0)
    assert (yes.hits, yes.misses, yes.false_accepts, yes.an_hour) == (1, 1, 2, 4.0)
    assert (no.hits, no.misses, no.false_accepts) == (0, 1, 0)
    assert (every.hits, every.misses, every.false_accepts) == (1, 2, 2)
