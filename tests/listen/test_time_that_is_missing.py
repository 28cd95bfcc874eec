# SPDX-License-Identifier: Apache-2.0
"""A recording with gaps: its stream goes on, and what is found stands where its own time has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toolkit import ui
from toolkit.data import Takes
from toolkit.errors import InputError
from toolkit.listen.events import Event, oddities, read_events
from toolkit.listen.listen import learnt_hz
from toolkit.listen.recording import Recording, read_recording
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.config import load_project

TAKES = Takes(
    "windows",
    "classification",
    ("a", "b"),
    {"folder": "data", "window": 8, "columns": ["x"], "time": "time_ms", "broken_rows": "gap"},
)


def recording(tmp_path: Path, times: list[float]) -> Recording:
    path = tmp_path / "walk.csv"
    path.write_text("time_ms,x\n" + "".join(f"{time:g},{place}\n" for place, time in enumerate(times)))
    return read_recording(path, TAKES)


def test_times_behind_a_gap_are_those_of_the_recording(tmp_path: Path) -> None:
    """50 rows a second, and 3 s and then 0.4 s are missing."""
    times = [20.0 * row + 3000 * (row >= 100) + 400 * (row >= 150) for row in range(200)]
    found = recording(tmp_path, times)
    assert found.rate == pytest.approx(50)
    assert found.jumps == ((100, pytest.approx(3.0)), (150, pytest.approx(0.4)))
    stream = np.array([1.0, 2.0, 2.02, 3.0, 3.02, 4.0])
    real = found.real_times(stream, 50)
    assert real == pytest.approx([1.0, 2.0, 5.02, 6.0, 6.42, 7.4])
    assert [found.stream_time(time) for time in real] == pytest.approx(stream.tolist())
    assert found.is_across(99, 101) and not found.is_across(92, 100) and not found.is_across(100, 108)


def test_a_row_that_cannot_be_read_takes_its_time_with_it(tmp_path: Path) -> None:
    found = recording(tmp_path, [20.0 * row for row in range(60) if row != 30])
    assert found.real_times(np.array([0.6, 0.62, 1.18]), 50) == pytest.approx([0.6, 0.64, 1.2])


def test_a_recording_without_gaps_is_as_it_is(tmp_path: Path) -> None:
    times = np.linspace(0, 2, 7)
    assert (
        recording(tmp_path, [20.0 * row for row in range(60)]).real_times(times, 50).tolist()
        == times.tolist()
    )


def test_what_is_odd_in_labels_is_said() -> None:
    assert list(oddities([Event(0, 1, "a"), Event(1, 2, "a"), Event(1, 3, "b")], 3.0)) == []
    assert list(oddities([Event(1, 12, "a"), Event(2, 2, "b")], 10.0)) == [
        "the label 'a' ends at 12; the recording ends at 10",
        "1 of 2 labels have no length: each is a moment",
    ]
    assert list(oddities([Event(0, 2, "a"), Event(0, 9, "b"), Event(1, 3, "a")], 10.0)) == [
        "two labels 'a' overlap, from 1 to 2: both count as events"
    ]


def test_the_columns_of_labels_may_be_capitalized(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Start , End,LABEL\n1,2,Shake \n")
    assert read_events(tmp_path / "a.csv") == (Event(1.0, 2.0, "Shake"),)


@pytest.mark.parametrize("head", ["ax [m/s2]", "5"])
def test_columns_of_another_name_or_none_are_told_with_those_of_the_data(tmp_path: Path, head: str) -> None:
    path = tmp_path / "walk.csv"
    path.write_text(f"{head}\n1\n")
    with pytest.raises(InputError) as error:
        read_recording(path, TAKES)
    wanted = "Try: time_ms, x in its first line, in the units of the data: nothing is converted here"
    assert error.value.hint == wanted


def test_the_rate_of_the_data_is_that_of_their_times(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(
        '[project]\nname = "wand"\n[data]\nsource = "windows"\n[data.options]\nfolder = "data"\n'
        'window = 8\ncolumns = ["x"]\ntime = "time_ms"\n[model]\nfamily = "mlp"\n'
    )
    (tmp_path / "data" / "a").mkdir(parents=True)
    recording(tmp_path / "data" / "a", [10.0 * row for row in range(60)])
    pipeline = Pipeline(load_project(tmp_path), on_step=lambda _: None, progress=ui.progress)
    assert learnt_hz(pipeline, TAKES) == pytest.approx(100)
    resampled = replace(TAKES, options={**TAKES.options, "rate": 50.0})
    assert learnt_hz(pipeline, resampled) == 0
