# SPDX-License-Identifier: Apache-2.0
"""Sound files of any rate and width, and what is wrong with them."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.data import Dataset, load_dataset
from toolkit.data.decode import BrokenFileError
from toolkit.data.features import FeatureRules, features
from toolkit.data.sound import decode_sound
from toolkit.data.sounds import middle
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import load_project

pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")
pytest.importorskip("scipy", reason="needs SciPy: pip install 'tinyml-toolkit[train]'")

soundfile: Any = load_extra("soundfile")
RATE = 8000


def encoded(sound: np.ndarray, rate: int = RATE, kind: str = "WAV", width: str = "PCM_16") -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, sound, rate, width, format=kind)
    return stream.getvalue()


def tone(hz: float, seconds: float = 0.5, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)


def write_sounds(folder: Path, per_class: int = 5, seconds: float = 0.5) -> None:
    for number, name in enumerate(("high", "low")):
        (folder / name).mkdir(parents=True)
        for i in range(per_class):
            sound = tone(2000 - 1500 * number + 50 * i, seconds)
            kind = "FLAC" if i % 2 else "WAV"
            (folder / name / f"{i}.{kind.lower()}").write_bytes(encoded(sound, kind=kind))


def load(folder: Path, options: str = "", *, skip_broken: bool = False) -> Dataset:
    usual = {"rate": RATE, "seconds": 0.5, "high_hz": 4000, "bands": 20}
    lines = "".join(
        f"{key} = {value}\n" for key, value in usual.items() if not re.search(rf"(?m)^{key} =", options)
    )
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "audio_folder"\n[data.options]\nfolder = "sounds"\n'
        f'{lines}{options}\n[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder), skip_broken=skip_broken)


def test_16_bits_at_the_right_rate_come_as_they_are() -> None:
    sound = np.random.default_rng(1).integers(-32768, 32768, 5000).astype(np.int16)
    for kind in ("WAV", "FLAC"):
        assert np.array_equal(decode_sound(encoded(sound, kind=kind), RATE, 60), sound)


@pytest.mark.parametrize("width", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_every_width_is_read(width: str) -> None:
    sound = tone(440)
    got = decode_sound(encoded(sound, width=width), RATE, 60)
    coarse = width in ("PCM_U8", "ULAW", "ALAW")
    assert np.abs(got - 32768 * sound).max() <= (520 if coarse else 2)


@pytest.mark.parametrize("rate", [4000, 8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_every_rate_is_resampled(rate: int) -> None:
    got = decode_sound(encoded(tone(440, 1.0, rate), rate), RATE, 60)
    assert abs(len(got) - RATE) <= 1
    wanted = 32768 * tone(440, 1.0)[: len(got)]
    assert np.abs(got[500:-500] - wanted[500 : len(got) - 500]).max() < 330


def test_channels_are_averaged() -> None:
    both = np.stack([tone(440), np.zeros(RATE // 2)], axis=1)
    assert np.abs(decode_sound(encoded(both), RATE, 60) - 16384 * tone(440)).max() <= 2


def test_what_is_too_loud_is_cut_off() -> None:
    got = decode_sound(encoded(np.array([2.0, -2.0, 0.5]), width="FLOAT"), RATE, 60)
    assert got.tolist() == [32767, -32768, 16384]


def _with_frames(content: bytes, frames: int) -> bytes:
    """A FLAC whose header tells of this many frames; the field has 36 bits, from byte 21 on."""
    start = int.from_bytes(content[18:26], "big") >> 36 << 36
    return content[:18] + (start | frames).to_bytes(8, "big") + content[26:]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (encoded(np.zeros(0)), "has no samples"),
        (encoded(np.array([0.1, np.nan]), width="FLOAT"), "NaN or infinite"),
        (encoded(np.zeros(61 * RATE)), "lasts 61 s, longer than the 60 s"),
        (_with_frames(encoded(tone(440), kind="FLAC"), (1 << 36) - 1), "longer than the 60 s"),
        (encoded(tone(440))[:30], "is damaged, or no sound"),
        (b"RIFF" + struct.pack("<I", 36) + b"WAVEjunk", "is damaged, or no sound"),
        (b"<html>not found</html>", "is damaged, or no sound: Format not"),
        (encoded(tone(440), kind="OGG", width="VORBIS"), "is OGG, none of WAV"),
        (encoded(tone(440), rate=500), "has 500 samples a second"),
    ],
)
def test_a_broken_sound_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(BrokenFileError, match=reason):
        decode_sound(content, RATE, 60)


def test_flipped_bytes_give_sound_or_a_broken_file() -> None:
    random = np.random.default_rng(4)
    refused = 0
    for kind in ("WAV", "FLAC"):
        content = encoded(random.uniform(-1, 1, 900), kind=kind)
        for _ in range(250):
            damaged = bytearray(content)
            for place in random.integers(0, 60, random.integers(1, 5)):
                damaged[place] = random.integers(256)
            try:
                assert decode_sound(bytes(damaged), RATE, 60).dtype == np.int16
            except BrokenFileError:
                refused += 1
    assert refused > 150


def test_files_become_log_mel_pictures(tmp_path: Path) -> None:
    write_sounds(tmp_path / "sounds")
    dataset = load(tmp_path)
    assert (dataset.classes, dataset.input_shape) == (("high", "low"), (24, 20, 1))
    asked = FeatureRules(RATE, 256, 160, 20, 0, 20, 4000)
    for part in dataset.splits().values():
        for x, name in zip(part.x, part.names, strict=True):
            sound = decode_sound((tmp_path / "sounds" / name).read_bytes(), RATE, 60)
            assert np.array_equal(x[..., 0] * 4096, features(sound, asked))


def test_mfcc_and_raw_sound_are_to_be_had(tmp_path: Path) -> None:
    write_sounds(tmp_path / "sounds")
    assert load(tmp_path, 'features = "mfcc"\ncoefficients = 12').input_shape == (24, 12, 1)
    raw = load(tmp_path, 'features = "raw"')
    assert raw.input_shape == (4000, 1) and 0.49 < raw.train.x.max() <= 0.5


def test_long_recordings_are_cut_and_stay_in_one_split(tmp_path: Path) -> None:
    write_sounds(tmp_path / "sounds", seconds=2.0)
    dataset = load(tmp_path, "hop_seconds = 0.25")
    assert dataset.input_shape == (24, 20, 1)
    homes = [set(part.names) for part in dataset.splits().values()]
    assert sum(map(len, homes)) == 10
    counts = {name: sum(part.names.count(name) for part in dataset.splits().values()) for name in homes[0]}
    frames, step = FeatureRules(RATE, 256, 160, 20, 0, 20, 4000).frames(2 * RATE), round(0.25 * RATE / 160)
    assert set(counts.values()) == {len(range(0, frames - 24 + 1, step))}
    whole = load(tmp_path, 'hop_seconds = 0.5\nfeatures = "raw"')
    assert sum(map(len, whole.splits().values())) == 10 * 4


def test_a_short_sound_is_padded_and_a_long_one_gives_its_middle() -> None:
    assert middle(np.array([1, 2, 3], np.int16), 6).tolist() == [0, 0, 1, 2, 3, 0]
    assert middle(np.arange(10, dtype=np.int16), 4).tolist() == [3, 4, 5, 6]


def test_broken_sounds_are_all_named(tmp_path: Path) -> None:
    write_sounds(tmp_path / "sounds")
    (tmp_path / "sounds" / "low" / "none.wav").write_bytes(encoded(np.zeros(0)))
    (tmp_path / "sounds" / "high" / "empty.flac").write_bytes(b"")
    (tmp_path / "sounds" / "high" / "song.mp3").write_bytes(b"ID3")
    with pytest.raises(InputError, match="3 of 13 files cannot be used") as caught:
        load(tmp_path)
    said = ("low/none.wav: has no samples", "high/empty.flac: is empty", "high/song.mp3: not one of .wav")
    assert all(line in caught.value.message for line in said)
    assert len(load(tmp_path, skip_broken=True).skipped) == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bands = 128", "is narrower than a bin of the FFT"),
        ("high_hz = 4001", "at most half of rate"),
        ("window_ms = 600.0", "not longer than"),
        ("window_ms = 0.0", "a sample at least"),
        ("coefficients = 30", "coefficients must be"),
        ("rate = 10", "rate 10 must be"),
        ("seconds = 0.0", "seconds must be"),
        ("hop_seconds = -1.0", "hop_seconds -1 must be"),
    ],
)
def test_a_wrong_option_is_said(tmp_path: Path, line: str, said: str) -> None:
    write_sounds(tmp_path / "sounds", per_class=3)
    with pytest.raises(InputError, match=said):
        load(tmp_path, line)
