# SPDX-License-Identifier: Apache-2.0
"""Let espeak-ng speak eight words in many voices, add noise, and write a second of each: data are synthetic.

Writes data/<word>/<voice>_<number>.wav at 16 kHz, with "unknown", words that are none of the eight, and
"silence", noise alone. A voice is an accent, a variant of its throat, and a pitch and speed about which
it varies.

With --minutes it writes kitchen.wav and kitchen.txt instead: words now and then in a noisy room, by voices
that are in none of the data, and Audacity labels of the eight words.
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

RATE_HZ, SAMPLES = 16000, 16000
ESPEAK_RATE_HZ = 22050
WORDS = ("down", "go", "left", "no", "right", "stop", "up", "yes")
OTHERS = (
    *("bird", "cat", "dog", "eight", "five", "four", "happy", "house", "marvin", "nine", "one", "seven"),
    *("sheila", "six", "three", "tree", "two", "wow", "zero", "learn", "visual", "follow", "open", "close"),
)
ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd")
VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5")
VOICES, GUESTS = 30, 6
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
    return Voice(name, int(random.integers(30, 71)), int(random.integers(120, 181)))


def speak(word: str, voice: Voice, random: Random) -> Sound:
    """Return the word as the voice says it this time, at 16 kHz, without silence around it."""
    pitch = int(np.clip(voice.pitch + random.integers(-12, 13), 0, 99))
    speed = int(voice.speed * random.uniform(0.85, 1.2))
    command = ["espeak-ng", "-v", voice.name, "-p", str(pitch), "-s", str(speed), "--stdout", word]
    spoken = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (ESPEAK_RATE_HZ, 2, 1):
            raise SystemExit("espeak-ng gave sound of another form than 22050 Hz, 16 bits, mono.")
        raw = np.frombuffer(spoken[44:], "<i2")  # the header's length is not known when it is written
    sound = resample_poly(raw / 32768.0, 320, 441)
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    return np.asarray(sound[loud[0] : loud[-1] + 1])


def room(random: Random, samples: int = SAMPLES) -> Sound:
    """Return the noise of a room, a deviation of 1: hiss, rumble, or the hum of the mains among both."""
    pole = random.uniform(0.0, 0.97)
    noise = lfilter([1.0], [1.0, -pole], random.normal(size=samples))
    noise /= noise.std()
    hum = np.sin(2 * np.pi * random.choice([50, 60, 100, 120]) * np.arange(samples) / RATE_HZ)
    return np.asarray(noise + random.choice([0.0, 0.5]) * hum)


def sample(spoken: Sound | None, random: Random) -> NDArray[np.int16]:
    """Return a second: the word somewhere in it, louder than the room by 5 to 25 dB, or the room alone."""
    level = 10 ** (random.uniform(-34, -16) / 20)
    heard = room(random)
    if spoken is not None:
        word = spoken[:SAMPLES] / np.sqrt(np.mean(spoken**2))
        start = int(random.uniform(0.25, 0.75) * (SAMPLES - len(word)))
        heard *= 10 ** (-random.uniform(5, 25) / 20)
        heard[start : start + len(word)] += word
    else:
        heard *= 10 ** (-random.uniform(0, 25) / 20)
    return np.clip(np.round(32768 * level * heard), -32768, 32767).astype(np.int16)


def write_wav(path: Path, sound: NDArray[np.int16]) -> None:
    """Write mono sound."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound.astype("<i2").tobytes())


def write_kitchen(folder: Path, minutes: int) -> None:
    """Write kitchen.wav and kitchen.txt: a word each 2 to 6 s, half of them of the eight."""
    random = np.random.default_rng(5)
    heard = np.concatenate([0.15 * room(random, 60 * RATE_HZ) for _ in range(minutes)])
    labels, at = [], 2 * RATE_HZ
    while at < len(heard) - 2 * RATE_HZ:
        name = str(random.choice(WORDS if random.random() < 0.5 else OTHERS))
        spoken = speak(name, draw_voice(VOICES + int(random.integers(GUESTS))), random)
        heard[at : at + len(spoken)] += random.uniform(0.5, 1.5) * spoken / np.sqrt(np.mean(spoken**2))
        if name in WORDS:
            labels.append(f"{at / RATE_HZ:.3f}\t{(at + len(spoken)) / RATE_HZ:.3f}\t{name}\n")
        at += len(spoken) + int(random.uniform(2, 6) * RATE_HZ)
    write_wav(folder / "kitchen.wav", np.clip(np.round(2000 * heard), -32768, 32767).astype(np.int16))
    (folder / "kitchen.txt").write_text("".join(labels), encoding="utf-8")
    print(f"{minutes} minutes with {len(labels)} of the eight words: {folder / 'kitchen.wav'}")


def main() -> None:
    """Write data/ beside this file, or the long recording."""
    parser = argparse.ArgumentParser(description="Make data/ beside this file: see its first lines.")
    parser.add_argument("--each", type=int, default=240, help="recordings of each word")
    parser.add_argument("--minutes", type=int, default=0, help="kitchen.wav instead, so many minutes")
    arguments = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        sys.exit(
            "Error: espeak-ng, which speaks the words, is not installed.\n  Try: apt-get install espeak-ng"
        )
    if arguments.minutes:
        write_kitchen(Path(__file__).parent, arguments.minutes)
        return
    each, folder = arguments.each, Path(__file__).parent / "data"
    shutil.rmtree(folder, ignore_errors=True)
    voices = [draw_voice(number) for number in range(VOICES)]
    for label, name in enumerate((*WORDS, "unknown", "silence")):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            random, number = np.random.default_rng([4, label, i]), i % VOICES
            word = name if name in WORDS else OTHERS[(i + i // VOICES) % len(OTHERS)]
            spoken = None if name == "silence" else speak(word, voices[number], random)
            path = folder / name / f"v{number:02d}_{i // VOICES:03d}.wav"
            write_wav(path, sample(spoken, random))
    print(f"{each} recordings of {len(WORDS)} words, unknown and silence, by {VOICES} voices: {folder}")


if __name__ == "__main__":
    main()
