# SPDX-License-Identifier: Apache-2.0
"""A recording is as long as a window, or is told: also one with nothing in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.codegen.model_feed import Feed
from toolkit.data import Takes
from toolkit.data.audio_folder import AudioFolderOptions
from toolkit.errors import InputError
from toolkit.ir.graph import Quantization, Tensor
from toolkit.listen.recording import Recording, read_recording, windows_of

_TENSOR = Tensor(0, "x", (1, 8, 2), "int8", Quantization((0.1,), (0,)))


def test_a_table_of_nothing_but_its_header_is_shorter_than_a_window(tmp_path: Path) -> None:
    takes = Takes(
        "windows", "classification", ("a", "b"), {"folder": "data", "window": 8, "columns": ["x", "y"]}
    )
    path = tmp_path / "walk.csv"
    path.write_text("x,y\n")
    recording = read_recording(path, takes)
    assert len(recording.items) == 0
    with pytest.raises(InputError, match=r"walk\.csv is shorter than a window of the model, which is 8 rows"):
        windows_of(recording, Feed(8, 2, 4), takes, _TENSOR)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_sound_of_less_than_a_frame_is_shorter_than_a_window(count: int) -> None:
    sound = AudioFolderOptions(folder="data", rate=8000, seconds=0.5, high_hz=3800, bands=20)
    takes = Takes(
        "audio_folder", "classification", ("a", "b"), {"folder": "data", "rate": 8000, "seconds": 0.5}
    )
    feed = Feed(8, 20, 4, sound.rules, is_sound=True, rate=8000)
    with pytest.raises(InputError, match="is shorter than a window of the model"):
        windows_of(Recording(Path("x.wav"), np.zeros(count, np.int16)), feed, takes, _TENSOR)


@pytest.mark.parametrize("step", [0, -20])
def test_a_time_that_does_not_rise_is_said_and_gives_no_rate(tmp_path: Path, step: int) -> None:
    takes = Takes(
        "windows",
        "classification",
        ("a", "b"),
        {"folder": "data", "window": 8, "columns": ["x", "y"], "time": "millis"},
    )
    path = tmp_path / "walk.csv"
    path.write_text("millis,x,y\n" + "".join(f"{5000 + step * i},{i},0\n" for i in range(20)))
    recording = read_recording(path, takes)
    assert (recording.rate, len(recording.items)) == (0.0, 20)
    assert recording.notes == ("millis does not rise from row to row, so that it gives no times",)


def test_a_question_in_a_message_has_one_mark(tmp_path: Path) -> None:
    takes = Takes(
        "windows", "classification", ("a", "b"), {"folder": "data", "window": 8, "columns": ["accel"]}
    )
    path = tmp_path / "walk.csv"
    path.write_text("acel,y\n1,2\n")
    with pytest.raises(InputError) as caught:
        read_recording(path, takes)
    assert caught.value.message.endswith("?")
