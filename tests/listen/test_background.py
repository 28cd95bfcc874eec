# SPDX-License-Identifier: Apache-2.0
"""Sound in which nobody calls the device."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

from toolkit.errors import InputError
from toolkit.listen.background import RATE_HZ, Background, write_background
from toolkit.listen.events import read_events

pytestmark = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs espeak-ng: apt-get install espeak-ng"
)
pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")


def samples_of(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE_HZ, 1)
        return np.frombuffer(file.readframes(1 << 24), "<i2")


def test_a_seed_gives_a_sound_of_that_length_again_and_says_that_nothing_is_in_it(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("two", 2)):
        write_background(tmp_path / f"{name}.wav", Background(12.0, seed))

    one, again, two = (samples_of(tmp_path / f"{name}.wav") for name in ("one", "again", "two"))
    assert len(one) == 12 * RATE_HZ
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)
    assert 30 < np.abs(one).mean() < 8000
    assert read_events(tmp_path / "one.csv") == ()


def test_recordings_of_one_s_own_are_in_it_and_words_that_are_left_out_are_not(tmp_path: Path) -> None:
    own = np.arange(8 * RATE_HZ) % 7 * 100
    (tmp_path / "mine").mkdir()
    with wave.open(str(tmp_path / "mine" / "a.wav"), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(own.astype("<i2").tobytes())
    background = Background(80.0, words=("yes", "computer"), without=("Computer",), folder=tmp_path / "mine")

    write_background(tmp_path / "night.wav", background)

    assert background.spoken == ("yes",)
    steps = np.abs(np.diff(samples_of(tmp_path / "night.wav").astype(int)))
    alike = np.cumsum(np.isin(steps, (99, 100, 101, 599, 600, 601)))
    assert (alike[RATE_HZ:] - alike[:-RATE_HZ]).max() == RATE_HZ
    with pytest.raises(InputError, match="no word is left"):
        write_background(tmp_path / "b.wav", Background(1.0, words=("yes",), without=("yes",)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no sound"):
        write_background(tmp_path / "c.wav", Background(1.0, folder=tmp_path / "empty"))
