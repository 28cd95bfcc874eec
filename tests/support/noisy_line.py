# SPDX-License-Identifier: Apache-2.0
"""A serial line with time and noise, on a simulated clock: hours of it run in seconds.

Both directions carry ten bits a byte at 115200 baud, keep their order, and lose, change, double, delay,
split and cut what is on them, as a seed says. The device is tests/runtime/noise_device.c as a library.
"""

from __future__ import annotations

import ctypes
import heapq
import itertools
import random
from dataclasses import dataclass
from pathlib import Path

from support.firmware_image import FAKES, RUNTIME, compile_for_host

BYTE_S = 10 / 115200
INFERENCE_S = 0.02
INPUT_BYTES = 24
NOISES = ("drop", "flip", "double", "delay", "split", "cut", "garbage", "latency", "reset", "busy")
_PARTS = ("protocol", "reply", "exact", "text", "crc32", "tensor", "command_db", "command_infer")
_FIFO_BYTES = 32
_WORDS = (b"m-ready\r\n", b"%", b"tm reset%", b"e-[", b"\r\n", b"0.1, 0.4\r\n", b"tm app%", b"infer 1 0%")


def build_device(folder: Path) -> ctypes.CDLL:
    """Return the device as a library."""
    parts = [*_PARTS, "command_feed", "command_run", "command_tm", "input", "layers", "load"]
    sources = [FAKES / "noise_device.c", *(RUNTIME / f"tm_{part}.c" for part in parts)]
    flags = ("-O2", "-shared", "-fPIC")
    library = ctypes.CDLL(str(compile_for_host(sources, folder / "noise_device.so", flags)))
    library.noise_device_reply.restype = ctypes.c_void_p
    return library


class Device:
    """The device at one end of a line."""

    def __init__(self, library: ctypes.CDLL, flaw: int = 0, *, keeps_input: bool = True) -> None:
        self._library = library
        self._flaw = flaw
        self._keeps_input = keeps_input

    def start(self) -> bytes:
        """Reset it, and return what it says."""
        self._library.noise_device_start(self._flaw, int(self._keeps_input))
        return self._reply()

    def feed(self, data: bytes) -> tuple[int, bytes]:
        """Return how often the model ran, and what it says."""
        runs = self._library.noise_device_feed(data, len(data))
        return runs, self._reply()

    def _reply(self) -> bytes:
        length = ctypes.c_uint32()
        start = self._library.noise_device_reply(ctypes.byref(length))
        return ctypes.string_at(start, length.value)


class CleanLink:
    """The device without a line between: each command is answered at once."""

    is_lossless = True

    def __init__(self, device: Device) -> None:
        self._device = device
        self._said = device.start()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._said += self._device.feed(data)[1]

    def read(self, timeout_s: float) -> bytes:
        """Return what was said."""
        said, self._said = self._said, b""
        return said

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Noise:
    """How bad the line is: chances for each byte or piece, and times in seconds."""

    drop: float = 0.0
    flip: float = 0.0
    double: float = 0.0
    garbage: float = 0.0
    delay_s: float = 0.0
    latency_s: float = 0.001
    splits: bool = False
    loses_when_busy: bool = False
    cuts: tuple[tuple[float, float], ...] = ()
    resets: tuple[float, ...] = ()


def random_noise(rng: random.Random, kinds: tuple[str, ...]) -> Noise:
    """Return noise of these kinds, from a little to as much as makes most lines useless."""

    def chance() -> float:
        return float(10 ** rng.uniform(-4.5, -1.7))

    starts = [rng.uniform(0, 10) for _ in range(rng.randint(1, 3))]
    return Noise(
        drop=chance() if "drop" in kinds else 0.0,
        flip=chance() if "flip" in kinds else 0.0,
        double=chance() if "double" in kinds else 0.0,
        garbage=rng.uniform(0.01, 0.3) if "garbage" in kinds else 0.0,
        delay_s=rng.uniform(0.01, 1.0) if "delay" in kinds else 0.0,
        latency_s=rng.uniform(0.05, 0.5) if "latency" in kinds else 0.001,
        splits="split" in kinds,
        loses_when_busy="busy" in kinds,
        cuts=tuple((at, at + rng.uniform(0.1, 15)) for at in starts) if "cut" in kinds else (),
        resets=tuple(starts) if "reset" in kinds else (),
    )


class NoisyLink:
    """The device behind a noisy line."""

    def __init__(self, device: Device, noise: Noise, rng: random.Random) -> None:
        self.now = 0.0
        self._device = device
        self._noise = noise
        self._rng = rng
        self._order = itertools.count()
        self._to_device: list[tuple[float, int, bytes]] = []
        self._to_host: list[tuple[float, int, bytes]] = []
        self._last_to_device = self._last_to_host = 0.0
        self._busy_until = 0.0
        self._resets = list(noise.resets)
        self._send_to_host(0.0, self._garbage(2000) if noise.garbage else b"")
        self._send_to_host(0.0, device.start())

    def write(self, data: bytes) -> None:
        """Send bytes: they arrive later, if at all."""
        at = max(self.now + self._noise.latency_s, self._last_to_device)
        for piece, wait_s in self._pieces(data):
            at += wait_s + len(piece) * BYTE_S
            heapq.heappush(self._to_device, (at, next(self._order), self._spoil(piece, at)))
        self._last_to_device = at

    def read(self, timeout_s: float) -> bytes:
        """Return what arrives first within timeout_s; the clock goes on until then."""
        end = self.now + timeout_s
        while True:
            incoming = self._to_host[0][0] if self._to_host else float("inf")
            outgoing = self._to_device[0][0] if self._to_device else float("inf")
            if min(incoming, outgoing) > end:
                self.now = end
                return b""
            if outgoing < incoming:
                self._arrive(*heapq.heappop(self._to_device))
                continue
            at, _, data = heapq.heappop(self._to_host)
            self.now = max(self.now, at)
            if data:
                return data

    def close(self) -> None:
        """Nothing is open."""

    def _arrive(self, at: float, _: int, data: bytes) -> None:
        self.now = max(self.now, at)
        while self._resets and self._resets[0] < at:
            self._send_to_host(self._resets.pop(0), self._device.start())
        if self._noise.loses_when_busy and at < self._busy_until:
            data = data[:_FIFO_BYTES]
        begins = max(at, self._busy_until)
        runs, said = self._device.feed(data)
        self._busy_until = begins + runs * INFERENCE_S
        self._send_to_host(self._busy_until, said)

    def _send_to_host(self, at: float, data: bytes) -> None:
        at = max(at + self._noise.latency_s, self._last_to_host)
        for piece, wait_s in self._pieces(data):
            at += wait_s + len(piece) * BYTE_S
            heapq.heappush(self._to_host, (at, next(self._order), self._spoil(piece, at)))
        self._last_to_host = at

    def _pieces(self, data: bytes) -> list[tuple[bytes, float]]:
        """Cut data into what travels together, with the time that each piece hangs back."""
        if self._noise.garbage and self._rng.random() < self._noise.garbage:
            data = self._garbage(60) + data
        pieces = [data]
        if self._noise.splits and len(data) > 1:
            cuts = sorted(self._rng.sample(range(1, len(data)), min(3, len(data) - 1)))
            pieces = [data[a:b] for a, b in itertools.pairwise([0, *cuts, len(data)])]
        return [(piece, self._rng.uniform(0, self._noise.delay_s)) for piece in pieces if piece]

    def _spoil(self, piece: bytes, at: float) -> bytes:
        if any(start < at < end for start, end in self._noise.cuts):
            return b""
        data = bytearray(piece)
        for chance, change in (
            (self._noise.drop, self._drop),
            (self._noise.flip, self._flip),
            (self._noise.double, self._double),
        ):
            if chance:
                for index in self._places(len(data), chance):
                    change(data, index)
        return bytes(data)

    def _places(self, length: int, chance: float) -> list[int]:
        """The places that something happens to, from the last to the first."""
        found, at = [], int(self._rng.expovariate(chance))
        while at < length:
            found.append(at)
            at += 1 + int(self._rng.expovariate(chance))
        return found[::-1]

    def _drop(self, data: bytearray, index: int) -> None:
        del data[index : index + (1 if self._rng.random() < 0.8 else 20)]

    def _flip(self, data: bytearray, index: int) -> None:
        if index < len(data):
            data[index] ^= 1 << self._rng.randrange(8)

    def _double(self, data: bytearray, index: int) -> None:
        count = 1 if self._rng.random() < 0.7 else self._rng.randrange(200)
        data[index:index] = data[index : index + count]

    def _garbage(self, most: int) -> bytes:
        noise = self._rng.randbytes(self._rng.randrange(most))
        return noise + self._rng.choice(_WORDS) + noise[: self._rng.randrange(9)]
