# SPDX-License-Identifier: Apache-2.0
"""What the sounds of a folder are like: rates, channels, lengths, and what of them is used or clipped."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from toolkit.data.cache import Cache
from toolkit.data.conditions import gain_notes, rate_notes
from toolkit.extras import load_extra

_FLOATS = ("FLOAT", "DOUBLE")
_SILENCE = 1e-12
_CANCELLED_DB = 20.0
"""Channels that have nothing in common lose 3 dB, a second one that is empty 6."""
Real = NDArray[np.float64]


@dataclass(frozen=True)
class Sounds:
    """Files that were decoded, with the SHA-256 of each; rate and seconds are what samples have.

    hop_seconds is 0 where a file is one sample. silent is how many samples of each are nothing but zeros,
    samples how many there are in all. y is the class of each among classes; without classes there
    are none.
    """

    paths: Sequence[Path]
    names: Sequence[str]
    digests: Sequence[str]
    rate: int
    seconds: float
    hop_seconds: float
    silent: Sequence[int]
    samples: int
    classes: Sequence[str] = ()
    y: Sequence[int] = ()


def sound_notes(sounds: Sounds, cache: Cache) -> list[str]:
    """Return what is to be said of the files, a line each. Headers are read; of float samples the peak."""
    if not sounds.paths:
        return []
    soundfile = load_extra("soundfile")
    abouts = [soundfile.info(str(path)) for path in sounds.paths]
    lengths = [about.frames / about.samplerate for about in abouts]
    rates = Counter(int(about.samplerate) for about in abouts)
    channels = Counter(int(about.channels) for about in abouts)
    notes = [
        f"sounds: {_counted(rates, 'samples a second', sounds.rate, 'resampled')}; "
        f"{_counted(channels, 'channels', 1, 'averaged')}; "
        f"{min(lengths):.3g} to {max(lengths):.3g} s long, half of them at most {median(lengths):.3g} s"
    ]
    if not sounds.hop_seconds:
        notes += _used(lengths, sounds.seconds)
    stereo = [about.channels > 1 for about in abouts]
    cancelled = [
        name
        for name, path, digest, is_stereo in zip(
            sounds.names, sounds.paths, sounds.digests, stereo, strict=True
        )
        if is_stereo and _of_blocks("cancelled", path, digest, cache, _cancelled_db) > _CANCELLED_DB
    ]
    if cancelled:
        notes.append(
            f"the channels of {_files(cancelled, sounds)} cancel each other when they are averaged: "
            "export one channel of such a file"
        )
    silent = {name: count for name, count in zip(sounds.names, sounds.silent, strict=True) if count}
    silent = {name: count for name, count in silent.items() if name not in cancelled}
    if silent:
        count = sum(silent.values())
        notes.append(
            f"{count:,} of {sounds.samples:,} samples, of {_files(list(silent), sounds)}, are nothing "
            "but digital silence, which no microphone gives: record silence, or leave them out"
        )
    if sounds.classes:
        own = [int(about.samplerate) for about in abouts]
        notes += rate_notes(sounds.classes, sounds.y, own, "samples a second")
        notes += gain_notes(sounds.classes, sounds.y, _levels_db(sounds, cache))
    peaks = {
        name: _of_blocks("peak", path, digest, cache, _largest)
        for path, name, digest, about in zip(sounds.paths, sounds.names, sounds.digests, abouts, strict=True)
        if about.subtype in _FLOATS
    }
    loud = {name: peak for name, peak in peaks.items() if peak > 1}
    if loud:
        worst = max(loud, key=lambda name: loud[name])
        notes.append(
            f"{len(loud)} files have float samples beyond 1, which are clipped, such as {worst} "
            f"with {loud[worst]:.3g}: scale them first"
        )
    return notes


def _counted(counts: Counter[int], unit: str, wanted: int, done: str) -> str:
    parts = [
        f"{number:,} {unit} in {count:,}{'' if number == wanted else f' ({done})'}"
        for number, count in counts.most_common(4)
    ]
    return ", ".join(parts) + (f" and {len(counts) - 4} others" if len(counts) > 4 else "")


def _used(lengths: Sequence[float], seconds: float) -> list[str]:
    notes = []
    long = [length for length in lengths if length > 1.05 * seconds]
    short = [length for length in lengths if length < 0.95 * seconds]
    if long:
        share = 100 * seconds * len(long) / sum(long)
        notes.append(
            f"{len(long):,} of {len(lengths):,} files are longer than {seconds:g} s: their middle is used, "
            f"{share:.0f} % of them; hop_seconds would cut all of it into samples"
        )
    if short:
        notes.append(
            f"{len(short):,} of {len(lengths):,} files are shorter than {seconds:g} s: with silence around"
        )
    return notes


def _levels_db(sounds: Sounds, cache: Cache) -> list[float]:
    """Return how loud each file is in the mean, in dB of full scale."""
    return [
        _of_blocks("rms", path, digest, cache, _power_db)
        for path, digest in zip(sounds.paths, sounds.digests, strict=True)
    ]


def _files(names: Sequence[str], sounds: Sounds) -> str:
    return f"{len(names):,} of {len(sounds.names):,} files such as {names[0]}"


def _cancelled_db(blocks: Iterable[Real]) -> float:
    """Return by how much the mean of channels is quieter than they are, in dB; 0 of silence."""
    each = mean = 0.0
    for block in blocks:
        each += float((block**2).mean(axis=1).sum())
        mean += float((block.mean(axis=1) ** 2).sum())
    return 10 * math.log10(each / max(mean, each * _SILENCE)) if each else 0.0


def _power_db(blocks: Iterable[Real]) -> float:
    powers = [(float((block**2).mean()), len(block)) for block in blocks]
    mean = sum(power * length for power, length in powers) / max(sum(length for _, length in powers), 1)
    return 10 * math.log10(max(mean, _SILENCE))


def _largest(blocks: Iterable[Real]) -> float:
    return max((float(np.abs(block).max()) for block in blocks), default=0.0)


def _of_blocks(
    what: str, path: Path, digest: str, cache: Cache, of: Callable[[Iterable[Real]], float]
) -> float:
    """Return what is computed of a file's sound, block by block, from the cache if it is there."""

    def measure() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        with load_extra("soundfile").SoundFile(str(path)) as file:
            return np.array([of(block for block in file.blocks(1 << 16) if len(block))])

    make: Callable[[], np.ndarray[tuple[int], np.dtype[np.float64]]] = measure
    return float(cache.get(cache.key(what, digest), make)[0])
