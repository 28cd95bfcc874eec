# SPDX-License-Identifier: Apache-2.0
"""Hours of what a device hears when nobody calls it: other words, noises, music, and recordings of one's own.

Speech is by espeak-ng in many voices: synthetic, as noises and music are. Equal options give equal sound, but
for the version of espeak-ng.
"""

from __future__ import annotations

import shutil
import tempfile
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit import process
from toolkit.data.decode import BrokenFileError, file_content
from toolkit.data.sound import ENDINGS, decode_sound
from toolkit.errors import InputError, ToolMissingError
from toolkit.ui import OnProgress

RATE_HZ = 16_000
_ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029")
_VARIANTS = (*(f"m{n}" for n in range(1, 9)), *(f"f{n}" for n in range(1, 6)), "croak", "whisper")
_WORDS = """
about after again air all always animal another answer any around ask away back because been before began
below better between big book both boy bring brother build busy call came car carry change children city clean
clock close cloud cold come corner could country cut day different door down draw drive each early earth eat
enough even every family far father feel feet few find fire first five follow food forest found four friend
garden gave girl give glass good great green grow hand hard head hear help high home horse hour house hundred
idea island just keep kitchen knew know large last late later learn leave left letter light line list little
live long look low made make many market mean might milk minute money morning mother mountain move much name
near never next night north number off often old once only open other over own page paper part people person
picture place plant play point quick rain read really remember right river road room round run said same saw
school sea second seem sentence seven should show side simple sister small something sometimes soon sound
south spell spring stand start state still stop story street strong study summer table take talk teacher tell
thank their there think thought three through time together told took town tree turn under until usually very
voice wait walk want watch water weather well went were what wheel where which while white whole why window
winter without woman wonder word work world would write year yellow yesterday young
"""
_LONGEST_S, _SHORTEST_S = 20.0, 6.0
_MOST_OWN_S = 24 * 3600
Random = np.random.Generator
Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Background:
    """What to make: seconds of it, by a seed.

    words are spoken, built-in ones if there are none, but for those in without; folder has own recordings.
    """

    seconds: float
    seed: int = 1
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def spoken(self) -> tuple[str, ...]:
        """The words that are spoken."""
        left_out = {word.lower() for word in self.without}
        return tuple(word for word in (self.words or _WORDS.split()) if word.lower() not in left_out)


def require_espeak() -> None:
    """Raise ToolMissingError if espeak-ng is not there."""
    if shutil.which("espeak-ng") is None:
        raise ToolMissingError(
            "espeak-ng, which speaks the words, is not installed.", hint="Try: apt-get install espeak-ng"
        )


def write_background(path: Path, background: Background, on_progress: OnProgress | None = None) -> None:
    """Write a WAV file, mono at RATE_HZ, and beside it a .csv that says that none of it is an event.

    Raises InputError where no word is left or the folder has no sound, ToolMissingError without espeak-ng.
    """
    require_espeak()
    if not background.spoken:
        raise InputError("no word is left to be spoken.")
    owned = _own_files(background.folder)
    makers: list[Callable[[Random], Sound]] = [lambda r: _talk(r, background.spoken), _noise, _music]
    if owned:
        makers.append(lambda r: _own(r, owned))
    total, done, place = round(background.seconds * RATE_HZ), 0, 0
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        while done < total:
            random = np.random.default_rng([background.seed, place])
            sound = makers[place % len(makers)](random)[: total - done]
            file.writeframes(np.clip(np.rint(sound * 32767), -32768, 32767).astype("<i2").tobytes())
            done, place = done + len(sound), place + 1
            if on_progress is not None:
                on_progress(done / RATE_HZ, round(background.seconds), f"of {background.seconds:.0f} s")
    path.with_suffix(".csv").write_text("start,end,label\n", encoding="utf-8")


def _level(sound: Sound, random: Random, low_db: float, high_db: float) -> Sound:
    """Return sound at a level that is drawn, in dB of full scale."""
    scaled: Sound = sound / (sound.std() + 1e-12) * 10 ** (random.uniform(low_db, high_db) / 20)
    return scaled


def _talk(random: Random, words: Sequence[str]) -> Sound:
    """Return somebody who talks in a room; in a third of the cases somebody else talks at the same time."""
    voices = [_sentence(random, words) for _ in range(2 if random.random() < 1 / 3 else 1)]
    room = _colored(random, max(map(len, voices)) + RATE_HZ)
    heard = _level(room, random, -65, -40)
    for voice in voices:
        start = int(random.integers(0, len(heard) - len(voice) + 1))
        heard[start : start + len(voice)] += _level(voice, random, -36, -16)
    return heard


def _sentence(random: Random, words: Sequence[str]) -> Sound:
    """Return some words in one voice, at RATE_HZ."""
    text = " ".join(random.choice(words, int(random.integers(4, 16))).tolist())
    voice = f"{random.choice(_ACCENTS)}+{random.choice(_VARIANTS)}"
    pitch, speed = str(int(random.integers(15, 86))), str(int(random.integers(110, 221)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "said.wav"
        command = ["espeak-ng", "-v", voice, "-p", pitch, "-s", speed, "-w", str(file), text]
        done = process.run(command, timeout_s=60)
        if done.exit_code or not file.is_file():
            raise ToolMissingError(f"espeak-ng failed: {done.output.strip()[:200]}")
        return decode_sound(file.read_bytes(), RATE_HZ, 120) / 32768.0


def _colored(random: Random, samples: int) -> Sound:
    """Return noise whose power falls with a power of the frequency: white, pink, brown, or between."""
    spectrum = np.fft.rfft(random.normal(size=samples))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (random.uniform(0, 2) / 2)
    return np.fft.irfft(spectrum, samples)


def _noise(random: Random) -> Sound:
    """Return a room without words: a hiss or rumble, a fan's hum, and knocks."""
    samples = int(random.uniform(_SHORTEST_S, _LONGEST_S) * RATE_HZ)
    noise, time = _colored(random, samples), np.arange(samples) / RATE_HZ
    noise /= noise.std()
    for harmonic in range(1, int(random.integers(1, 6))):
        noise += np.sin(2 * np.pi * random.uniform(40, 130) * harmonic * time) * random.uniform(0, 1)
    for _ in range(int(random.integers(0, 12))):
        start, hertz = int(random.integers(0, samples)), random.uniform(80, 3000)
        length = min(samples - start, int(random.uniform(0.01, 0.3) * RATE_HZ))
        decay = np.exp(-np.arange(length) / (length / 6 + 1))
        noise[start : start + length] += (
            random.uniform(2, 15) * decay * np.sin(2 * np.pi * hertz * time[:length])
        )
    return _level(noise, random, -60, -25)


def _music(random: Random) -> Sound:
    """Return chords, a tune and a drum."""
    samples = int(random.uniform(_SHORTEST_S, _LONGEST_S) * RATE_HZ)
    beat, tune = int(random.uniform(0.25, 0.7) * RATE_HZ), np.zeros(samples)
    overtones, sharp = random.uniform(0, 1, 8) / np.arange(1, 9), random.uniform(1, 8)
    for place, start in enumerate(range(0, samples, beat)):
        time = np.arange(min(2 * beat, samples - start)) / RATE_HZ
        steps = [0, random.choice([3, 4]), 7] if place % 4 == 0 else [random.choice([0, 2, 4, 5, 7, 9, 11])]
        for step in steps:
            hertz = 110 * 2 ** (random.integers(0, 3) + step / 12)
            note = sum(k * np.sin(2 * np.pi * hertz * (n + 1) * time) for n, k in enumerate(overtones))
            tune[start : start + len(time)] += note * np.exp(-sharp * time)
        drum = random.normal(size=min(len(time), RATE_HZ // 20))
        tune[start : start + len(drum)] += drum * np.exp(-np.arange(len(drum)) / 200) * random.uniform(0, 2)
    return _level(tune, random, -45, -18)


def _own_files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    if not found:
        raise InputError(f"{folder} has no sound: {' '.join(ENDINGS)}.")
    return found


def _own(random: Random, files: Sequence[Path]) -> Sound:
    """Return a piece of one of a person's own recordings, as loud as it is."""
    path = files[int(random.integers(len(files)))]
    try:
        sound = decode_sound(file_content(path, ENDINGS), RATE_HZ, _MOST_OWN_S) / 32768.0
    except BrokenFileError as error:
        raise InputError(f"{path} {error}.", hint=error.hint or None) from error
    length = min(len(sound), int(random.uniform(_SHORTEST_S, _LONGEST_S) * RATE_HZ))
    start = int(random.integers(0, len(sound) - length + 1))
    return sound[start : start + length]
