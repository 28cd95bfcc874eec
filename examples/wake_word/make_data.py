# SPDX-License-Identifier: Apache-2.0
"""Let espeak-ng say "computer" and other words in many voices, and make noise and music: data are synthetic.

Writes data/<class>/<voice>_<number>.wav, one second each at 16 kHz: "computer"; "unknown", which is other
words and parts of the first; and "noise", which is noise and music. It also writes tune.wav and evening.wav,
some minutes of a room where voices speak that are in none of the data, others in each of the two, with
Audacity labels of the word. The threshold is chosen with the first, and judged by the second.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

RATE_HZ, SAMPLES, ESPEAK_RATE_HZ = 16000, 16000, 22050
WORD = "computer"
OTHERS = (
    *("commuter", "compute", "confusion", "come here", "cucumber", "peter", "pewter", "tutor", "scooter"),
    *("music", "kitchen", "window", "tomorrow", "seven", "hello", "weather", "open the door", "yes", "no"),
    *("coffee", "dinner", "paper", "number", "remember", "together", "communist", "company", "complete"),
)
ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd")
VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5")
VOICES, GUESTS = 24, 6
Random = np.random.Generator
Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """A speaker; pitch is espeak-ng's, from 0 to 99, speed in words a minute."""

    name: str
    pitch: int
    speed: int


def draw_voice(number: int) -> Voice:
    """Return the voice of this number: accents and variants in turn, so that no two are the same."""
    random = np.random.default_rng([3, number])
    name = f"{ACCENTS[number % len(ACCENTS)]}+{VARIANTS[number % len(VARIANTS)]}"
    return Voice(name, int(random.integers(30, 71)), int(random.integers(130, 181)))


def speak(word: str, voice: Voice, random: Random) -> Sound:
    """Return the word as the voice says it this time, at 16 kHz, a deviation of 1, no silence around it."""
    pitch = int(np.clip(voice.pitch + random.integers(-12, 13), 0, 99))
    speed = int(voice.speed * random.uniform(0.9, 1.2))
    command = ["espeak-ng", "-v", voice.name, "-p", str(pitch), "-s", str(speed), "--stdout", word]
    spoken = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (ESPEAK_RATE_HZ, 2, 1):
            raise SystemExit("espeak-ng gave sound of another form than 22050 Hz, 16 bits, mono.")
        raw = np.frombuffer(spoken[44:], "<i2")  # the header's length is not known when it is written
    sound = resample_poly(raw / 32768.0, 320, 441)
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    word_alone = sound[loud[0] : loud[-1] + 1]
    return np.asarray(word_alone / word_alone.std())


def hiss(random: Random, samples: int) -> Sound:
    """Return the noise of a room, a deviation of 1: hiss or rumble, and in half of them the mains' hum."""
    noise = lfilter([1.0], [1.0, -random.uniform(0.0, 0.97)], random.normal(size=samples))
    hum = np.sin(2 * np.pi * random.choice([50, 60, 100, 120]) * np.arange(samples) / RATE_HZ)
    return np.asarray(noise / noise.std() + random.choice([0.0, 0.5]) * hum)


def music(random: Random, samples: int) -> Sound:
    """Return a tune over a bass, a deviation of 1: notes of a scale with overtones, each dying away."""
    tune = np.zeros(samples)
    for octave, note_s in ((1, random.uniform(0.12, 0.5)), (0, random.uniform(0.4, 1.0))):
        note = int(note_s * RATE_HZ)
        for start in range(0, samples, note):
            step = random.choice([0, 2, 4, 5, 7, 9, 11, 12])
            hz = 110 * 2 ** (octave + step / 12)
            time = np.arange(min(note, samples - start)) / RATE_HZ
            overtones = sum(np.sin(2 * np.pi * k * hz * time) / k for k in range(1, 7))
            tune[start : start + len(time)] += overtones * np.exp(-3 * time)
    return np.asarray(tune / tune.std())


def room(random: Random, samples: int) -> Sound:
    """Return what is heard when nobody speaks, a deviation of 1."""
    tune = music(random, samples) * random.choice([0.0, 1.0, 3.0])
    heard = hiss(random, samples) + tune
    return np.asarray(heard / heard.std())


def second(spoken: Sound | None, random: Random) -> Sound:
    """Return a second: the word somewhere in it, louder than the room by 5 to 25 dB, or the room alone."""
    heard = room(random, SAMPLES) * 10 ** (-random.uniform(5, 25) / 20)
    if spoken is not None:
        word = spoken[:SAMPLES]
        start = int(random.uniform(0, 1) * (SAMPLES - len(word)))
        heard[start : start + len(word)] += word
    return np.asarray(10 ** (random.uniform(-40, -16) / 20) * heard)


def part_of(spoken: Sound, random: Random) -> Sound:
    """Return the beginning or the end of the wake word, as a window sees it that comes too early or late."""
    length = int(random.uniform(0.25, 0.6) * len(spoken))
    return spoken[:length] if random.random() < 0.5 else spoken[-length:]


def write_wav(path: Path, sound: Sound) -> None:
    """Write mono sound, of which 1 is full scale."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.clip(np.round(32768 * sound), -32768, 32767).astype("<i2").tobytes())


def write_room(path: Path, minutes: float, seed: int, first_guest: int) -> None:
    """Write path and labels beside it: guests say a word each 2 to 5 s, a third of them the wake word."""
    random, samples = np.random.default_rng(seed), int(minutes * 60 * RATE_HZ)
    stretches = [room(random, 20 * RATE_HZ) for _ in range(samples // (20 * RATE_HZ) + 1)]
    heard, labels, at = np.concatenate(stretches)[:samples] * 0.15, [], 2 * RATE_HZ
    while at < samples - 3 * RATE_HZ:
        word = WORD if random.random() < 0.35 else str(random.choice(OTHERS))
        spoken = speak(word, draw_voice(first_guest + int(random.integers(GUESTS))), random)
        heard[at : at + len(spoken)] += random.uniform(0.5, 1.5) * spoken
        if word == WORD:
            labels.append(f"{at / RATE_HZ:.3f}\t{(at + len(spoken)) / RATE_HZ:.3f}\t{word}\n")
        at += len(spoken) + int(random.uniform(2, 5) * RATE_HZ)
    write_wav(path, 0.06 * heard)
    path.with_suffix(".txt").write_text("".join(labels), encoding="utf-8")
    print(f"{minutes:g} minutes in which {len(labels)} times {WORD!r} is said: {path.name}")


def main() -> None:
    """Write data/, tune.wav and evening.wav with their labels beside this file."""
    parser = argparse.ArgumentParser(description="Make data/ beside this file: see its first lines.")
    parser.add_argument(
        "--each", type=int, default=240, help="recordings of a class; unknown has twice as many"
    )
    parser.add_argument("--minutes", type=float, default=5, help="length of tune.wav, and of evening.wav")
    arguments = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        sys.exit(
            "Error: espeak-ng, which speaks the words, is not installed.\n  Try: apt-get install espeak-ng"
        )
    each, folder = arguments.each, Path(__file__).parent / "data"
    shutil.rmtree(folder, ignore_errors=True)
    voices = [draw_voice(number) for number in range(VOICES)]
    for label, (name, count) in enumerate(((WORD, each), ("noise", each), ("unknown", 2 * each))):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            random, number = np.random.default_rng([4, label, i]), i % VOICES
            spoken = None
            if name == WORD:
                spoken = speak(WORD, voices[number], random)
            elif name == "unknown" and i % 4 == 0:
                spoken = part_of(speak(WORD, voices[number], random), random)
            elif name == "unknown":
                spoken = speak(OTHERS[(i + i // VOICES) % len(OTHERS)], voices[number], random)
            write_wav(folder / name / f"v{number:02d}_{i // VOICES:03d}.wav", second(spoken, random))
    print(f"{4 * each} recordings of {WORD!r}, noise and other words by {VOICES} voices: {folder}")
    write_room(folder.parent / "evening.wav", arguments.minutes, 5, VOICES)
    write_room(folder.parent / "tune.wav", arguments.minutes, 6, VOICES + GUESTS)


if __name__ == "__main__":
    main()
