# SPDX-License-Identifier: Apache-2.0
"""What `tinyml data` says of sounds: rates, channels, lengths; what is cut short, clipped or not used."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, load_dataset
from toolkit.data.sound import claimed_frames
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import load_project

pytest.importorskip("scipy", reason="needs SciPy: pip install 'tinyml-toolkit[train]'")
soundfile = pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")


def load(folder: Path, options: str = "", features: str = "raw") -> Dataset:
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "audio_folder"\n[data.options]\nfolder = "d"\nrate = 8000\n'
        f'seconds = 0.25\nfeatures = "{features}"\n{options}\n[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder))


def write(path: Path, seconds: float = 0.25, rate: int = 8000, channels: int = 1, **more: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = zlib.crc32(str(path.relative_to(path.parents[1])).encode())
    sound = np.random.default_rng(seed).uniform(-0.5, 0.5, (int(seconds * rate), channels))
    load_extra("soundfile").write(path, sound * float(more.pop("loud", 1.0)), rate, **more)  # type: ignore[arg-type]


def write_sounds(folder: Path) -> None:
    for kind in "ab":
        for number in range(5):
            write(folder / kind / f"{number}.wav")


def test_rates_channels_and_lengths_are_told(tmp_path: Path) -> None:
    write_sounds(tmp_path / "d")
    write(tmp_path / "d" / "a" / "other.wav", 1.0, 16000, 2)
    notes = load(tmp_path).notes
    assert notes[0] == (
        "sounds: 8,000 samples a second in 10, 16,000 samples a second in 1 (resampled); "
        "1 channels in 10, 2 channels in 1 (averaged); 0.25 to 1 s long, half of them at most 0.25 s"
    )
    assert notes[1].startswith("1 of 11 files are longer than 0.25 s: their middle is used, 25 % of them")
    assert not any("longer" in note for note in load(tmp_path, "hop_seconds = 0.25").notes)


def test_short_sounds_are_told(tmp_path: Path) -> None:
    write_sounds(tmp_path / "d")
    write(tmp_path / "d" / "a" / "short.wav", 0.1)
    assert any("1 of 11 files are shorter than 0.25 s" in note for note in load(tmp_path).notes)


def test_float_samples_that_are_clipped_are_told(tmp_path: Path) -> None:
    write_sounds(tmp_path / "d")
    write(tmp_path / "d" / "a" / "loud.wav", subtype="FLOAT", loud=6.0)
    write(tmp_path / "d" / "a" / "fine.wav", subtype="FLOAT")
    for _ in range(2):  # the second time from the cache
        (said,) = [note for note in load(tmp_path).notes if "clipped" in note]
        assert said.startswith("1 files have float samples beyond 1, which are clipped, such as a/loud.wav")


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_a_file_that_is_cut_short_is_named(tmp_path: Path, ending: str) -> None:
    write_sounds(tmp_path / "d")
    path = tmp_path / "d" / "b" / f"cut.{ending}"
    write(path, 2.0)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=rf"b/cut\.{ending}: (is cut short: its header says 2 s|is damaged)"):
        load(tmp_path)


def test_a_header_that_does_not_know_its_length_is_believed_to_be_whole(tmp_path: Path) -> None:
    write_sounds(tmp_path / "d")
    path = tmp_path / "d" / "b" / "piped.wav"
    write(path)
    content = bytearray(path.read_bytes())
    assert claimed_frames(bytes(content)) == 2000
    content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert claimed_frames(bytes(content)) == 0
    load(tmp_path)


def test_a_class_that_was_recorded_at_another_rate_and_gain_is_told(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / "d" / "a" / f"{number}.wav")
        write(tmp_path / "d" / "b" / f"{number}.wav", rate=16000, loud=0.1)

    notes = load(tmp_path).notes

    assert any(note.startswith("b was recorded at 16,000 samples a second, all other") for note in notes)
    assert any(
        note.startswith("each recording of b is quieter than all of the other classes") for note in notes
    )


def test_channels_that_cancel_each_other_are_told(tmp_path: Path) -> None:
    write_sounds(tmp_path / "d")
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 2000)
    soundfile.write(tmp_path / "d" / "a" / "anti.wav", np.stack([noise, -noise], axis=1), 8000)
    soundfile.write(tmp_path / "d" / "a" / "near.wav", np.stack([noise, -0.9 * noise], axis=1), 8000)
    soundfile.write(tmp_path / "d" / "a" / "left.wav", np.stack([noise, 0 * noise], axis=1), 8000)
    (note,) = [note for note in load(tmp_path).notes if "cancel" in note]
    assert note.startswith("the channels of 2 of 13 files such as a/anti.wav cancel each other")
    assert not any("silence, which" in note for note in load(tmp_path).notes)


@pytest.mark.parametrize("features", ["raw", "log_mel", "mfcc"])
@pytest.mark.parametrize(("hop", "silent"), [("", "1 of 11"), ("\nhop_seconds = 0.25", "2 of 12")])
def test_samples_of_digital_silence_are_told(tmp_path: Path, features: str, hop: str, silent: str) -> None:
    write_sounds(tmp_path / "d")
    soundfile.write(tmp_path / "d" / "a" / "zero.wav", np.zeros(4001), 8000)
    notes = load(tmp_path, f"high_hz = 4000\nbands = 10{hop}", features).notes
    wanted = f"{silent} samples, of 1 of 11 files such as a/zero.wav, are nothing but digital silence"
    assert any(note.startswith(wanted) for note in notes)
