# SPDX-License-Identifier: Apache-2.0
"""Files of sound as samples, whatever says which files and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.decode import decode_files, file_content
from toolkit.data.features import MAX_FFT, FeatureRules, features
from toolkit.data.listing import Listing
from toolkit.data.recordings import Cut, cut_array, cut_recordings
from toolkit.data.sound import ENDINGS, decode_sound
from toolkit.data.sound_notes import Sounds, sound_notes
from toolkit.data.source import SourceContext
from toolkit.extras import load_extra
from toolkit.project.code_graph import code_digest

_FULL_SCALE = 32768.0


@dataclass(frozen=True)
class SoundFields:
    """Of [data.options]: every sample is seconds long, at rate samples a second.

    With hop_seconds 0 a file is one sample: its middle, or with silence on both sides. Otherwise a
    file is cut into samples that start hop_seconds apart. features: log_mel gives (frames, bands, 1),
    mfcc (frames, coefficients, 1), raw the sound itself, (samples, 1).
    """

    rate: int = 16000
    seconds: float = 1.0
    hop_seconds: float = 0.0
    features: Literal["log_mel", "mfcc", "raw"] = "log_mel"
    window_ms: float = 32.0
    hop_ms: float = 20.0
    bands: int = 40
    coefficients: int = 10
    low_hz: int = 20
    high_hz: int = 7600
    max_seconds: int = 600

    def __post_init__(self) -> None:
        if not 1000 <= self.rate <= 96000:
            raise ValueError(f"rate {self.rate} must be from 1000 to 96000.")
        if not 0 < self.seconds <= self.max_seconds <= 3600:
            raise ValueError("seconds must be more than 0, at most max_seconds, and that at most 3600.")
        if self.hop_seconds and not 1 <= self.hop_seconds * self.rate <= 3600 * self.rate:
            raise ValueError(
                f"hop_seconds {self.hop_seconds:g} must be 0, or a sample at least and at most 3600."
            )
        if self.features != "raw":
            self._check_features()

    def _check_features(self) -> None:
        rules = self.rules
        if not 1 <= rules.window <= min(MAX_FFT, self.length) or rules.hop < 1:
            raise ValueError(
                f"window_ms and hop_ms must be a sample at least, and a window not longer than "
                f"{MAX_FFT} samples or seconds."
            )
        if not 0 <= self.low_hz < self.high_hz <= self.rate / 2:
            raise ValueError("low_hz must be less than high_hz, and that at most half of rate.")
        if not 1 <= self.coefficients <= self.bands <= 128:
            raise ValueError("coefficients must be from 1 to bands, and bands at most 128.")
        empty = np.flatnonzero(~rules.mel.any(axis=1))
        if len(empty):
            raise ValueError(
                f"band {empty[0]} of {self.bands} is narrower than a bin of the FFT: "
                "fewer bands, or a longer window_ms."
            )

    @property
    def length(self) -> int:
        """The samples of sound in one sample of the data."""
        return round(self.seconds * self.rate)

    @property
    def hop(self) -> int:
        """The samples of sound from one sample of the data to the next."""
        return round(self.hop_seconds * self.rate)

    @property
    def rules(self) -> FeatureRules:
        """How sound becomes features."""
        return FeatureRules(
            rate=self.rate,
            window=round(self.window_ms * self.rate / 1000),
            hop=round(self.hop_ms * self.rate / 1000),
            bands=self.bands,
            coefficients=self.coefficients if self.features == "mfcc" else 0,
            low_hz=self.low_hz,
            high_hz=self.high_hz,
        )

    @property
    def divisor(self) -> float:
        """What 16-bit features or sound are divided by to be the model's real numbers."""
        return _FULL_SCALE if self.features == "raw" else self.rules.divisor

    @property
    def cut(self) -> Cut:
        """How the frames, or samples, of a file become samples of the data."""
        if self.features == "raw":
            return Cut(self.length, self.hop or self.length, self.seconds)
        frames = self.rules.frames(self.length)
        step = max(round(self.hop / self.rules.hop), 1) if self.hop else frames
        return Cut(frames, step, self.seconds)


def read_sounds(listing: Listing, options: SoundFields, context: SourceContext) -> Samples:
    """Return the sounds of a listing as samples, decoded once."""
    raw = options.features == "raw"
    what = (options.rate, options.max_seconds, 0 if options.hop else options.length)
    settings = f"{code_digest(__name__)} {what} {'raw' if raw else options.rules} {_versions()}"
    silence = _decode_sound(np.zeros(options.length, np.int16), options)[0]
    silent: list[int] = []
    decoded = decode_files(
        listing.paths,
        listing.names,
        lambda content: _decode(content, options),
        settings,
        context,
        lambda entries: silent.append(_silent_samples(entries, silence, options.cut)),
    )
    samples = cut_recordings(listing, decoded, options.cut, context, dtype=np.int16, divisor=options.divisor)
    good = listing.only(decoded.kept)
    sounds = Sounds(
        good.paths,
        good.names,
        decoded.digests,
        options.rate,
        options.seconds,
        options.hop_seconds,
        silent,
        len(samples.x),
        *((good.classes, good.y.tolist()) if good.task in ("classification", "anomaly") else ()),
    )
    return replace(samples, notes=(*samples.notes, *sound_notes(sounds, context.cache)))


def decode_file_of_sound(options: SoundFields, path: Path) -> NDArray[np.float32]:
    """Return the samples in a file. Raises BrokenFileError if it is none of sound."""
    return cut_array(_decode(file_content(path, ENDINGS), options), options.cut, options.divisor)


def _decode(content: bytes, options: SoundFields) -> NDArray[np.int16]:
    """Return (frames, bands or coefficients, 1), or (samples, 1) of raw sound."""
    return _decode_sound(decode_sound(content, options.rate, options.max_seconds), options)


def _decode_sound(sound: NDArray[np.int16], options: SoundFields) -> NDArray[np.int16]:
    if not options.hop:
        sound = middle(sound, options.length)
    if options.features == "raw":
        return sound[:, np.newaxis]
    return features(sound, options.rules)[:, :, np.newaxis]


def _silent_samples(entries: NDArray[np.int16], silence: NDArray[np.int16], cut: Cut) -> int:
    """Return how many samples of a recording (entries, ...) are nothing but digital silence (...)."""
    heard = (entries != silence).reshape(len(entries), -1).any(axis=1)
    before = np.concatenate([[0], np.cumsum(heard)])
    starts = np.array(cut.starts(len(entries)), np.int64)
    return int((before[starts + cut.length] == before[starts]).sum())


def middle(sound: NDArray[np.int16], length: int) -> NDArray[np.int16]:
    """Return the middle of sound (length,), with silence around it if it is shorter."""
    start = (len(sound) - length) // 2
    if start >= 0:
        return sound[start : start + length]
    return np.pad(sound, (-start, length - len(sound) + start))


def _versions() -> str:
    """What decides how sound is decoded and resampled."""
    used = load_extra("soundfile"), load_extra("scipy"), np
    return " ".join(f"{module.__name__} {module.__version__}" for module in used)
