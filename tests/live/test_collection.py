# SPDX-License-Identifier: Apache-2.0
"""Recordings of sensors and sounds in the project's folders: marked, compared, relabelled. No server."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from toolkit.errors import InputError, UsageError
from toolkit.live.collection import Collection

WINDOWS = '[project]\nname = "p"\n[data]\nsource = "windows"\n[data.options]\nfolder = "data"\nwindow = 16\n'
SOUNDS = (
    '[project]\nname = "p"\n[data]\nsource = "audio_folder"\n[data.options]\nfolder = "data"\nseconds = 0.2\n'
)
MODEL = '[model]\nfamily = "cnn"\n'


def table(rows: np.ndarray) -> bytes:
    text = io.StringIO("accel_x,accel_y\n")
    text.seek(0, io.SEEK_END)
    np.savetxt(text, rows, delimiter=",", fmt="%.6f")
    return text.getvalue().encode()


def waving(hertz: float, shift: float = 0.0) -> np.ndarray:
    at = np.arange(48) / 48
    return np.stack(
        [np.sin(2 * np.pi * hertz * (at + shift)), np.cos(2 * np.pi * hertz * (at + shift))], axis=1
    )


def recordings(root: Path) -> Collection:
    (root / "tinyml.toml").write_text(WINDOWS + MODEL)
    files = {
        "slow/a": waving(2),
        "slow/b": waving(2, 0.01),
        "slow/still": np.ones((48, 2)),
        "fast/c": waving(6),
        "fast/d": waving(2, 0.002),
        "fast/e": np.clip(waving(1), -0.7, 0.7),
    }
    for name, rows in files.items():
        (root / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "data" / f"{name}.csv").write_bytes(table(rows))
    return Collection(root)


def test_recordings_are_drawn_whole_and_those_that_stand_still_or_are_clipped_are_marked(
    tmp_path: Path,
) -> None:
    found = {each["name"]: each for each in recordings(tmp_path).show("", 0)["files"]}
    assert {name: each["marks"] for name, each in found.items() if each["marks"]} == {
        "slow/still.csv": ["nothing moves"],
        "fast/e.csv": ["clipped"],
    }
    view = found["slow/a.csv"]["view"]
    assert view["kind"] == "waves" and view["length"] == 48
    assert np.allclose(view["values"], waving(2).T, atol=1e-6)


def test_a_recording_is_kept_relabelled_and_deleted_to_the_bin(tmp_path: Path) -> None:
    collection = recordings(tmp_path)
    content = table(waving(3))
    assert collection.add("slow", "new.csv", content) == {"name": "slow_0001.csv"}
    assert collection.relabel("slow/slow_0001.csv", "fast") == {"name": "slow_0001.csv"}
    assert not (tmp_path / "data/slow/slow_0001.csv").exists()
    assert collection.delete("fast/slow_0001.csv") == {"name": "deleted/fast/slow_0001.csv"}
    assert (tmp_path / "deleted/fast/slow_0001.csv").read_bytes() == content
    assert collection.show("", 0)["counts"] == {"fast": 3, "slow": 3}
    with pytest.raises(InputError) as caught:
        collection.add("slow", "short.csv", table(waving(3)[:8]))
    assert caught.value.message == "short.csv: has 8 entries; a sample needs 16."


def test_the_recordings_that_are_alike_are_found_also_under_another_label(tmp_path: Path) -> None:
    near = recordings(tmp_path).near("slow/a.csv")["near"]
    assert [each["name"] for each in near[:2]] == ["fast/d.csv", "slow/b.csv"]
    assert near[0]["label"] == "fast" and near[0]["distance"] < near[1]["distance"] < near[2]["distance"]


def test_sounds_that_are_silent_or_clipped_and_classes_that_are_uneven_are_marked(tmp_path: Path) -> None:
    pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")
    (tmp_path / "tinyml.toml").write_text(SOUNDS + MODEL)
    tone = np.sin(np.arange(3200) / 5)
    sounds = {"hum/soft": 0.3 * tone, "hum/loud": np.clip(3 * tone, -1, 1), "hum/nothing": 0.001 * tone}
    sounds |= {f"hum/{i}": (0.201 + i / 100) * tone for i in range(40)} | {"beep/one": 0.5 * tone}
    for name, values in sounds.items():
        path = tmp_path / "data" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as stream:
            stream.setnchannels(1)
            stream.setsampwidth(2)
            stream.setframerate(16000)
            stream.writeframes(np.round(values * 32767).astype("<i2").tobytes())
    found = Collection(tmp_path).show("", 0)
    marks = {each["name"]: each["marks"] for each in found["files"] if each["marks"]}
    assert marks == {"hum/loud.wav": ["clipped"], "hum/nothing.wav": ["silent"]}
    assert found["uneven"] == "uneven: 43 files of one class, 1 of another"


def test_of_data_that_are_no_class_folders_it_is_said_why_nothing_is_collected(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text('[project]\nname = "p"\n[data]\nsource = "sine"\n' + MODEL)
    kind = Collection(tmp_path).kind()
    assert kind["source"] == "" and "the data of this project, sine, are something else." in kind["why"]
    with pytest.raises(UsageError, match="something else"):
        Collection(tmp_path).show("", 0)
