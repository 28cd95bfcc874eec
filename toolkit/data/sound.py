# SPDX-License-Identifier: Apache-2.0
"""A sound file as 16-bit samples of one rate. Needs soundfile and SciPy, of the extra `train`."""

from __future__ import annotations

import io
import math
import struct
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
_UNKNOWN_SIZE = (1 << 31) - (1 << 16)


def decode_sound(content: bytes, rate: int, max_seconds: int) -> NDArray[np.int16]:
    """Return the sound in content (n,), its channels' mean, at rate samples a second.

    Samples of 16 bits at this rate come as they are; others are computed in float64 and rounded to the
    nearest. Raises BrokenFileError if there is no sound, more of it than max_seconds, or less of it than
    its header says.
    """
    soundfile = _soundfile()
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            _require_fit(file, max_seconds)
            found, frames = file.samplerate, max(file.frames, claimed_frames(content))
            mono = _mono(file)
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, BrokenFileError):
            raise
        raise BrokenFileError(f"is damaged, or no sound: {_plain(error)}".rstrip(".")) from error
    if not len(mono):
        raise BrokenFileError("has no samples")
    if len(mono) < frames:
        raise BrokenFileError(_cut_short(frames, len(mono), found))
    if not np.isfinite(mono).all():
        raise BrokenFileError("has samples that are NaN or infinite")
    scaled = np.rint(_resampled(mono, found, rate) * 32768)
    return np.clip(scaled, -32768, 32767).astype(np.int16)


def claimed_frames(content: bytes) -> int:
    """Return how many frames the header of a WAV file says there are; 0 for others, or if it does not know.

    libsndfile believes the length of the file instead. Who writes into a pipe gives a size near 2**31 or
    2**32.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return 0
    place, align = 12, 0
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if name == b"fmt " and place + 22 <= len(content):
            (align,) = struct.unpack_from("<H", content, place + 20)
        if name == b"data":
            return size // align if align and size < _UNKNOWN_SIZE else 0
        place += 8 + size + size % 2
    return 0


def _plain(error: Exception) -> str:
    """Return what libsndfile says, without the object that soundfile puts in front of it."""
    return str(getattr(error, "error_string", error))


def _cut_short(claimed: int, there: int, rate: int) -> str:
    return f"is cut short: its header says {claimed / rate:.3g} s, and {there / rate:.3g} s are there"


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
