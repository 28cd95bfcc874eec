# SPDX-License-Identifier: Apache-2.0
"""A sound file as 16-bit samples of one rate. Needs soundfile and SciPy, of the extra `train`."""

from __future__ import annotations

import io
import math
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.decode import BrokenFileError
from toolkit.errors import ToolMissingError
from toolkit.extras import load_extra

ENDINGS = (".wav", ".wave", ".flac")

_FORMATS = ("WAV", "WAVEX", "RF64", "FLAC")
_BLOCK = 1 << 16
_MOST_FRAMES = 60_000_000
_RATES = range(1000, 400_000)


def decode_sound(content: bytes, rate: int, max_seconds: int) -> NDArray[np.int16]:
    """Return the sound in content (n,), its channels' mean, at rate samples a second.

    Samples of 16 bits at this rate come as they are; others are computed in float64 and rounded to the
    nearest. Raises BrokenFileError if there is no sound, or more of it than max_seconds.
    """
    soundfile = _soundfile()
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            _require_fit(file, max_seconds)
            found, mono = file.samplerate, _mono(file)
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, BrokenFileError):
            raise
        raise BrokenFileError(f"is damaged, or no sound: {error}".rstrip(".")) from error
    if not len(mono):
        raise BrokenFileError("has no samples")
    if not np.isfinite(mono).all():
        raise BrokenFileError("has samples that are NaN or infinite")
    scaled = np.rint(_resampled(mono, found, rate) * 32768)
    return np.clip(scaled, -32768, 32767).astype(np.int16)


def _soundfile() -> ModuleType:
    """Return soundfile. Its wheels for rarer computers come without the library that it calls."""
    try:
        return load_extra("soundfile")
    except OSError as error:
        hint = "Try: apt install libsndfile1, or your system's package of it"
        raise ToolMissingError(f"soundfile cannot load libsndfile: {error}.", hint=hint) from error


def _require_fit(file: Any, max_seconds: int) -> None:
    if file.format not in _FORMATS:
        raise BrokenFileError(f"is {file.format}, none of {', '.join(_FORMATS)}")
    if file.samplerate not in _RATES:
        raise BrokenFileError(f"has {file.samplerate} samples a second")
    if file.frames > min(max_seconds * file.samplerate, _MOST_FRAMES):
        raise BrokenFileError(
            f"lasts {file.frames / file.samplerate:.0f} s, longer than the {max_seconds} s of max_seconds"
        )


def _mono(file: Any) -> NDArray[np.float64]:
    """Read in blocks: what a header claims is not believed before it was there."""
    blocks = []
    while len(block := file.read(_BLOCK, dtype="float64", always_2d=True)):
        blocks.append(block.mean(axis=1))
    return np.concatenate(blocks) if blocks else np.zeros(0)


def _resampled(sound: NDArray[np.float64], found: int, wanted: int) -> NDArray[np.float64]:
    if found == wanted:
        return sound
    common = math.gcd(found, wanted)
    signal = load_extra("scipy.signal")
    resampled: NDArray[np.float64] = signal.resample_poly(sound, wanted // common, found // common)
    return resampled
