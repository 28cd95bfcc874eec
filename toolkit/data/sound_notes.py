# SPDX-License-Identifier: Apache-2.0
"""What the sounds of a folder are like: rates, channels, lengths, and what of them is used or clipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from toolkit.data.cache import Cache
from toolkit.extras import load_extra

_FLOATS = ("FLOAT", "DOUBLE")


@dataclass(frozen=True)
class Sounds:
    """Files that were decoded, with the SHA-256 of each; rate and seconds are what samples have.

    hop_seconds is 0 where a file is one sample.
    """

    paths: Sequence[Path]
    names: Sequence[str]
    digests: Sequence[str]
    rate: int
    seconds: float
    hop_seconds: float


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
    peaks = {
        name: _peak(path, digest, cache)
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


def _peak(path: Path, digest: str, cache: Cache) -> float:
    def measure() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        with load_extra("soundfile").SoundFile(str(path)) as file:
            peaks = [float(np.abs(block).max()) for block in file.blocks(1 << 16) if len(block)]
        return np.array([max(peaks, default=0.0)])

    make: Callable[[], np.ndarray[tuple[int], np.dtype[np.float64]]] = measure
    return float(cache.get(cache.key("peak", digest), make)[0])
