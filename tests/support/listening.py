# SPDX-License-Identifier: Apache-2.0
"""Two small projects that hear a stream: tones in noise, and shakes of a sensor; with long recordings.

The model of the tones takes whole windows, that of the shakes a window hop by hop.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 8000
TONES = {"low": 500, "high": 2000}
_TONES_TOML = """
[project]
name = "tones"
[data]
source = "audio_folder"
[data.options]
folder = "data"
rate = 8000
seconds = 0.5
bands = 20
high_hz = 3800
[model]
family = "mlp"
[model.options]
units = [16]
[training]
epochs = 10
[firmware.decision]
threshold = 0.8
ignore = ["none"]
"""
_MOVES_TOML = """
[project]
name = "moves"
[data]
source = "windows"
[data.options]
folder = "data"
columns = ["ax", "ay"]
window = 40
[model]
family = "cnn_1d"
[model.options]
filters = [8, 12]
kernel = 3
padding = "valid"
[training]
epochs = 10
[firmware]
stream = true
[firmware.decision]
threshold = 0.8
hop = 10
average = 2
need = 2
of = 3
ignore = ["rest"]
"""


def make_tones(folder: Path) -> Path:
    """Write a project with data/<class>/<n>.wav, and kitchen.wav: three tones in 10 s, with labels."""
    random = np.random.default_rng(1)
    time = np.arange(RATE // 2) / RATE
    for name in (*TONES, "none"):
        for number in range(40):
            sound = random.normal(0, 200, len(time))
            if name != "none":
                length = int(random.integers(2000, 4000))
                start = int(random.integers(0, 4001 - length))
                sound[start : start + length] += random.uniform(2000, 12000) * _tone(
                    name, time[:length], random
                )
            _write(folder / "data" / name / f"{number}.wav", sound)
    kitchen, labels = random.normal(0, 200, 10 * RATE), []
    for number in range(3):
        name, start = list(TONES)[number % 2], 1.5 + 3 * number
        place = int(start * RATE)
        kitchen[place : place + len(time)] += 6000 * _tone(name, time, random)
        labels.append(f"{start:.6f}\t{start + 0.5:.6f}\t{name}\n")
    _write(folder / "kitchen.wav", kitchen)
    (folder / "kitchen.txt").write_text("".join(labels))
    (folder / "tinyml.toml").write_text(_TONES_TOML)
    return folder


def make_moves(folder: Path) -> Path:
    """Write a project with data/<class>/<n>.csv, and walk.csv with a column of its classes."""
    random = np.random.default_rng(2)
    for name in ("rest", "shake"):
        (folder / "data" / name).mkdir(parents=True)
        for number in range(6):
            rows = _movement(name, 200, random)
            lines = ["ax,ay", *(f"{x:.4f},{y:.4f}" for x, y in rows), ""]
            (folder / "data" / name / f"{number}.csv").write_text("\n".join(lines))
    lines = ["ax,ay,target"]
    for name in ("rest", "shake", "rest", "shake", "rest"):
        lines += [f"{x:.4f},{y:.4f},{name}" for x, y in _movement(name, 150, random)]
    (folder / "walk.csv").write_text("\n".join([*lines, ""]))
    labels = ["start,end,label", "3.0,6.0,shake", "9.0,12.0,shake", ""]
    (folder / "walk_labels.csv").write_text("\n".join(labels))
    (folder / "tinyml.toml").write_text(_MOVES_TOML)
    return folder


def _tone(name: str, time: np.ndarray, random: np.random.Generator) -> np.ndarray:
    tone: np.ndarray = np.sin(2 * np.pi * TONES[name] * random.uniform(0.9, 1.1) * time)
    return tone


def _movement(name: str, rows: int, random: np.random.Generator) -> np.ndarray:
    values = random.normal((0.0, 9.8), 0.2, (rows, 2))
    if name == "shake":
        values[:, 0] += np.where(np.arange(rows) // 5 % 2, 4, -4)
    return values


def _write(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(sound, -32768, 32767).astype("<i2").tobytes())
