# SPDX-License-Identifier: Apache-2.0
"""Log-mel and MFCC features of sound in integers alone, so that a board can compute the same bytes.

docs/data.md has the definition, step by step; every step's bound stands there too, and says why 32
bits are enough for all but the products, the powers and their sums, which need 64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.data.exact import Integers, circle_q15, dct_q15, hann_q15, mel_q12

MIN_FFT, MAX_FFT = 256, 4096
LOG_MEL_DIVISOR, MFCC_DIVISOR = 4096.0, 2048.0

_CHUNK_FRAMES = 64
_MIDDLE = 32 << 8  # log2 of a middling energy, in Q8


@dataclass(frozen=True)
class FeatureRules:
    """How sound becomes features; window and hop are in samples, coefficients 0 asks for log-mel."""

    rate: int
    window: int
    hop: int
    bands: int
    coefficients: int
    low_hz: int
    high_hz: int

    @property
    def fft(self) -> int:
        """The size of the FFT: the smallest power of two that holds a window, MIN_FFT at least."""
        return int(max(1 << (self.window - 1).bit_length(), MIN_FFT))

    @property
    def mel(self) -> Integers:
        """The weights of the bands, (bands, fft / 2 + 1)."""
        return mel_q12(self.bands, self.fft, self.rate, self.low_hz, self.high_hz)

    @property
    def divisor(self) -> float:
        """What features are divided by to be the model's real numbers."""
        return MFCC_DIVISOR if self.coefficients else LOG_MEL_DIVISOR

    def frames(self, samples: int) -> int:
        """Return how many windows fit into so many samples."""
        return max(1 + (samples - self.window) // self.hop, 0)


def features(sound: NDArray[np.int16], rules: FeatureRules) -> NDArray[np.int16]:
    """Return the features (frames, bands or coefficients) of sound (n,).

    A few frames at a time: an hour at once would need gigabytes, and leave the processor's caches.
    """
    starts = np.arange(rules.frames(len(sound))) * rules.hop
    places = np.arange(rules.window)
    chunks = np.split(starts, range(_CHUNK_FRAMES, len(starts), _CHUNK_FRAMES))
    parts = [_of_frames(sound[chunk[:, np.newaxis] + places], rules) for chunk in chunks]
    return np.concatenate(parts)


def _of_frames(frames: NDArray[np.int16], rules: FeatureRules) -> NDArray[np.int16]:
    powers = power_spectrum(windowed(frames.astype(np.int64), rules.fft))
    energies = powers @ rules.mel.T
    levels = log2_q8(np.maximum(energies, 1)) - _MIDDLE
    return cepstrum(levels, rules.coefficients) if rules.coefficients else levels.astype(np.int16)


def windowed(frames: Integers, fft: int) -> Integers:
    """Return frames (n, window) times the Hann window, with zeros behind up to fft samples."""
    length = frames.shape[1]
    rounded = (frames * hann_q15(length) + (1 << 14)) >> 15
    return np.pad(rounded, ((0, 0), (0, fft - length)))


def power_spectrum(frames: Integers) -> Integers:
    """Return the powers (n, fft / 2 + 1) of real frames (n, fft), scaled down to at most 2**46.

    A real FFT by way of a complex one of half the size, as a board would do it: sample 2i is the real
    part of its input i, sample 2i + 1 the imaginary part.
    """
    size = frames.shape[1]
    real, imaginary = complex_fft(frames[:, 0::2], frames[:, 1::2])
    half = size // 2
    here, there = np.arange(half + 1) % half, -np.arange(half + 1) % half
    even = real[:, here] + real[:, there], imaginary[:, here] - imaginary[:, there]
    odd = real[:, here] - real[:, there], imaginary[:, here] + imaginary[:, there]
    turned = turn(*odd, *circle_q15(size))
    power = (even[0] + turned[1]) ** 2 + (even[1] - turned[0]) ** 2
    shift = 2 * (size.bit_length() - 1) - 16
    scaled: Integers = (power + ((1 << shift) >> 1)) >> shift
    return scaled


def complex_fft(real: Integers, imaginary: Integers) -> tuple[Integers, Integers]:
    """Return the FFT of each row (n, size), radix 2, decimation in time, not scaled down."""
    count, size = real.shape
    order = _bit_reversed(size)
    real, imaginary = real[:, order], imaginary[:, order]
    cosines, sines = circle_q15(2 * size)
    span = 1
    while span < size:
        step = size // span
        blocks = (count, size // (2 * span), 2, span)
        real, imaginary = real.reshape(blocks), imaginary.reshape(blocks)
        places = np.arange(span) * step
        re, im = turn(real[:, :, 1], imaginary[:, :, 1], cosines[places], sines[places])
        real = np.stack((real[:, :, 0] + re, real[:, :, 0] - re), axis=2).reshape(count, size)
        imaginary = np.stack((imaginary[:, :, 0] + im, imaginary[:, :, 0] - im), axis=2).reshape(count, size)
        span *= 2
    return real, imaginary


def turn(re: Integers, im: Integers, cosines: Integers, sines: Integers) -> tuple[Integers, Integers]:
    """Return (re + i im) times (cos - i sin), both Q15, each part rounded once."""
    half = 1 << 14
    return (re * cosines + im * sines + half) >> 15, (im * cosines - re * sines + half) >> 15


def log2_q8(values: Integers) -> Integers:
    """Return 256 log2 of positive values, cut off below; the fraction by eight squarings."""
    exponent = np.zeros_like(values)
    left = values.copy()
    for bits in (32, 16, 8, 4, 2, 1):
        large = (left >> bits) > 0
        exponent += bits * large
        left = np.where(large, left >> bits, left)
    mantissa = (values << np.maximum(31 - exponent, 0) >> np.maximum(exponent - 31, 0)).astype(np.uint64)
    result = exponent
    for _ in range(8):
        mantissa = (mantissa * mantissa) >> np.uint64(31)
        bit = mantissa >> np.uint64(32)
        mantissa >>= bit
        result = 2 * result + bit.astype(np.int64)
    return result


def cepstrum(levels: Integers, coefficients: int) -> NDArray[np.int16]:
    """Return the first coefficients of the DCT of levels (n, bands), halved and saturated."""
    sums: Integers = levels @ dct_q15(coefficients, levels.shape[1]).T
    halved: Integers = np.clip((sums + (1 << 15)) >> 16, -32768, 32767)
    return halved.astype(np.int16)


def _bit_reversed(size: int) -> NDArray[np.int64]:
    bits = size.bit_length() - 1
    return np.array([int(f"{i:0{bits}b}"[::-1], 2) for i in range(size)], np.int64)
